// swift-tools-version: 6.1
import PackageDescription

/// The OpenCL C files of `Kernels/`, one per concern, embedded in the binary.
let kernels = [
    "fma", "common", "windows", "tile_local", "matrix_register", "matrix_local",
    "convolution_register", "convolution_local", "convolution_grouped", "weight_gradient_register",
    "winograd_images", "winograd_weights", "elementwise", "normalization", "pooling", "loss",
    "local_loss", "batch_norm_pool", "optimizer",
]

/// What the build says of itself, for `lls --version`; the Makefile sets it. `Context.gitInformation` would
/// be that of an earlier commit: SwiftPM keeps what a manifest evaluates to until its text or an environment
/// variable changes.
let facts = ["LLS_COMMIT", "LLS_BUILT_WITH"].map {
    CSetting.define($0, to: "\"\(Context.environment[$0] ?? "")\"")
}

let package = Package(
    name: "lls",
    products: [
        .executable(name: "lls", targets: ["lls"]),
        .library(name: "LLSCommands", targets: ["LLSCommands"]),
        .library(
            name: "LocalLearning",
            targets: ["LocalLearning", "Architectures", "Checkpoints", "Tensors", "Datasets"]),
        .library(name: "ONNX", targets: ["ONNX"]),
        .library(name: "Inference", targets: ["Inference"]),
        .library(name: "OpenCLBackend", targets: ["OpenCLBackend"]),
        .library(name: "BLASBackend", targets: ["BLASBackend"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        // Without its extras, which nothing here uses.
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0", traits: []),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // System libraries and C shims: nothing else lives here.
        .systemLibrary(
            name: "COpenCL", pkgConfig: "OpenCL-Headers",
            providers: [.apt(["opencl-headers"])]),
        .systemLibrary(
            name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
        .systemLibrary(
            name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(
            name: "CArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
        .systemLibrary(
            name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(
            name: "CTurboJPEG", pkgConfig: "libturbojpeg", providers: [.apt(["libturbojpeg0-dev"])]),
        .systemLibrary(name: "CSPNG", pkgConfig: "spng", providers: [.apt(["libspng-dev"])]),
        .systemLibrary(
            name: "CWebP", pkgConfig: "libwebpdemux", providers: [.apt(["libwebp-dev"])]),
        .systemLibrary(name: "CTIFF", pkgConfig: "libtiff-4", providers: [.apt(["libtiff-dev"])]),
        .systemLibrary(name: "CGIF", pkgConfig: "libgif", providers: [.apt(["libgif-dev"])]),
        .target(name: "CRapidJSON"),
        .target(name: "CVectorLoops"),
        // A target of its own, so that a commit compiles nothing else again.
        .target(name: "CBuildInformation", cSettings: facts),
        .target(
            name: "BuildInformation",
            dependencies: [
                "CBuildInformation", "CArchive", "CCrypto", "CCurl", "COpenBLAS", "CSPNG", "CZlib",
            ]),

        // The contract, and the three rooms that keep it.
        .target(name: "Tensors"),
        .target(name: "ReferenceBackend", dependencies: ["Tensors", "Randomness"]),
        .target(name: "BLASBackend", dependencies: ["Tensors", "COpenBLAS", "CVectorLoops"]),
        .target(
            name: "KernelSources", path: "Kernels",
            resources: kernels.map { .embedInCode("\($0).cl") }),
        .target(
            name: "OpenCLBackend",
            dependencies: ["FileFormats", "Tensors", "KernelSources", "COpenCL"]),

        // Small tools that know nothing of devices or files.
        .target(name: "Randomness"),
        .target(name: "Suggestions"),

        // Files and data: no device here.
        .target(name: "FileFormats", dependencies: ["CCrypto", "CZlib"]),
        .target(
            name: "Images",
            dependencies: [
                "FileFormats", "CTurboJPEG", "CSPNG", "CZlib", "CWebP", "CTIFF", "CGIF",
            ]),
        .target(name: "COCO", dependencies: ["FileFormats", "CRapidJSON"]),
        .target(
            name: "Datasets",
            dependencies: ["COCO", "FileFormats", "Images", "Randomness", "Suggestions"]),
        .target(name: "Archives", dependencies: ["FileFormats", "CArchive"]),
        .target(name: "Downloads", dependencies: ["Archives", "FileFormats", "CCurl"]),
        .target(
            name: "Runs",
            dependencies: [
                "FileFormats", "Suggestions", .product(name: "Yams", package: "Yams"),
            ]),
        .target(name: "Reports", dependencies: ["FileFormats", "Runs"]),
        .target(
            name: "Tracking", dependencies: ["FileFormats", "Runs", "Suggestions", "CCurl"]),

        // Learning: knows the contract, never a backend.
        .target(
            name: "LocalLearning",
            dependencies: ["Tensors", "Datasets", "FileFormats", "Randomness"]),
        .target(
            name: "Architectures",
            dependencies: [
                "FileFormats", "LocalLearning", "Runs", "Suggestions", "Tensors",
                .product(name: "Yams", package: "Yams"),
            ]),
        .target(name: "Checkpoints", dependencies: ["FileFormats", "LocalLearning"]),
        .target(
            name: "ONNX",
            dependencies: [
                "Datasets", "FileFormats", "LocalLearning", "Tensors",
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ],
            exclude: ["Generated/onnx.proto"]),
        .target(name: "Profiling", dependencies: ["LocalLearning"]),
        .target(
            name: "Inference",
            dependencies: [
                "Architectures", "Datasets", "FileFormats", "Images", "LocalLearning", "Profiling",
                "Runs", "Suggestions", "Tensors",
            ]),
        .target(name: "Experiments", resources: [.embedInCode("experiments.json")]),
        .target(
            name: "Verification",
            dependencies: ["LocalLearning", "ReferenceBackend", "Randomness"]),

        // The commands: the only place that knows several backends.
        .target(
            name: "LLSCommands",
            dependencies: [
                "Architectures", "Checkpoints", "LocalLearning", "Datasets", "Downloads", "COCO",
                "Experiments", "Runs", "Reports", "Profiling", "Verification", "Randomness",
                "Suggestions",
                "Images", "Inference", "ONNX", "OpenCLBackend", "BLASBackend", "BuildInformation",
                "Tracking",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        .executableTarget(name: "lls", dependencies: ["LLSCommands"]),

        // Tests: what several of them share is a plain target.
        .target(
            name: "TestSupport",
            dependencies: ["LocalLearning", "Tensors", "ReferenceBackend", "Randomness"],
            path: "Tests/Support"),
        .testTarget(
            name: "ReferenceTests",
            dependencies: ["ReferenceBackend", "TestSupport", "Randomness", "Verification"]),
        .testTarget(
            name: "BackendTests",
            dependencies: [
                "Verification", "ReferenceBackend", "OpenCLBackend", "BLASBackend", "KernelSources",
                "LocalLearning", "Datasets", "FileFormats", "Profiling", "Randomness",
                "TestSupport",
            ]),
        .testTarget(
            name: "ArchitecturesTests",
            dependencies: ["Architectures", "LocalLearning", "Runs", "Tensors"]),
        .testTarget(
            name: "CheckpointsTests",
            dependencies: [
                "Checkpoints", "LocalLearning", "FileFormats", "Randomness", "ReferenceBackend",
                "BLASBackend", "OpenCLBackend", "Tensors", "TestSupport",
            ]),
        .testTarget(name: "RandomnessTests", dependencies: ["Randomness"]),
        .testTarget(name: "SuggestionsTests", dependencies: ["Suggestions"]),
        .testTarget(
            name: "FileFormatsTests", dependencies: ["FileFormats", "TestSupport"],
            resources: [.copy("Fixtures")]),
        .testTarget(
            name: "ImagesTests", dependencies: ["Images", "FileFormats", "TestSupport"],
            resources: [.copy("Fixtures")]),
        .testTarget(
            name: "DatasetsTests",
            dependencies: ["Datasets", "FileFormats", "Images", "TestSupport"],
            resources: [.copy("Fixtures")]),
        .testTarget(
            name: "ArchivesTests", dependencies: ["Archives", "FileFormats", "TestSupport"],
            resources: [.copy("Fixtures")]),
        .executableTarget(
            name: "fetch-one", dependencies: ["Downloads"], path: "Tests/FetchOne"),
        .testTarget(
            name: "DownloadsTests",
            dependencies: ["Downloads", "FileFormats", "fetch-one", "TestSupport"]),
        .testTarget(
            name: "COCOTests", dependencies: ["COCO", "FileFormats", "TestSupport"],
            resources: [.copy("Fixtures")]),
        .testTarget(name: "RunsTests", dependencies: ["Runs", "FileFormats", "TestSupport"]),
        .testTarget(
            name: "ReportsTests",
            dependencies: ["Reports", "Runs", "FileFormats", "Images", "TestSupport"]),
        .testTarget(
            name: "TrackingTests", dependencies: ["Tracking", "Runs", "FileFormats", "TestSupport"]
        ),
        .testTarget(
            name: "LocalLearningTests",
            dependencies: [
                "LocalLearning", "Verification", "ReferenceBackend", "Datasets", "FileFormats",
                "TestSupport",
            ]),
        .executableTarget(
            name: "onnx-sample",
            dependencies: [
                "Architectures", "BLASBackend", "FileFormats", "LocalLearning", "Randomness",
                "Tensors",
            ], path: "Tests/ONNXSample"),
        .testTarget(
            name: "ONNXTests",
            dependencies: [
                "onnx-sample", "Architectures", "Datasets", "FileFormats", "LocalLearning", "ONNX",
                "ReferenceBackend", "Tensors", "TestSupport",
            ],
            exclude: ["Networks"]),
        .testTarget(
            name: "InferenceTests",
            dependencies: [
                "Inference", "LocalLearning", "BLASBackend", "Datasets", "FileFormats",
                "Randomness", "TestSupport",
            ]),
        .testTarget(
            name: "ProfilingTests",
            dependencies: ["Profiling", "LocalLearning", "ReferenceBackend", "TestSupport"]),
        // The example is a package of its own; here it is built by what it may see alone, so that the
        // tests need not compile everything twice.
        .executableTarget(
            name: "own-rule",
            dependencies: ["LLSCommands", "LocalLearning", "Datasets", "Tensors"],
            path: "Examples/OwnRule/Sources/own-rule", packageAccess: false),
        // `lls` on a disk or a device that fails.
        .executableTarget(
            name: "faulty-lls", dependencies: ["LLSCommands", "FileFormats", "OpenCLBackend"],
            path: "Tests/FaultyProgram"),
        .executableTarget(
            name: "sanitized-threads",
            dependencies: ["BLASBackend", "Datasets", "LocalLearning"],
            path: "Tests/Sanitizers/Threads"),
        .executableTarget(
            name: "soak",
            dependencies: [
                "BLASBackend", "Checkpoints", "FileFormats", "LocalLearning", "OpenCLBackend",
                "Tensors", "TestSupport",
            ],
            path: "Tests/Soak"),
        .testTarget(
            name: "CommandTests",
            dependencies: [
                "lls", "own-rule", "faulty-lls", "soak", "LLSCommands", "Checkpoints",
                "Experiments",
                "FileFormats", "LocalLearning", "ONNX", "Runs", "TestSupport",
            ]),
    ],
    swiftLanguageModes: [.v6]
)

// Checks gain nothing from optimisation, and compile in half the time without it: what they compute with
// lives in the modules. DatasetsTests resizes and crops in tests.
for target in package.targets where target.type == .test && target.name != "DatasetsTests" {
    target.swiftSettings = (target.swiftSettings ?? []) + [.unsafeFlags(["-Onone"])]
}

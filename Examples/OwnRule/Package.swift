// swift-tools-version: 6.1
import PackageDescription

let package = Package(
    name: "OwnRule",
    // A package elsewhere names the repository: .package(url: …, branch: "main")
    dependencies: [.package(name: "lls", path: "../..")],
    targets: [
        .executableTarget(
            name: "own-rule",
            dependencies: [
                .product(name: "LLSCommands", package: "lls"),
                .product(name: "LocalLearning", package: "lls"),
            ])
    ],
    swiftLanguageModes: [.v6]
)

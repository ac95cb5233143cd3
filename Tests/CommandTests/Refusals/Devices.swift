import Foundation
import TestSupport

extension RefusalTests {
    /// What no device can hold, run or be told.
    static let devices: [Refusal] =
        ["opencl", "cpu"].flatMap { tooLarge(backend: $0) } + limitedSystems + environments

    private static func tooLarge(backend: String) -> [Refusal] {
        [
            Refusal(
                ["profile", "--backend", backend, "--batch", "16000000"], 71,
                "the largest batch that fits is"),
            Refusal(
                ["bench", "step", "--backend", backend, "--batch", "16000000"], 71,
                "the largest batch that fits is"),
            Refusal(
                ["profile", "--backend", backend, "--input", "65536x512x512", "--batch", "2"], 71,
                "no batch fits"),
            Refusal(
                ["bench", "gemm", "--backend", backend, "--m", "16000000", "--n", "16000000"], 71,
                "a product of [16000000, 1024] and [1024, 16000000]"),
            Refusal(
                ["bench", "gemm", "--backend", backend, "--k", "16000000", "--m", "16000000"], 71,
                "a product of [16000000, 16000000]"),
            Refusal(
                [
                    "bench", "conv", "--backend", backend, "--input", "65536x65536x65536", "--out",
                    "65536", "--batch", "1000000",
                ], 64, "too large"),
            Refusal(
                [
                    "bench", "conv", "--backend", backend, "--input", "512x512x64", "--out", "64",
                    "--batch", "4000",
                ], 71, "to 64 channels"),
            train(
                ["--backend", backend, "--image-size", "2048"], "the largest batch that fits"),
            train(
                ["--backend", backend, "--image-size", "2048", "--batch-size", "2"],
                "in training and in testing"),
        ]
    }

    private static func train(
        _ arguments: [String], _ mention: String, environment: [String: String] = [:],
        status: Int32 = 71, shell: String? = nil
    ) -> Refusal {
        Refusal(
            ["train", "--data-dir", "."] + arguments, status, mention, environment: environment,
            shell: shell
        ) { try TinyData.write(to: $0) }
    }

    private static let limitedSystems: [Refusal] = [
        train(["--backend", "cpu", "--threads", "1000"], "cannot start 1000 threads"),
        train(["--backend", "cpu"], "address space", shell: "ulimit -v 400000;"),
        train(["--backend", "cpu"], "address space", shell: "ulimit -v 700000;"),
        Refusal(
            ["bench", "gemm", "--backend", "cpu"], 71, "address space",
            shell: "ulimit -v 500000;"),
        Refusal(
            ["bench", "gemm", "--backend", "cpu", "--m", "20000", "--n", "20000"], 71,
            "out of memory", shell: "ulimit -v 2000000;"),
        train(
            ["--backend", "opencl", "--batch-size", "64"], "the largest batch that fits is",
            environment: ["LLS_OPENCL_MEMORY_LIMIT": "12000000"]),
        train(
            ["--backend", "opencl"], "no batch fits",
            environment: ["LLS_OPENCL_MEMORY_LIMIT": "1000000"]),
    ]

    private static let environments: [Refusal] =
        [
            ("LLS_OPENCL_GROUP_LIMIT", "many"), ("LLS_OPENCL_GROUP_LIMIT", "0"),
            ("LLS_OPENCL_GROUP_LIMIT", "kernel="), ("LLS_OPENCL_GROUP_LIMIT", "64,,32"),
            ("LLS_OPENCL_MEMORY_LIMIT", "8GB"), ("LLS_OPENCL_SLAB_LIMIT", "-1"),
        ].map { variable, value in
            Refusal(
                ["bench", "gemm", "--backend", "opencl", "--m", "8", "--n", "8", "--k", "8"], 78,
                variable, environment: [variable: value])
        } + [
            train(
                ["--backend", "opencl", "--kernel-engine", "local"], "--kernel-engine register",
                environment: ["LLS_OPENCL_GROUP_LIMIT": "kernel=8"], status: 69),
            train(
                ["--backend", "opencl", "--kernel-engine", "local"], "--kernel-engine register",
                environment: ["LLS_OPENCL_GROUP_LIMIT": "16"], status: 69),
        ]
}

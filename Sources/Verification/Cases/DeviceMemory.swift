import Tensors

extension OperationCatalog {
    static func deviceMemory(_ size: Size) -> [OperationCase] {
        extents(size).flatMap { transfers(count: $0) } + [slices, prefixes, scratch, order]
    }

    /// Everything here moves values and must not change them.
    private static func moving(
        _ operation: String, _ detail: String, _ operands: @escaping @Sendable () -> [Operand],
        _ body: @escaping @Sendable (any Backend, NamedOperands<Tensor>) throws -> Void
    ) -> OperationCase {
        OperationCase("memory/\(operation)", detail, operands: operands, body: body) { data in
            let results = operands().filter { $0.role == .result }.map(\.name)
            return Dictionary(uniqueKeysWithValues: results.map { ($0, data.exactly($0)) })
        }
    }

    private static func transfers(count: Int) -> [OperationCase] {
        let integers = (0..<Int32(count)).map { $0.isMultiple(of: 2) ? .max - $0 : .min + $0 }
        return [
            moving("round trip", "\(count)") {
                [.updated("floats", [count]), .updated("integers", integers: integers)]
            } _: { _, _ in
            },
            moving("copy", "\(count)") {
                [.source("input", [count, 1]), .result("output", [1, count])]
            } _: { backend, t in
                try backend.copy(t.input, into: t.output)
            },
            moving("copy of integers", "\(count)") {
                [
                    .source("input", integers: integers),
                    .updated("output", integers: integers.reversed()),
                ]
            } _: { backend, t in
                try backend.copy(t.input, into: t.output)
            },
            moving("fill", "\(count)") {
                [.result("output", [count])]
            } _: { backend, t in
                try backend.fill(t.output, with: -1.5)
            },
            moving("upload", "\(count)") {
                [.result("output", [count])]
            } _: { backend, t in
                try backend.upload((0..<count).map { Float($0) / 4 }, to: t.output)
            },
        ]
    }

    /// A part is filled, a part is copied and a part of a part is uploaded; the rest stays.
    private static let slices = moving("slice", "of a slice") {
        [.source("input", [4096]), .updated("output", [64, 64])]
    } _: { backend, t in
        let step = backend.sliceAlignment
        precondition(step <= 512, "slices at multiples of \(step) elements")
        let near = 512 / step * step
        try backend.fill(backend.slice(t.output, at: 0, [5]), with: 2)
        try backend.copy(
            backend.slice(t.input, at: near, [3, 7]),
            into: backend.slice(t.output, at: 2 * near, [21]))
        let outer = try backend.slice(t.output, at: 4 * near, [4 * near])
        try backend.upload([1, 2, 3], to: backend.slice(outer, at: near, [3]))
    }

    private static let prefixes = moving("prefix", "3 of 7 rows") {
        [.source("input", [7, 5]), .updated("output", [7, 5])]
    } _: { backend, t in
        try backend.copy(t.input.prefix(batch: 3), into: t.output.prefix(batch: 3))
        try backend.fill(t.output.prefix(batch: 1).reshaped([5]), with: 0)
    }

    /// Scratch that is asked for while other scratch is in use must be other memory, also for
    /// operations that use scratch themselves.
    private static let scratch = moving("scratch", "nested") {
        [.result("outer", [65]), .result("inner", [33]), .result("second", [65])]
    } _: { backend, t in
        try backend.withScratch([[65], [65]]) { outer in
            try backend.fill(outer[0], with: 1)
            try backend.fill(outer[1], with: 2)
            try backend.withScratch([[33], [129]]) { inner in
                try backend.fill(inner[0], with: 3)
                try backend.fill(inner[1], with: 4)
                try backend.copy(inner[0], into: t.inner)
            }
            try backend.withScratch([[65]]) { try backend.fill($0[0], with: 5) }
            try backend.copy(outer[0], into: t.outer)
            try backend.copy(outer[1], into: t.second)
        }
    }

    /// An upload that does not wait must not overtake the operations before it.
    private static let order = moving("order", "of uploads and copies") {
        [.updated("staging", [4099]), .result("first", [4099]), .result("second", [4099])]
    } _: { backend, t in
        var values = [Float](repeating: 1, count: 4099)
        try backend.upload(values, to: t.staging)
        try backend.copy(t.staging, into: t.first)
        for index in values.indices { values[index] = 2 }
        try backend.upload(values, to: t.staging)
        for index in values.indices { values[index] = 3 }
        try backend.copy(t.staging, into: t.second)
        try backend.synchronize()
    }
}

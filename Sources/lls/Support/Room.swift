import Tensors

/// What a benchmark needs and the device does not have, seen before the device was asked.
struct NoRoomError: Error, CustomStringConvertible {
    let device: String
    /// Nil if no machine word holds the number.
    let bytes: Int?
    let limits: MemoryLimits

    var description: String {
        """
        out of memory: this needs \(bytes.map { "\($0) bytes" } ?? "more bytes than can be counted")
        \(device) has \(limits.total), and allows \(limits.allocation) in one allocation
        Choose smaller sizes.
        """
    }
}

extension Backend {
    /// Throws ``NoRoomError`` unless the device can hold tensors of all these shapes at once, and what
    /// `operation` borrows besides.
    func requireRoom(for shapes: [Shape], _ operation: DenseOperation) throws {
        let limits = memoryLimits
        var total = 0
        for shape in shapes {
            var bytes = ElementType.float32.byteCount
            for extent in shape.dimensions {
                let (product, overflows) = bytes.multipliedReportingOverflow(by: extent)
                guard !overflows else {
                    throw NoRoomError(device: name, bytes: nil, limits: limits)
                }
                bytes = product
            }
            let (sum, overflows) = total.addingReportingOverflow(bytes)
            guard !overflows, bytes <= limits.allocation, sum <= limits.total else {
                throw NoRoomError(device: name, bytes: overflows ? nil : sum, limits: limits)
            }
            total = sum
        }
        let (all, overflows) = total.addingReportingOverflow(try scratchBytes(of: [operation]))
        guard !overflows, all <= limits.total else {
            throw NoRoomError(device: name, bytes: overflows ? nil : all, limits: limits)
        }
    }
}

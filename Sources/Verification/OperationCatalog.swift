/// Every operation of the contract with the shapes at which implementations break.
public enum OperationCatalog {
    /// How many shapes are tried.
    public enum Size: String, CaseIterable, Sendable {
        /// Tiny shapes of every operation, for interpreters such as Oclgrind.
        case small
        /// These, all sides of every tile and some shapes of many tiles.
        case full
    }

    /// All cases of a size.
    public static func all(size: Size) -> [OperationCase] {
        [
            deviceMemory, matrix, convolution, elementwise, normalization, pooling, loss,
            localLoss, optimizer, wholeNumbers,
        ].flatMap { $0(size) }
    }

    /// Extents on both sides of every tile in use, and primes.
    static func extents(_ size: Size) -> [Int] {
        switch size {
        case .small: [1, 9]
        case .full:
            [1, 3, 4, 5, 7, 8, 9, 13, 14, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129]
        }
    }
}

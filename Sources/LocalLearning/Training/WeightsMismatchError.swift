import FileFormats

/// A sound weights file that is of another network.
public struct WeightsMismatchError: CategorizedError {
    /// A tensor that the file and the network do not have alike; nil stands for no such tensor.
    public struct Difference: Sendable, Equatable, CustomStringConvertible {
        /// Its name in the file.
        public let tensor: String
        /// Its shape in the file and in the network.
        public let found, needed: [Int]?

        package init(_ tensor: String, found: [Int]?, needed: [Int]?) {
            self.tensor = tensor
            self.found = found
            self.needed = needed
        }

        /// What differs.
        public var description: String {
            switch (found, needed) {
            case (let found?, let needed?): "\(tensor) is \(found) and should be \(needed)"
            case (nil, let needed?): "\(tensor) \(needed) is missing"
            case (let found, nil): "\(tensor) \(found ?? []) has no place in it"
            }
        }
    }

    /// The file.
    public let path: String
    /// The name of the network that the file was to be loaded into.
    public let network: String
    /// Of the file's tensors.
    public let shapes: [String: [Int]]
    /// All of them, by name.
    public let differences: [Difference]
    /// Bad data.
    public var category: ErrorCategory { .malformedData }

    package init(
        path: String, network: String, shapes: [String: [Int]], differences: [Difference]
    ) {
        self.path = path
        self.network = network
        self.shapes = shapes
        self.differences = differences
    }

    /// What differs, in one line.
    public var summary: String {
        let first = differences.prefix(2).map(\.description).joined(separator: ", ")
        let more = differences.count - 2
        return "\(path): the weights are not of this \(network): \(first)"
            + (more > 0 ? ", and \(more) more differ" : "")
    }

    /// Two lines.
    public var description: String {
        summary + "\nThe file may be of another network, rule, data set or number of classes."
    }
}

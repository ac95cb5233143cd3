import Tensors

/// The parameters of one block, or of the classifier: what one optimizer updates.
///
/// All trained values lie in one tensor and all their gradients in another, so an update is one
/// operation however many parameters a block has. Padding between them is 0 and stays 0.
public final class ParameterGroup {
    public let parameters: [Parameter]
    /// All trained values, and their gradients, each as one vector.
    public let values, gradients: Tensor

    public init(_ descriptions: [ParameterDescription], on backend: any Backend) throws {
        let alignment = backend.sliceAlignment
        func padded(_ count: Int) -> Int { count.saturatingRoundedUp(to: alignment) }

        let total = descriptions.filter(\.isTrained).map { padded($0.shape.count) }
            .saturatingSum()
        values = try backend.makeTensor([max(total, 1)])
        gradients = try backend.makeTensor([max(total, 1)])
        try backend.fill(values, with: 0)
        try backend.fill(gradients, with: 0)

        var parameters: [Parameter] = []
        var offset = 0
        for description in descriptions {
            guard description.isTrained else {
                let value = try backend.makeTensor(description.shape)
                parameters.append(Parameter(description: description, value: value, gradient: nil))
                continue
            }
            parameters.append(
                Parameter(
                    description: description,
                    value: try backend.slice(values, at: offset, description.shape),
                    gradient: try backend.slice(gradients, at: offset, description.shape)))
            offset += padded(description.shape.count)
        }
        self.parameters = parameters
    }

    /// The parameter whose name ends in `suffix`.
    ///
    /// - Precondition: there is exactly one.
    public subscript(suffix: String) -> Parameter {
        let found = parameters.filter { $0.description.name.hasSuffix(suffix) }
        precondition(found.count == 1, "\(found.count) parameters end in \(suffix)")
        return found[0]
    }

    /// The gradient of the parameter whose name ends in `suffix`.
    ///
    /// - Precondition: there is exactly one, and it is trained.
    public func gradient(_ suffix: String) -> Tensor {
        guard let gradient = self[suffix].gradient else {
            preconditionFailure("\(suffix) is not trained")
        }
        return gradient
    }

    public var trainedCount: Int {
        parameters.filter(\.description.isTrained).map(\.description.shape.count).reduce(0, +)
    }
}

import Tensors

/// The parameters of one block, or of the classifier: what one optimizer updates.
///
/// All trained values lie in one tensor and all their gradients in another, so an update is one
/// operation however many parameters a block has. Padding between them is 0 and stays 0.
public final class ParameterGroup {
    /// In the order of the descriptions that the group was made with.
    public let parameters: [Parameter]
    /// All trained values, and their gradients, each as one vector. In a network that only infers, both
    /// are the values: it has no gradients.
    public let values, gradients: Tensor
    /// That all of them lie on.
    public let backend: any Backend

    /// Takes memory for the parameters; trained values and gradients are 0, others undefined.
    public convenience init(
        _ descriptions: [ParameterDescription], on backend: any Backend
    ) throws {
        try self.init(descriptions, forInference: false, on: backend)
    }

    /// - Parameter forInference: whether no memory is taken for gradients.
    init(
        _ descriptions: [ParameterDescription], forInference: Bool, on backend: any Backend
    ) throws {
        self.backend = backend
        let alignment = backend.sliceAlignment(of: .float32)
        func padded(_ count: Int) -> Int { count.saturatingRoundedUp(to: alignment) }

        let total = descriptions.filter(\.isTrained).map { padded($0.shape.count) }
            .saturatingSum()
        values = try backend.makeTensor([max(total, 1)])
        gradients = forInference ? values : try backend.makeTensor([max(total, 1)])
        try backend.fill(values, with: 0)
        if !forInference { try backend.fill(gradients, with: 0) }

        var parameters: [Parameter] = []
        var offset = 0
        for description in descriptions {
            let shape = description.shape
            if description.isTrained {
                parameters.append(
                    Parameter(
                        description, value: try backend.slice(values, at: offset, shape),
                        gradient: try backend.slice(gradients, at: offset, shape), on: backend))
                offset += padded(shape.count)
            } else {
                parameters.append(
                    Parameter(
                        description, value: try backend.makeTensor(shape), gradient: nil,
                        on: backend))
            }
        }
        self.parameters = parameters
    }

    /// The parameter of a description.
    ///
    /// - Precondition: the group was made with it.
    public subscript(description: ParameterDescription) -> Parameter {
        guard let found = parameters.first(where: { $0.description.name == description.name })
        else { preconditionFailure("no parameter is named \(description.name)") }
        return found
    }

    /// The gradient of a trained parameter.
    ///
    /// - Precondition: the group was made with it, and it is trained.
    public func gradient(of description: ParameterDescription) -> Tensor {
        guard let gradient = self[description].gradient else {
            preconditionFailure("\(description.name) is not trained")
        }
        return gradient
    }

    // MARK: Vectors like the values

    /// A vector shaped as ``values``, filled with zeros: what an optimizer keeps for the group.
    public func makeVector() throws -> Tensor {
        let vector = try backend.makeTensor(values.shape)
        try backend.fill(vector, with: 0)
        return vector
    }

    /// The elements of a vector shaped as ``values``, by trained parameter and in file order, so that
    /// they do not depend on the device's padding. Waits for the device.
    public func split(_ vector: Tensor) throws -> [String: [Float]] {
        let elements = try backend.read(vector)
        return Dictionary(
            uniqueKeysWithValues: places.map { description, range in
                (
                    description.name,
                    description.layout.toFile(Array(elements[range]), description.shape)
                )
            })
    }

    /// Fills a vector shaped as ``values`` from elements by trained parameter, in file order.
    ///
    /// - Throws: ``ParameterStateError`` if one is missing or of another length.
    public func join(_ elements: [String: [Float]], into vector: Tensor) throws {
        var joined = [Float](repeating: 0, count: values.count)
        for (description, range) in places {
            guard let found = elements[description.name], found.count == range.count else {
                throw ParameterStateError(parameter: description.name)
            }
            joined.replaceSubrange(
                range, with: description.layout.fromFile(found, description.shape))
        }
        try backend.upload(joined, to: vector)
    }

    /// Where each trained parameter lies in ``values``.
    private var places: [(ParameterDescription, Range<Int>)] {
        var offset = 0
        return parameters.map(\.description).filter(\.isTrained).map { description in
            let count = description.shape.count
            defer { offset += count.saturatingRoundedUp(to: backend.sliceAlignment(of: .float32)) }
            return (description, offset..<(offset + count))
        }
    }
}

/// An optimizer's state that does not fit the parameters it is for.
public struct ParameterStateError: Error, CustomStringConvertible {
    /// The parameter, or the number, that does not fit.
    public let parameter: String

    /// One line.
    public var description: String {
        "the optimizer's state of \(parameter) is missing or has another length"
    }
}

import Tensors

/// One named tensor of a network, on a device.
public struct Parameter {
    /// Its name, shape and layout.
    public let description: ParameterDescription
    /// Shaped as the description says.
    public let value: Tensor
    /// Nil if it is not trained.
    public let gradient: Tensor?
    private let backend: any Backend

    init(
        _ description: ParameterDescription, value: Tensor, gradient: Tensor?,
        on backend: any Backend
    ) {
        self.description = description
        self.value = value
        self.gradient = gradient
        self.backend = backend
    }

    /// Draws the initial value.
    func initialize(seed: UInt64) throws {
        try set(
            description.initial.values(
                description.shape.count, seed: seed, name: description.name))
    }

    /// Sets the value from elements in file order.
    ///
    /// - Precondition: as many values as the parameter has elements.
    public func set(_ values: [Float]) throws {
        try backend.upload(description.layout.fromFile(values, description.shape), to: value)
    }

    /// The value in file order; waits for the device.
    public func values() throws -> [Float] {
        description.layout.toFile(try backend.read(value), description.shape)
    }
}

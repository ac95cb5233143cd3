import KernelSources
import Tensors

/// Launches of kernels over a ``LaunchShape``, in smaller groups if a kernel needs them.
extension OpenCLBackend {
    /// Launches a map over `count` elements: `kernel(tensors…, count, run, scalars…)`.
    func map(
        _ source: KernelSource, _ kernel: String, activation: Activation = .identity,
        _ tensors: [Tensor], count: Int, _ scalars: [KernelArgument] = []
    ) throws {
        guard count > 0 else { return }
        let shape = launchShape(elements: count)
        try launch(
            source, kernel, defines: defines(shape, activation), over: shape,
            tensors.map(KernelArgument.tensor) + [.int(count), .int(shape.rowsPerItem)] + scalars)
    }

    /// Launches over `shape`, in smaller groups if the kernel needs them; for kernels that are not
    /// told how many rows an item has.
    func launch(
        _ source: KernelSource, _ kernel: String, defines: [KernelDefine], over shape: LaunchShape,
        _ arguments: [KernelArgument]
    ) throws {
        let limit = try groupLimit(source, kernel, defines, wanted: shape.local)
        let shape = shape.shrunk(to: limit)
        try launch(
            source, kernel, defines: defines, arguments, global: shape.global, local: shape.local,
            limit: limit)
    }

    /// Launches over a matrix: `kernel(tensors…, rows, channels, share, scalars…)`.
    func launch(
        _ source: KernelSource, _ kernel: String, activation: Activation = .identity,
        _ shape: LaunchShape, defines extra: [KernelDefine] = [], _ tensors: [Tensor], rows: Int,
        _ channels: Int, _ scalars: [KernelArgument] = []
    ) throws {
        guard rows > 0, channels > 0 else { return }
        let isWhole = channels.isMultiple(of: shape.vectorWidth)
        let defines =
            defines(shape, activation) + [KernelDefine("WHOLE", isWhole ? 1 : 0)] + extra
        let limit = try groupLimit(source, kernel, defines, wanted: shape.local)
        let shape = shape.shrunk(to: limit)
        try launch(
            source, kernel, defines: defines,
            tensors.map(KernelArgument.tensor)
                + [.int(rows), .int(channels), .int(shape.rowsPerItem)] + scalars,
            global: shape.global, local: shape.local, limit: limit)
    }

    /// The constants of the kernels: the vector width and, if it is the activation, tanh.
    func defines(_ shape: LaunchShape, _ activation: Activation = .identity) -> [KernelDefine] {
        let width = KernelDefine("VECTOR", shape.vectorWidth)
        return activation == .tanh ? [width, KernelDefine("TANH", 1)] : [width]
    }
}

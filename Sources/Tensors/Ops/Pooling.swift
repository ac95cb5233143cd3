/// Pools of images and of features.
public protocol PoolingOps: DeviceMemory {
    /// The largest element of every window. NaN wins, as in PyTorch: of a window that holds any the
    /// result is NaN.
    func maxPool(_ input: Tensor, _ geometry: MaxPoolGeometry, into output: Tensor) throws

    /// Gradient of ``maxPool(_:_:into:)``: each window's goes to its first largest element, or to
    /// its last NaN if it holds any, as in PyTorch; every other element gets 0.
    func maxPoolGradient(
        of outputGradient: Tensor, input: Tensor, _ geometry: MaxPoolGeometry,
        into inputGradient: Tensor) throws

    /// The mean of every adaptive window. Shapes and order: ``AveragePoolGeometry``.
    func averagePool(_ input: Tensor, _ geometry: AveragePoolGeometry, into output: Tensor) throws

    /// Gradient of ``averagePool(_:_:into:)``.
    func averagePoolGradient(
        of outputGradient: Tensor, _ geometry: AveragePoolGeometry, into inputGradient: Tensor)
        throws
}

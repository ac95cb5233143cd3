/// Everything a device does: one small protocol per concern, see `Ops/`.
///
/// The rules that hold for every operation:
/// - Results are written into tensors the caller owns; nothing is returned, nothing is allocated
///   after the first call with a given shape.
/// - Operations run in the order in which they were called, but may still be running when the call
///   returns. ``DeviceMemory/read(_:)``, ``DeviceMemory/readIntegers(_:)`` and
///   ``DeviceMemory/synchronize()`` wait for all of them; ``DeviceMemory/upload(_:to:)`` waits only
///   when too many uploads are still pending.
/// - A destination is overwritten, NaN and all, unless its parameter is named `adding…`.
/// - A destination never aliases a source, unless the operation says that it may.
/// - A wrong shape is a programming error and traps with both shapes, a wrong element type with both
///   types. Failures of memory, device or driver are thrown.
/// - The same calls on the same device give the same bytes.
///
/// A backend has one owner and is not `Sendable`.
public protocol Backend: DeviceMemory, MatrixOps, ConvolutionOps, ElementwiseOps,
    NormalizationOps, PoolingOps, LossOps, LocalLossOps, OptimizerOps
{
    /// A backend that takes the same calls and counts the same bytes as this one, but holds no
    /// memory, computes nothing and reads zeros. It counts exactly the bytes that this one would
    /// hold. Nil if the backend cannot do that.
    func dryRun() -> (any Backend)?
}

extension Backend {
    public func dryRun() -> (any Backend)? { nil }
}

/// The OpenCL C files of this folder, embedded in the binary.
///
/// One case per file; the raw value is the file's name without `.cl`.
public enum KernelSource: String, CaseIterable, Sendable {
    case fma
    case common
    case windows
    case tileLocal = "tile_local"
    case matrixRegister = "matrix_register"
    case matrixLocal = "matrix_local"
    case convolutionRegister = "convolution_register"
    case weightGradientRegister = "weight_gradient_register"
    case convolutionLocal = "convolution_local"
    case convolutionGrouped = "convolution_grouped"
    case winogradImages = "winograd_images"
    case winogradWeights = "winograd_weights"
    case elementwise
    case normalization
    case pooling
    case loss
    case localLoss = "local_loss"
    case batchNormPool = "batch_norm_pool"
    case optimizer

    /// The files that every program starts with, in this order.
    public static let prelude: [KernelSource] = [.fma, .common, .windows, .tileLocal]

    /// The file's text.
    public var text: String {
        let bytes =
            switch self {
            case .fma: PackageResources.fma_cl
            case .common: PackageResources.common_cl
            case .windows: PackageResources.windows_cl
            case .tileLocal: PackageResources.tile_local_cl
            case .matrixRegister: PackageResources.matrix_register_cl
            case .matrixLocal: PackageResources.matrix_local_cl
            case .convolutionRegister: PackageResources.convolution_register_cl
            case .weightGradientRegister: PackageResources.weight_gradient_register_cl
            case .convolutionLocal: PackageResources.convolution_local_cl
            case .convolutionGrouped: PackageResources.convolution_grouped_cl
            case .winogradImages: PackageResources.winograd_images_cl
            case .winogradWeights: PackageResources.winograd_weights_cl
            case .elementwise: PackageResources.elementwise_cl
            case .normalization: PackageResources.normalization_cl
            case .pooling: PackageResources.pooling_cl
            case .loss: PackageResources.loss_cl
            case .localLoss: PackageResources.local_loss_cl
            case .batchNormPool: PackageResources.batch_norm_pool_cl
            case .optimizer: PackageResources.optimizer_cl
            }
        return String(decoding: bytes, as: UTF8.self)
    }
}

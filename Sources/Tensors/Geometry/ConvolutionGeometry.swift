/// The shape of a convolution.
///
/// Input `[batch, height, width, inputChannels]`, weights
/// `[kernelHeight, kernelWidth, inputChannels / groups, outputChannels]`, output
/// `[batch, outputHeight, outputWidth, outputChannels]`. Output channel `o` belongs to group
/// `o / (outputChannels / groups)` and sees only that group's input channels.
public struct ConvolutionGeometry: Hashable, Sendable {
    /// Extents of the input, and the channels of the output.
    public let batch, height, width, inputChannels, outputChannels: Int
    /// The window, its step and the zeros around the image, in pixels, and the groups of channels.
    public let kernelHeight, kernelWidth, stride, padding, groups: Int

    /// - Precondition: extents are positive, groups divide both channel counts, and the padded
    ///   input holds at least one window.
    public init(
        batch: Int, height: Int, width: Int, inputChannels: Int, outputChannels: Int,
        kernelHeight: Int = 3, kernelWidth: Int = 3, stride: Int = 1, padding: Int = 1,
        groups: Int = 1
    ) {
        precondition(
            min(batch, height, width, inputChannels, outputChannels) > 0
                && min(kernelHeight, kernelWidth, stride, groups) > 0 && padding >= 0,
            "a convolution needs positive extents")
        precondition(
            inputChannels % groups == 0 && outputChannels % groups == 0,
            "\(groups) groups do not divide \(inputChannels) and \(outputChannels) channels")
        precondition(
            height + 2 * padding >= kernelHeight && width + 2 * padding >= kernelWidth,
            "a \(kernelHeight)×\(kernelWidth) kernel does not fit \(height)×\(width)")
        self.batch = batch
        self.height = height
        self.width = width
        self.inputChannels = inputChannels
        self.outputChannels = outputChannels
        self.kernelHeight = kernelHeight
        self.kernelWidth = kernelWidth
        self.stride = stride
        self.padding = padding
        self.groups = groups
    }

    /// Windows that fit along the height: rows of the output, in pixels.
    public var outputHeight: Int { (height + 2 * padding - kernelHeight) / stride + 1 }
    /// Windows that fit along the width.
    public var outputWidth: Int { (width + 2 * padding - kernelWidth) / stride + 1 }

    /// `[batch, height, width, inputChannels]`.
    public var inputShape: Shape { [batch, height, width, inputChannels] }
    /// `[batch, outputHeight, outputWidth, outputChannels]`.
    public var outputShape: Shape { [batch, outputHeight, outputWidth, outputChannels] }
    /// `[kernelHeight, kernelWidth, inputChannels / groups, outputChannels]`.
    public var weightShape: Shape {
        [kernelHeight, kernelWidth, inputChannels / groups, outputChannels]
    }

    /// The same convolution of another number of images.
    public func withBatch(_ batch: Int) -> ConvolutionGeometry {
        ConvolutionGeometry(
            batch: batch, height: height, width: width, inputChannels: inputChannels,
            outputChannels: outputChannels, kernelHeight: kernelHeight, kernelWidth: kernelWidth,
            stride: stride, padding: padding, groups: groups)
    }

    /// Every channel by itself.
    public var isDepthwise: Bool { groups == inputChannels && groups == outputChannels }

    /// Whether it multiplies two matrices: 1×1, and every pixel is kept.
    public var isMatrixProduct: Bool {
        groups == 1 && kernelHeight == 1 && kernelWidth == 1 && stride == 1 && padding == 0
    }

    /// Output pixels of the whole batch.
    public var outputPixels: Int { [batch, outputHeight, outputWidth].saturatingProduct() }

    /// Multiply–accumulates of one pass; the padding's are counted too.
    public var multiplyAccumulates: Int {
        [outputPixels, outputChannels, kernelHeight, kernelWidth, inputChannels / groups]
            .saturatingProduct()
    }
}

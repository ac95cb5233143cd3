import CVectorLoops
import Tensors

/// How a dense or grouped convolution is cut into matrix products.
///
/// The windows of a few hundred output pixels are gathered as the rows of a strip, which stays in a
/// core's cache while `sgemm` multiplies it; weights `[kernel · in, out]` are a matrix already.
struct ConvolutionStrips {
    let geometry: ConvolutionGeometry
    /// Elements of one row of a strip: a window of one group.
    let windowSize: Int
    /// Rows of a strip.
    let rows: Int

    /// Bytes of a strip: half of a usual second-level cache.
    private static let cacheShare = 512 << 10

    init(_ geometry: ConvolutionGeometry) {
        self.geometry = geometry
        windowSize =
            geometry.kernelHeight * geometry.kernelWidth
            * (geometry.inputChannels / geometry.groups)
        // Too few rows starve `sgemm`, which packs the weights anew for each strip.
        rows = min(max(Self.cacheShare / 4 / windowSize, 128), 512, geometry.outputPixels)
    }

    var groups: Int { geometry.groups }
    var inputsPerGroup: Int { geometry.inputChannels / groups }
    var outputsPerGroup: Int { geometry.outputChannels / groups }
    /// Floats that a strip takes; none if the input's own rows will do.
    var memorySize: Int { isPlain ? 0 : rows * windowSize }

    /// The windows are the pixels: the input is the strip.
    var isPlain: Bool {
        geometry.kernelHeight == 1 && geometry.kernelWidth == 1 && geometry.stride == 1
            && geometry.padding == 0
    }

    /// `pixels` in pieces of at most ``rows``.
    func pieces(of pixels: Range<Int>) -> some Sequence<Range<Int>> {
        stride(from: pixels.lowerBound, to: pixels.upperBound, by: rows).lazy.map {
            $0..<min($0 + rows, pixels.upperBound)
        }
    }

    /// The windows of `pixels` that `group` sees as a matrix: its memory, and the elements from one
    /// row to the next.
    func windows(
        of pixels: Range<Int>, group: Int, in input: UnsafePointer<Float>,
        memory: UnsafeMutablePointer<Float>
    ) -> (rows: UnsafePointer<Float>, stride: Int) {
        let channel = group * inputsPerGroup
        guard !isPlain else {
            let stride = geometry.inputChannels
            return (input + pixels.lowerBound * stride + channel, stride)
        }
        var shape = geometry.vector
        vector_gather_windows(
            input, &shape, pixels.lowerBound, pixels.count, channel, inputsPerGroup, memory)
        return (UnsafePointer(memory), windowSize)
    }
}

extension ConvolutionGeometry {
    /// As the C loops know it.
    var vector: vector_convolution_shape {
        vector_convolution_shape(
            height: height, width: width, input_channels: inputChannels,
            output_channels: outputChannels, kernel_height: kernelHeight,
            kernel_width: kernelWidth, stride: stride, padding: padding,
            output_height: outputHeight, output_width: outputWidth)
    }
}

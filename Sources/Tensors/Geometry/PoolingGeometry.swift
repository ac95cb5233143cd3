/// The shape of a max pool: input `[batch, height, width, channels]`, square windows, no padding;
/// rows and columns that fill no window are dropped.
public struct MaxPoolGeometry: Hashable, Sendable {
    /// Extents of the input, the side of a window and the step between windows, in pixels.
    public let batch, height, width, channels, window, stride: Int

    /// - Precondition: extents are positive, windows do not overlap, and one window fits.
    public init(
        batch: Int, height: Int, width: Int, channels: Int, window: Int = 2, stride: Int = 2
    ) {
        precondition(min(batch, height, width, channels, window) > 0, "positive extents needed")
        precondition(stride >= window, "max pool windows of \(window) overlap at stride \(stride)")
        precondition(
            min(height, width) >= window, "a window of \(window) does not fit \(height)×\(width)")
        self.batch = batch
        self.height = height
        self.width = width
        self.channels = channels
        self.window = window
        self.stride = stride
    }

    /// Windows that fit along the height.
    public var outputHeight: Int { (height - window) / stride + 1 }
    /// Windows that fit along the width.
    public var outputWidth: Int { (width - window) / stride + 1 }
    /// `[batch, height, width, channels]`.
    public var inputShape: Shape { [batch, height, width, channels] }
    /// `[batch, outputHeight, outputWidth, channels]`.
    public var outputShape: Shape { [batch, outputHeight, outputWidth, channels] }
}

/// The windows of an adaptive average pool along one axis: window `i` of `count` over `length` is
/// `[⌊i·length/count⌋, ⌈(i+1)·length/count⌉)`. Windows overlap where `count` does not divide
/// `length` (7 → 2), and repeat where `count` is the larger (1024 → 2048).
public struct AdaptiveWindows: Hashable, Sendable {
    /// Elements along the axis, and windows over them.
    public let length, count: Int

    /// - Precondition: both are positive.
    public init(length: Int, count: Int) {
        precondition(length > 0 && count > 0, "cannot pool \(length) elements to \(count)")
        self.length = length
        self.count = count
    }

    /// The elements of window `index`.
    public subscript(index: Int) -> Range<Int> {
        (index * length / count)..<ceilingDivision((index + 1) * length, count)
    }

    /// The windows that hold `position`.
    public func windows(containing position: Int) -> Range<Int> {
        (position * count / length)..<ceilingDivision((position + 1) * count, length)
    }
}

/// The shape of an adaptive average pool.
///
/// A rank-4 input `[batch, height, width, channels]` becomes `[batch, channels · size · size]`, in
/// (channel, row, column) order: the order in which PyTorch flattens, hence that of the basis and of
/// linear weights. A rank-2 input `[batch, features]` becomes `[batch, size]`.
public struct AveragePoolGeometry: Hashable, Sendable {
    /// `[batch, height, width, channels]` or `[batch, features]`.
    public let inputShape: Shape
    /// Windows along each axis of an image, or along the features.
    public let size: Int

    /// - Precondition: `inputShape` has rank 4 or 2.
    public init(inputShape: Shape, size: Int) {
        precondition(
            inputShape.rank == 4 || inputShape.rank == 2,
            "adaptive pooling takes rank 4 or 2, not \(inputShape)")
        self.inputShape = inputShape
        self.size = size
    }

    /// Samples.
    public var batch: Int { inputShape[0] }
    /// Whether the input is images, not features.
    public var isSpatial: Bool { inputShape.rank == 4 }
    /// Channels of an image; 1 for features.
    public var channels: Int { isSpatial ? inputShape[3] : 1 }
    /// The windows along the height; one over one row for features.
    public var rows: AdaptiveWindows {
        AdaptiveWindows(length: isSpatial ? inputShape[1] : 1, count: isSpatial ? size : 1)
    }
    /// The windows along the width, or along the features.
    public var columns: AdaptiveWindows {
        AdaptiveWindows(length: isSpatial ? inputShape[2] : inputShape[1], count: size)
    }
    /// Features of one sample after pooling: the `D` of the basis.
    public var features: Int { isSpatial ? channels * size * size : size }
    /// `[batch, features]`.
    public var outputShape: Shape { [batch, features] }
}

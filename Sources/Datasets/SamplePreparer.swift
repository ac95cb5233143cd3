import Images
import Randomness

/// The random numbers of an epoch. What a sample gets is a function of (seed, epoch, sample) alone.
struct EpochRandomness: Sendable {
    /// Three numbers a sample: where a crop begins, from the top and the left, and the mirror.
    private let windows: RandomSource
    private let resizedCrops, erasures: RandomSource

    init(seed: UInt64, epoch: Int) {
        windows = RandomSource(seed: seed, stream: "augmentation", epoch)
        resizedCrops = RandomSource(seed: seed, stream: "resized crop", epoch)
        erasures = RandomSource(seed: seed, stream: "erasing", epoch)
    }

    func top(of sample: Int, below bound: Int) -> Int {
        windows.integer(below: bound, 3 * sample)
    }
    func left(of sample: Int, below bound: Int) -> Int {
        windows.integer(below: bound, 3 * sample + 1)
    }
    func flips(_ sample: Int) -> Bool { windows.bits(3 * sample + 2) >> 63 == 1 }
    func resizedCrop(of sample: Int) -> RandomSource {
        RandomSource(key: resizedCrops.bits(sample))
    }
    func erasure(of sample: Int) -> RandomSource { RandomSource(key: erasures.bits(sample)) }
}

/// Makes of one image of a split what the network sees. Reuses its memory; belongs to one thread.
final class SamplePreparer {
    private let split: ImageSplit
    private let shape: SampleShape
    private let transform: ImageTransform
    /// `[channels, 256]`, see ``Normalization``.
    private let table: [Float]
    private let decoder: ImageDecoder
    private let converter = ChannelConverter()
    /// One for each step, since a step's result is read while the next one is made.
    private let resizers: [Resizer]

    init(
        _ split: ImageSplit, shape: SampleShape, transform: ImageTransform,
        normalization: Normalization, appliesOrientation: Bool
    ) {
        // Pixels in memory may have any number of channels; they are not decoded.
        decoder = ImageDecoder(
            channels: shape.channels == 1 ? 1 : 3, appliesOrientation: appliesOrientation)
        self.split = split
        self.shape = shape
        self.transform = transform
        table = normalization.table
        resizers = transform.steps.map { _ in Resizer() }
    }

    /// Writes `shape.count` floats, channels last. Randomness may be nil where nothing is random.
    ///
    /// Throws ``ImageError`` or `FileError` for a file that is no sound image.
    func prepare(
        _ sample: Int, _ randomness: EpochRandomness?, into output: UnsafeMutablePointer<Float>
    ) throws {
        switch split.images {
        case .files(let paths):
            let image = try decoder.decode(file: paths[sample])
            try prepare(image, of: sample, from: paths[sample], randomness, into: output)
        case .pixels(let array):
            try array.bytes.withUnsafeBufferPointer { bytes in
                let pixels = bytes[(sample * array.imageSize)..<((sample + 1) * array.imageSize)]
                guard let base = UnsafeBufferPointer(rebasing: pixels).baseAddress else { return }
                let image = PixelView(
                    base, height: array.height, width: array.width, channels: array.channels)
                try prepare(image, of: sample, from: "image \(sample)", randomness, into: output)
            }
        }
    }

    func prepare(
        _ image: PixelView, of sample: Int, from path: String, _ randomness: EpochRandomness?,
        into output: UnsafeMutablePointer<Float>
    ) throws {
        do { try apply(to: image, of: sample, from: path, randomness, into: output) } catch {
            guard let error = error as? PixelMemoryError else { throw error }
            throw ImageError(path: path, reason: error.description)
        }
    }

    private func apply(
        to image: PixelView, of sample: Int, from path: String, _ randomness: EpochRandomness?,
        into output: UnsafeMutablePointer<Float>
    ) throws {
        var image = try converter.convert(image, channels: shape.channels)
        var window = Window(height: image.height, width: image.width)
        var isFlipped = false
        for (step, resizer) in zip(transform.steps, resizers) {
            switch step {
            case .resize(let side):
                let (height, width) = TransformGeometry.resized(
                    height: image.height, width: image.width, shorterSide: side)
                image = try resize(image, height, width, by: resizer, path)
            case .cover(let rows, let columns):
                let (height, width) = TransformGeometry.covering(
                    rows, columns, height: image.height, width: image.width)
                image = try resize(image, height, width, by: resizer, path)
            case .centerCrop(let rows, let columns):
                image = image.part(
                    TransformGeometry.center(
                        height: image.height, width: image.width, rows, columns))
            case .randomResizedCrop(let rows, let columns):
                guard let randomness else { continue }
                let part = TransformGeometry.resizedCrop(
                    height: image.height, width: image.width,
                    from: randomness.resizedCrop(of: sample))
                image = try resizer.resize(image.part(part), height: rows, width: columns)
            case .randomCrop(let height, let width, let padding):
                guard let randomness else { continue }
                let (rows, columns) = (image.height + 2 * padding, image.width + 2 * padding)
                guard rows >= height, columns >= width else { break }
                window = Window(
                    top: randomness.top(of: sample, below: rows - height + 1) - padding,
                    left: randomness.left(of: sample, below: columns - width + 1) - padding,
                    height: height, width: width)
                continue
            case .randomFlip:
                isFlipped = randomness?.flips(sample) ?? false
                continue
            }
            window = Window(height: image.height, width: image.width)
        }
        guard window.height == shape.height, window.width == shape.width else {
            throw ImageError(
                path: path,
                reason: "\(window.height) × \(window.width) pixels, but "
                    + "\(shape.height) × \(shape.width) are needed")
        }
        normalize(image, window, isFlipped, into: output)
        if let erasing = transform.erasing, let randomness,
            let hole = TransformGeometry.erased(
                erasing, height: shape.height, width: shape.width,
                from: randomness.erasure(of: sample))
        {
            for row in hole.top..<(hole.top + hole.height) {
                (output + (row * shape.width + hole.left) * shape.channels)
                    .update(repeating: 0, count: hole.width * shape.channels)
            }
        }
    }

    private func resize(
        _ image: PixelView, _ height: Int, _ width: Int, by resizer: Resizer, _ path: String
    ) throws -> PixelView {
        guard height * width <= ImageDecoder.greatestPixelCount else {
            throw ImageError(
                path: path,
                reason: "\(image.height) × \(image.width) pixels are too long and thin")
        }
        return try resizer.resize(image, height: height, width: width)
    }

    /// Cuts out the window, black outside the image, mirrors and normalises it in a single pass.
    private func normalize(
        _ image: PixelView, _ window: Window, _ isFlipped: Bool,
        into output: UnsafeMutablePointer<Float>
    ) {
        let (width, channels) = (shape.width, shape.channels)
        // Column x of the result is column left + x of the image, or its mirror image.
        let columns =
            isFlipped
            ? (window.left + width - image.width)..<(window.left + width)
            : -window.left..<(image.width - window.left)
        let inside = columns.clamped(to: 0..<width)
        let first = window.left + (isFlipped ? width - 1 - inside.lowerBound : inside.lowerBound)
        let step = isFlipped ? -channels : channels
        table.withUnsafeBufferPointer { table in
            for y in 0..<shape.height {
                let row = output + y * width * channels
                guard (0..<image.height).contains(y + window.top) else {
                    blacken(row, 0..<width, table)
                    continue
                }
                blacken(row, 0..<inside.lowerBound, table)
                blacken(row, inside.upperBound..<width, table)
                var source = image.base + (y + window.top) * image.stride + first * channels
                var target = row + inside.lowerBound * channels
                for _ in inside {
                    for channel in 0..<channels {
                        target[channel] = table[channel << 8 | Int(source[channel])]
                    }
                    source += step
                    target += channels
                }
            }
        }
    }

    private func blacken(
        _ row: UnsafeMutablePointer<Float>, _ columns: Range<Int>,
        _ table: UnsafeBufferPointer<Float>
    ) {
        for x in columns {
            for channel in 0..<shape.channels {
                row[x * shape.channels + channel] = table[channel << 8]
            }
        }
    }
}

extension PixelView {
    fileprivate func part(_ window: Window) -> PixelView {
        part(top: window.top, left: window.left, height: window.height, width: window.width)
    }
}

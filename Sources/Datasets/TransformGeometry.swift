import Foundation
import Randomness

/// A rectangle of an image; parts of it may lie outside.
struct Window: Equatable {
    var top = 0
    var left = 0
    var height, width: Int
}

/// The numbers behind the transforms, as torchvision rounds them.
enum TransformGeometry {
    /// Height and width of an image whose shorter side becomes `shorterSide` long.
    static func resized(height: Int, width: Int, shorterSide: Int) -> (height: Int, width: Int) {
        func longer(_ long: Int, _ short: Int) -> Int {
            Int(Double(shorterSide * long) / Double(short))
        }
        return width <= height
            ? (longer(height, width), shorterSide) : (shorterSide, longer(width, height))
    }

    /// Height and width of an image of the same proportions that is nowhere smaller than `rows` and
    /// `columns`, and in one direction equal.
    static func covering(
        _ rows: Int, _ columns: Int, height: Int, width: Int
    ) -> (height: Int, width: Int) {
        // Cross products instead of quotients, which round.
        height * columns <= width * rows
            ? (rows, max(columns, Int(Double(rows * width) / Double(height))))
            : (max(rows, Int(Double(columns * height) / Double(width))), columns)
    }

    /// The rectangle in the middle, halves rounded to even.
    static func center(height: Int, width: Int, _ rows: Int, _ columns: Int) -> Window {
        func offset(_ length: Int, _ part: Int) -> Int {
            Int((Double(length - part) / 2).rounded(.toNearestOrEven))
        }
        return Window(
            top: offset(height, rows), left: offset(width, columns), height: rows, width: columns)
    }

    /// The part of an image that a random resized crop takes: the first of ten drawn that fits,
    /// else the largest in the middle with an allowed aspect ratio.
    static func resizedCrop(height: Int, width: Int, from draws: RandomSource) -> Window {
        let aspectRatio = 3.0 / 4.0...4.0 / 3.0
        let area = Double(height * width)
        for attempt in 0..<10 {
            let target = area * draws.uniform(in: 0.08...1, 4 * attempt)
            let ratio = draws.logUniform(in: aspectRatio, 4 * attempt + 1)
            let w = Int((target * ratio).squareRoot().rounded(.toNearestOrEven))
            let h = Int((target / ratio).squareRoot().rounded(.toNearestOrEven))
            guard w > 0, w <= width, h > 0, h <= height else { continue }
            return Window(
                top: draws.integer(below: height - h + 1, 4 * attempt + 2),
                left: draws.integer(below: width - w + 1, 4 * attempt + 3), height: h, width: w)
        }
        var (w, h) = (width, height)
        let ratio = Double(width) / Double(height)
        if ratio < aspectRatio.lowerBound {
            h = Int((Double(w) / aspectRatio.lowerBound).rounded(.toNearestOrEven))
        } else if ratio > aspectRatio.upperBound {
            w = Int((Double(h) * aspectRatio.upperBound).rounded(.toNearestOrEven))
        }
        return Window(top: (height - h) / 2, left: (width - w) / 2, height: h, width: w)
    }

    /// The rectangle to be erased, or nil: the first of ten drawn that is smaller than the image.
    static func erased(
        _ erasing: RandomErasing, height: Int, width: Int, from draws: RandomSource
    ) -> Window? {
        guard draws.uniform(in: 0...1, 0) < erasing.probability else { return nil }
        for attempt in 0..<10 {
            let area =
                Double(height * width) * draws.uniform(in: RandomErasing.area, 4 * attempt + 1)
            let ratio = draws.logUniform(in: RandomErasing.aspectRatio, 4 * attempt + 2)
            let h = Int((area * ratio).squareRoot().rounded(.toNearestOrEven))
            let w = Int((area / ratio).squareRoot().rounded(.toNearestOrEven))
            guard h < height, w < width else { continue }
            return Window(
                top: draws.integer(below: height - h + 1, 4 * attempt + 3),
                left: draws.integer(below: width - w + 1, 4 * attempt + 4), height: h, width: w)
        }
        return nil
    }
}

extension RandomSource {
    /// Uniform between the bounds, of the finest steps that lie evenly.
    func uniform(in range: ClosedRange<Double>, _ counter: Int) -> Double {
        let fraction = Double(bits(counter) >> 11) * 0x1p-53
        return range.lowerBound + fraction * (range.upperBound - range.lowerBound)
    }

    /// A number whose logarithm is uniform.
    func logUniform(in range: ClosedRange<Double>, _ counter: Int) -> Double {
        exp(uniform(in: log(range.lowerBound)...log(range.upperBound), counter))
    }
}

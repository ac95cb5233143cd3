import Datasets
import Foundation
import Testing

/// The random transforms over 10,000 samples, against what they should be or what torchvision draws.
@Suite struct RandomTransformTests {
    private static let count = 10_000

    /// 10,000 copies of one image, prepared for training.
    private func prepared(
        height: Int, width: Int, pixels: [UInt8], _ transform: ImageTransform, side: Int
    ) throws -> [[Float]] {
        let split = ImageSplit(
            height: height, width: width, channels: 3,
            pixels: Array(repeatElement(pixels, count: Self.count).joined()),
            labels: [Int32](repeating: 0, count: Self.count))
        let loader = BatchLoader(
            split, shape: SampleShape(height: side, width: side, channels: 3),
            normalization: Normalization(mean: [0, 0, 0], standardDeviation: [1, 1, 1]),
            transform: transform, seed: 7, batchSize: 1)
        return try (0..<Self.count).map { try loader.sample($0, epoch: 1) }
    }

    /// One fifth of the images, rectangles of torchvision's areas and shapes, anywhere.
    @Test func erasing() throws {
        let samples = try prepared(
            height: 32, width: 32, pixels: [UInt8](repeating: 255, count: 3072),
            ImageTransform([], erasing: RandomErasing(probability: 0.2)), side: 32)
        var areas: [Double] = []
        var ratios: [Double] = []
        var places: [(top: Int, room: Int)] = []
        for sample in samples {
            let holes = (0..<1024).filter { sample[3 * $0] == 0 }
            guard let first = holes.first, let last = holes.last else { continue }
            let (top, left) = (first / 32, first % 32)
            let (height, width) = (last / 32 - top + 1, last % 32 - left + 1)
            // A rectangle, through all channels, and smaller than the image.
            #expect(holes.count == height * width && height < 32 && width < 32)
            #expect(holes.allSatisfy { sample[3 * $0 + 1] == 0 && sample[3 * $0 + 2] == 0 })
            areas.append(Double(height * width) / 1024)
            ratios.append(log(Double(height) / Double(width)))
            places.append((top, 32 - height))
        }
        let share = Double(areas.count) / Double(Self.count)
        #expect(abs(share - 0.2) < 0.012, "three standard deviations: \(share)")
        // Sides are rounded to pixels.
        let areaBounds = try #require(areas.min())...(try #require(areas.max()))
        #expect(areaBounds.lowerBound > 0.015 && areaBounds.upperBound < 0.345)
        #expect(ratios.allSatisfy { abs($0) < log(3.3) + 0.2 })
        let drawn = try #require(try TorchvisionResults.load().drawn["erasing"])
        expectDeciles(areas, drawn.area)
        expectDeciles(ratios, drawn.logRatio)
        let relative = places.map { (Double($0.top) + 0.5) / Double($0.room + 1) }
        #expect(abs(relative.reduce(0, +) / Double(relative.count) - 0.5) < 0.02)
    }

    /// Colours that tell where a pixel came from, so that the result tells the crop.
    @Test func resizedCrops() throws {
        let (height, width) = (60, 80)
        let pixels = (0..<height * width).flatMap { place -> [UInt8] in
            [UInt8(3 * (place / width)), UInt8(3 * (place % width)), 0]
        }
        let samples = try prepared(
            height: height, width: width, pixels: pixels,
            ImageTransform([.randomResizedCrop(side: 24)]), side: 24)
        var areas: [Double] = []
        var ratios: [Double] = []
        var tops: [Double] = []
        for sample in samples {
            // Away from its ends a line of the result climbs evenly: its slope tells the crop's
            // length, and rounded to whole pixels tells it exactly.
            func length(_ channel: Int, _ place: (Int) -> Int) -> Double {
                let slope = (2...21).reduce(0.0) { sum, x in
                    sum + (Double(x) - 11.5) * Double(sample[3 * place(x) + channel]) / 665
                }
                return (slope * 255 / 3 * 24).rounded()
            }
            let cropHeight = length(0) { $0 * 24 + 12 }
            let cropWidth = length(1) { 12 * 24 + $0 }
            areas.append(cropHeight * cropWidth / 4800)
            ratios.append(log(cropWidth / cropHeight))
            let top = Double(sample[3 * (2 * 24 + 12)]) * 255 / 3 - cropHeight * 2.5 / 24 + 0.5
            if cropHeight < 40 { tops.append(top / (60 - cropHeight)) }
        }
        let drawn = try #require(try TorchvisionResults.load().drawn["resizedCrop"])
        expectDeciles(areas, drawn.area)
        expectDeciles(ratios, drawn.logRatio)
        #expect(abs(tops.reduce(0, +) / Double(tops.count) - 0.5) < 0.02)
    }

    /// Every place of a crop without padding is as likely, from the first to the last.
    @Test func cropsWithoutPadding() throws {
        let (height, width) = (12, 17)
        let pixels = (0..<height * width).flatMap { place -> [UInt8] in
            [UInt8(place / width), UInt8(place % width), 0]
        }
        let samples = try prepared(
            height: height, width: width, pixels: pixels,
            ImageTransform([.randomCrop(height: 8, width: 8), .randomFlip]), side: 8)
        var counts = [Int](repeating: 0, count: 5 * 10)
        var flipped = 0
        for sample in samples {
            let isFlipped = sample[1] > sample[4]
            let top = Int((sample[0] * 255).rounded())
            let left = Int((sample[isFlipped ? 7 * 3 + 1 : 1] * 255).rounded())
            counts[top * 10 + left] += 1
            if isFlipped { flipped += 1 }
        }
        let expected = Double(Self.count) / 50
        let chiSquare = counts.reduce(0) { $0 + pow(Double($1) - expected, 2) / expected }
        #expect(chiSquare < 85.4, "49 degrees of freedom: above this once in a thousand")
        #expect(abs(Double(flipped) / Double(Self.count) - 0.5) < 0.015)
    }

    /// The share of values below each of torchvision's deciles, within four standard deviations.
    private func expectDeciles(
        _ values: [Double], _ deciles: [Double], location: SourceLocation = #_sourceLocation
    ) {
        for (index, decile) in deciles.enumerated() {
            let share = Double(index + 1) / 10
            // Values that are rounded to pixels pile up on a decile: half of them lie below it.
            let below = values.count { $0 < decile - 1e-9 }
            let upTo = values.count { $0 <= decile + 1e-9 }
            let deviation = (share * (1 - share) / Double(values.count)).squareRoot()
            #expect(
                Double(below) / Double(values.count) < share + 4 * deviation
                    && Double(upTo) / Double(values.count) > share - 4 * deviation,
                "decile \(index + 1): \(below) to \(upTo) of \(values.count)",
                sourceLocation: location)
        }
    }
}

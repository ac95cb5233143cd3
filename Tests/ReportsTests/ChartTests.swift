import Reports
import Testing

@Suite struct ChartTests {
    // MARK: Scales

    @Test(
        arguments: [
            ([0, 87.3], [0, 20, 40, 60, 80, 100]),
            ([0.31, 1.28], [0.2, 0.4, 0.6, 0.8, 1, 1.2, 1.4]),
            ([73.2, 84.1], [72.5, 75, 77.5, 80, 82.5, 85]), ([5, 5], [2, 3, 4, 5, 6, 7, 8]),
            ([0, 0], [0, 0.2, 0.4, 0.6, 0.8, 1]),
        ] as [([Double], [Double])])
    func ticksAreRound(values: [Double], expected: [Double]) {
        let ticks = Scale(covering: values).ticks
        #expect(ticks.count == expected.count, "\(ticks)")
        for (tick, value) in zip(ticks, expected) { #expect(abs(tick - value) < 1e-9, "\(ticks)") }
    }

    @Test func aScaleCoversWhatItHolds() {
        var sets: [[Double]] = [[-1e30, 1e30], [1e-30, 2e-30], [1e30, 1e30], [-3, -3], []]
        for index in 0..<200 {
            let low = Double(index * 7919 % 1000) / 7 - 60
            sets.append([low, low + Double(index * 104_729 % 977) / 13 + 0.001])
        }
        for values in sets {
            let scale = Scale(covering: values)
            #expect((2...12).contains(scale.ticks.count), "\(values): \(scale.ticks)")
            for value in values {
                #expect((-1e-6...1 + 1e-6).contains(scale.position(value)), "\(values): \(scale)")
            }
            for tick in scale.ticks {
                #expect((-1e-6...1 + 1e-6).contains(scale.position(tick)), "\(values): \(scale)")
            }
        }
    }

    @Test func epochsHaveWholeNumbers() {
        #expect(Scale(covering: [0, 3], ticks: 6, least: 1, expands: false).ticks == [0, 1, 2, 3])
        let long = Scale(covering: [1, 300], ticks: 6, least: 1, expands: false)
        #expect(long.ticks == [50, 100, 150, 200, 250, 300] && long.lower == 1)
        #expect(long.label(50) == "50")
    }

    @Test func powersOfTenAreForWideRangesAlone() throws {
        #expect(Scale(logarithmic: [0.1, 5]) == nil)
        #expect(Scale(logarithmic: [0, -1, .nan]) == nil)
        let scale = try #require(Scale(logarithmic: [0.02, 1e6, .infinity]))
        #expect(scale.lower == 0.01 && scale.upper == 1e6)
        #expect(abs(scale.position(100) - 0.5) < 1e-9 && scale.position(0) == 0)
        #expect(scale.ticks.map(scale.label).contains("0.01"))
    }

    @Test func labelsHaveTheDecimalsOfTheStep() {
        let scale = Scale(covering: [0, 0.9])
        #expect(scale.ticks.map(scale.label) == ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"])
        let large = Scale(covering: [0, 12_000])
        #expect(large.label(10_000) == "10,000")
    }

    // MARK: Points

    private let noise = (0..<10_000).map { Point(Double($0), Double(($0 * 7919) % 1000)) }

    @Test func manyPointsBecomeFew() {
        let means = noise.averaged(to: 500)
        #expect(means.count == 500 && means.map(\.y).allSatisfy { (300...700).contains($0) })
        var peaked = noise
        peaked[4321].y = 5000
        let kept = peaked.withExtremes(to: 500)
        #expect(kept.count <= 500 && kept.contains(Point(4321, 5000)))
        #expect(kept.first == noise.first && kept.last == noise.last)
        #expect(kept.map(\.x) == kept.map(\.x).sorted())
        let few = Array(noise.prefix(500))
        #expect(few.averaged(to: 500) == few && few.withExtremes(to: 500) == few)
    }

    @Test func fewExtremesDoNotPressTheRestFlat() {
        // The first epochs of a long run, and a spike.
        let values = (1...200).map { 0.4 + 0.1 * Double($0 % 7) / 7 } + [2.5, 1.9, 9e9]
        let (kept, isCut) = values.withoutRareExtremes
        #expect(isCut && kept.max() ?? 0 < 1 && kept.count == 200)
        // Half of a curve is no extreme, and a short curve is shown whole.
        let falling = (1...200).map { $0 < 100 ? 10 : 1.0 }
        #expect(!falling.withoutRareExtremes.isCut)
        #expect(!Array(values.suffix(20)).withoutRareExtremes.isCut)
        #expect(![Double](repeating: 1, count: 100).withoutRareExtremes.isCut)
    }

    @Test func whatIsNotANumberIsAGap() {
        let points = [Point(0, 1), Point(1, .nan), Point(2, 1e300), Point(3, 2), Point(4, 3)]
        #expect(path(points, x: { $0 }, y: { $0 }) == "M0 1M3 2L4 3")
        let all = [Point](repeating: Point(1, .nan), count: 1000)
        #expect(all.averaged(to: 10).count == 10 && all.withExtremes(to: 10).count <= 10)
    }

    // MARK: Drawings

    @Test func aChartNamesItsLines() {
        let points = (1...5).map { Point(Double($0), Double($0 * $0)) }
        let chart = LineChart(
            title: "A <title>", measure: "%",
            lines: [
                .init(name: "one", points: points, colour: 1),
                .init(name: "two", points: points, colour: 2),
                .init(name: "empty", points: [], colour: 3),
            ])
        let figure = chart.figure
        #expect(figure.contains("<title>A &lt;title&gt;</title>"))
        #expect(figure.components(separatedBy: "class=\"line ").count == 3)
        #expect(figure.components(separatedBy: "<circle").count == 11)
        #expect(figure.contains("one from 1.000 to 25.00"))
        // Both end at the same height, and their names do not lie on each other.
        let heights = figure.matches(of: /class="end t\d" x="100%" dx="8" y="([0-9.]+)"/)
            .compactMap { Double($0.1) }
        #expect(heights.count == 2 && abs(heights[0] - heights[1]) >= 14, "\(heights)")
        #expect(LineChart(title: "", measure: "", lines: []).figure.isEmpty)
    }

    @Test func whatDivergedIsACross() {
        let points = [Point(1, 0.5), Point(2, .nan), Point(3, 1e25)]
        let chart = LineChart(
            title: "Loss", measure: "", lines: [.init(name: "test", points: points, colour: 1)],
            mayBeLogarithmic: true)
        #expect(chart.figure.contains("epoch 2: not a finite number"))
        #expect(chart.figure.contains("10²⁵"))
    }

    @Test func aConfusionThatIsNotASquareOfCountsIsNone() {
        let two = ["a", "b"]
        #expect(ConfusionMap(two, [[1, 2], [3, 4]], atMost: 200) != nil)
        for counts in [[[1, 2]], [[1, 2], [3]], [[1, 2], [3, -4]], []] {
            #expect(ConfusionMap(two, counts, atMost: 200) == nil)
        }
        #expect(ConfusionMap([], [], atMost: 200) == nil)
        #expect(ConfusionMap(two, [[1, 2], [3, 4]], atMost: 1) == nil)
        let huge = ConfusionMap(two, [[.max, .max], [.max, .max]], atMost: 200)
        #expect(huge?.figure.contains("recognized") == true)
    }

    @Test func aBitmapIsWhatBrowsersRead() throws {
        let bitmap = Bitmap(
            width: 1, height: 2, pixels: [(1, 0, 0), (0, 0.5, 7)].map { (Float($0), $1, $2) })
        let uri = bitmap.dataURI
        #expect(uri.hasPrefix("data:image/bmp;base64,Qk0+AAAA"), "\(uri)")
    }
}

import FileFormats
import Foundation
import Reports
import Runs
import TestSupport
import Testing

@Suite struct RunReportTests {
    private let runs: TemporaryFolder

    init() throws { runs = try TemporaryFolder() }

    private static let limit = 2_000_000

    @Test func aWholeRunHasEveryPart() throws {
        let folder = try SampleRun(in: runs).folder
        try RunReport(folder).write()
        let html = String(decoding: try readFile(folder.reportFile), as: UTF8.self)
        for part in [
            "Curves", "Local loss by block", "Confusion", "Most frequent mistakes",
            "Worst pictures", "First-layer filters", "Training speed", "Learning rate",
            "Memory of the device", "Environment", "Configuration", "0123456789ab", "81.67 %",
            "completed", "LLS_SmallConv", "lls train --epochs 6", "2026-11-30 19:58 UTC",
            "data:image/jpeg;base64,/9j/", "data:image/bmp;base64,Qk", "32.9 MB",
        ] {
            #expect(html.contains(part), "\(part)")
        }
        Self.checkThatItAsksForNothing(html)
    }

    /// No script, no address, no style that names one.
    static func checkThatItAsksForNothing(_ html: String) {
        let lower = html.lowercased()
        for part in [
            "http:", "https:", "<script", "javascript:", "url(", "@import", "<link", "src=\"//",
        ] {
            #expect(!lower.contains(part), "\(part)")
        }
        let sources = html.matches(of: /(?:src|href)="([^"]{0,30})/)
        #expect(sources.allSatisfy { $0.1.hasPrefix("data:image/") || $0.1.hasPrefix("#") })
        // What is no attribute of ours is not there.
        #expect(html.firstMatch(of: /<[^>]*\son[a-z]+\s*=/) == nil)
        #expect(html.contains("default-src 'none'"))
    }

    @Test func anyFileMayBeMissing() throws {
        let folder = try SampleRun(in: runs).folder
        let paths = [
            folder.evaluationFile, folder.resultFile, folder.environmentFile, folder.metricsFile,
            folder.commandFile, folder.configurationFile,
        ]
        for path in paths {
            FileSystem.removeFile(path)
            let html = try RunReport(folder).html
            #expect(html.contains("</html>"), "\(path)")
            #expect(html.contains("cannot be read") == (path == folder.configurationFile))
        }
        FileSystem.removeAll(folder.path)
        #expect(throws: FileError.self) { try RunReport(folder) }
    }

    @Test func aRunUnderWayShowsItsSteps() throws {
        let folder = try SampleRun(in: runs, epochs: 1).folder
        let lines = String(decoding: try readFile(folder.metricsFile), as: UTF8.self)
            .split(separator: "\n").filter { $0.contains("\"steps\"") }
        try AtomicFile.write(
            (lines.joined(separator: "\n") + "\n").utf8, to: folder.metricsFile)
        FileSystem.removeFile(folder.resultFile)
        let lock = try RunLock(folder)
        let html = try RunReport(folder).html
        #expect(html.contains("running") && html.contains(">step</text>"))
        #expect(html.contains("class=\"line s2\"") && html.contains("conv_block1"))
        withExtendedLifetime(lock) {}
    }

    /// 1000 epochs, 17 blocks, 200 classes, and as many large pictures as there may be.
    @Test func alongRunHasLessThan2MB() throws {
        var evaluation = SampleRun.evaluation(classes: 200, pictures: 100)
        evaluation.confusion = (0..<200).map { row in
            (0..<200).map { (row * 31 + $0 * 17) % 13 }
        }
        let picture = SampleRun.jpeg(1, side: 240)
        for index in evaluation.worst.indices { evaluation.worst[index].picture = picture }
        evaluation.filters?.values = (0..<512).map { _ in
            [Float](repeating: 0.5, count: 11 * 11 * 3)
        }
        evaluation.filters?.height = 11
        evaluation.filters?.width = 11
        evaluation.filters?.channels = 3
        let folder = try SampleRun(
            in: runs, epochs: 1000, blocks: 17, steps: 10, evaluation: evaluation
        ).folder
        let start = ContinuousClock.now
        let html = try RunReport(folder).html
        let size = html.utf8.count
        #expect(size < Self.limit && size > 200_000, "\(size) bytes")
        #expect(ContinuousClock.now - start < .seconds(20))
        #expect(html.contains("conv_block17"))
        // Block 2 comes before block 10.
        let second = try #require(html.range(of: ">conv_block2<")).lowerBound
        let tenth = try #require(html.range(of: ">conv_block10<")).lowerBound
        #expect(second < tenth)
    }

    @Test func hostileFilesStayText() throws {
        let evil = "\"><script>alert(1)</script><img src=x onerror=alert(1)>'\u{202E}\u{0}"
        let long = String(repeating: evil, count: 5000)
        var configuration = RunConfiguration()
        configuration.model = "/tmp/" + evil
        configuration.rule = evil
        configuration.dataset = evil
        var evaluation = SampleRun.evaluation(classes: 10)
        for index in evaluation.classes.indices { evaluation.classes[index] = "\(index)" + long }
        for index in evaluation.mistakes.indices {
            evaluation.mistakes[index].class = long
            evaluation.mistakes[index].predicted = evil
            evaluation.mistakes[index].count = index == 0 ? .max : .min
        }
        for index in evaluation.worst.indices {
            evaluation.worst[index].class = long
            evaluation.worst[index].path = long
            evaluation.worst[index].classProbability = .nan
            evaluation.worst[index].probability = 1e300
            evaluation.worst[index].index = .min
            evaluation.worst[index].picture = index == 0 ? "/9j/\"onload=\"x" : evil
        }
        evaluation.epoch = .max
        evaluation.filters = .init(
            layer: long, height: .max, width: .max, channels: 0, values: [[.nan]])
        let folder = try SampleRun(
            in: runs, configuration: configuration, evaluation: evaluation
        ).folder
        try AtomicFile.write(
            """
            {"lls": "<b>", "date": ["x"], "backend": "<i onclick=x>", "planned_bytes": -5,
             "libraries": {"<u>": "</table>"}, "processors": 9223372036854775807}
            """.utf8, to: folder.environmentFile)
        var log = try AppendOnlyFile(folder.metricsFile)
        for (index, value) in [Double.nan, .infinity, 1e308, -1e308].enumerated() {
            try log.append(
                line: try JSONText.line(
                    MetricsRecord(
                        epoch: .max - index, step: .max, split: .train, loss: value, top1: value,
                        learningRate: value, imagesPerSecond: value, seconds: value,
                        peakBytes: .max,
                        blockLosses: Dictionary(
                            (0..<500).map { ("\(evil)\($0)", value) }
                        ) { $1 })))
        }
        try log.append(line: "{not a record")
        log = try AppendOnlyFile(folder.commandFile)
        try log.append(line: long)
        let html = try RunReport(folder).html
        Self.checkThatItAsksForNothing(html)
        #expect(html.utf8.count < Self.limit, "\(html.utf8.count)")
        #expect(html.contains("1 line cannot be read"))
        let tags = Set(html.matches(of: /<([a-zA-Z!][a-zA-Z0-9]*)/).map { String($0.1) })
        #expect(
            tags.isDisjoint(with: ["u", "b2", "iframe", "object", "embed", "form", "base"]),
            "\(tags)")
    }

    @Test(arguments: [
        "", "[]", "{}", "null", "{\"epoch\": \"x\"}",
        #"{"epoch":1,"classes":[],"mistakes":[],"worst":[]}"#,
        #"{"epoch":1,"classes":["a"],"confusion":[[1,2],[3]],"mistakes":[],"worst":[]}"#,
        #"{"epoch":1,"classes":["a"],"confusion":[[99999999999999999999]],"mistakes":[],"worst":[]}"#,
        #"{"epoch":1,"classes":["a"],"mistakes":[],"worst":[],"filters":{"layer":"","height":0,"width":0,"channels":0,"values":[]}}"#,
        #"{"epoch":1,"classes":["a"],"mistakes":[],"worst":[],"filters":{"layer":"","height":2,"width":2,"channels":1,"values":[[1,2,3]]}}"#,
    ])
    func anyEvaluationLeavesAPage(text: String) throws {
        let folder = try SampleRun(in: runs, epochs: 2, evaluation: nil).folder
        try AtomicFile.write(text.utf8, to: folder.evaluationFile)
        let html = try RunReport(folder).html
        #expect(html.contains("</html>") && html.contains("Curves"))
    }

    @Test func aComparisonLaysCurvesOverEachOther() throws {
        var second = RunConfiguration()
        second.rule = "LLS_MxM"
        let folders = [
            try SampleRun(in: runs).folder,
            try SampleRun(in: runs, configuration: second).folder,
        ]
        let report = try ComparisonReport(folders)
        #expect(report.differences.map(\.key) == ["rule"])
        let html = report.html
        RunReportTests.checkThatItAsksForNothing(html)
        #expect(html.contains("2 runs compared") && html.contains(">LLS_MxM</text>"))
        #expect(html.components(separatedBy: "class=\"line s2\"").count == 5)
        let many = try ComparisonReport(
            (0..<30).map { _ in try SampleRun(in: runs, epochs: 600, steps: 0).folder })
        #expect(many.html.utf8.count < Self.limit && many.html.contains("24 runs compared"))
    }
}

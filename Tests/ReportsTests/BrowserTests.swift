import FileFormats
import Foundation
import Images
import Reports
import Runs
import TestSupport
import Testing

/// Reports as a browser shows them.
@Suite(.serialized) struct BrowserTests {
    private let runs: TemporaryFolder
    private let browser: Browser

    init() throws {
        runs = try TemporaryFolder()
        browser = try Browser()
    }

    private func pages() throws -> [String] {
        var second = RunConfiguration()
        second.rule = "LLS_MxM"
        let run = try SampleRun(in: runs, blocks: 17).folder
        let other = try SampleRun(in: runs, configuration: second).folder
        let comparison = runs.path + "/comparison.html"
        try RunReport(run).write()
        try ComparisonReport([run, other]).write(to: comparison)
        return [run.reportFile, comparison]
    }

    @Test func everyPageIsDrawnInEveryWidthAndScheme() throws {
        for page in try pages() {
            for (width, isDark) in [(390, false), (390, true), (1280, false), (1280, true)] {
                let place = "\(page.lastPathPart), \(width), \(isDark ? "dark" : "light")"
                let picture = runs.path + "/picture.png"
                let answer = try browser.open(
                    page, width: width, isDark: isDark, ["--screenshot=\(picture)"])
                #expect(!answer.errors.contains("CONSOLE"), "\(place): \(answer.errors)")
                let pixels = try ImageDecoder().decode(file: picture)
                #expect(pixels.width == width, "\(place): \(pixels.width)")
                let bytes = pixels.bytes
                var colours: Set<Int> = []
                var sum = 0
                for start in stride(from: 0, to: bytes.count - 2, by: 3) {
                    let (red, green, blue) = (
                        Int(bytes[start]), Int(bytes[start + 1]), Int(bytes[start + 2])
                    )
                    colours.insert(red << 16 | green << 8 | blue)
                    sum += red + green + blue
                }
                #expect(colours.count > 200, "\(place): \(colours.count) colours")
                let mean = sum / bytes.count
                #expect(isDark ? mean < 90 : mean > 180, "\(place): mean \(mean)")
            }
        }
    }

    /// What the page's own policy forbids, a copy without it may do: measure itself.
    @Test func noPageIsWiderThanAPhone() throws {
        for page in try pages() {
            for width in [390, 1280] {
                let measured = try measure(page, width: width)
                #expect(measured["width"] == "\(width)", "\(measured)")
                #expect(measured["scroll"] == "\(width)", "\(page): \(measured)")
                // Nothing but what scrolls in a box of its own reaches over the edge.
                #expect(measured["over"] == "", "\(page), \(width): \(measured)")
                let lines = measured["lines"].flatMap { Int($0) } ?? 0
                #expect(lines >= 4, "\(measured)")
                let panels = measured["panels"].flatMap { Int($0) } ?? 0
                #expect(page.hasSuffix("comparison.html") || panels == 17, "\(measured)")
            }
        }
    }

    /// In a frame of this width, because no window is as narrow as a phone.
    private func measure(_ page: String, width: Int) throws -> [String: String] {
        let html = String(decoding: try readFile(page), as: UTF8.self)
        let script = """
            <script>
            const edge = document.documentElement.clientWidth;
            const shown = [...document.querySelectorAll('svg, figure, table, p, h1, dd, text, img')];
            const over = shown.filter(e => !e.closest('.scroll') && !e.closest('.store')
              && e.getBoundingClientRect().width > 0
              && e.getBoundingClientRect().right > edge + 1);
            const drawn = e => e.getBoundingClientRect().width > 20;
            const count = what => [...document.querySelectorAll(what)].filter(drawn).length;
            Object.assign(parent.document.body.dataset, {
              width: innerWidth, scroll: document.documentElement.scrollWidth,
              over: over.map(e => e.tagName + ' ' + e.textContent.slice(0, 20)),
              lines: count('path.line'), panels: count('use.own') });
            </script></body>
            """
        let copy = html.replacing(/<meta http-equiv[^>]*>/, with: "")
            .replacing("</body>", with: script)
            .replacing("&", with: "&amp;").replacing("\"", with: "&quot;")
        let frame =
            "<!DOCTYPE html><body><iframe style=\"width:\(width)px;height:900px;border:0\" "
            + "srcdoc=\"\(copy)\"></iframe></body>"
        let path = runs.path + "/measured.html"
        try AtomicFile.write(frame.utf8, to: path)
        let dom = try browser.open(path, width: 1400, ["--dump-dom"]).output
        let tag = dom.firstMatch(of: /<body[^>]*>/)?.0 ?? ""
        return Dictionary(
            tag.matches(of: /data-([a-z]+)="([^"]*)"/).map { (String($0.1), String($0.2)) }
        ) { first, _ in first }
    }

    /// The browser asks its maker for news; whatever else it asks for, the page has asked for.
    @Test func noPageAsksForAnything() throws {
        for page in try pages() {
            let asked = try requests(of: page)
            #expect(asked.isEmpty, "\(asked)")
        }
        // What a page does ask for is seen.
        let control = runs.path + "/control.html"
        try AtomicFile.write(
            "<!DOCTYPE html><img src=\"http://picture.example/x.png\">".utf8, to: control)
        #expect(try requests(of: control).contains { $0.contains("picture.example") })
    }

    private func requests(of page: String) throws -> Set<String> {
        let log = runs.path + "/net.json"
        FileSystem.removeFile(log)
        _ = try browser.open(
            page, width: 390, ["--log-net-log=\(log)", "--screenshot=\(runs.path)/log.png"])
        let text = String(decoding: try readFile(log), as: UTF8.self)
        #expect(text.contains("URL_REQUEST"), "there is no log")
        let hosts = text.matches(of: /"url":"[a-z]+:\/\/([^\/"?:]*)/).map { String($0.1) }
        let own = ["google.com", "googleapis.com", "gvt1.com", "gstatic.com"]
        return Set(
            hosts.filter { host in
                !host.isEmpty && !own.contains { host == $0 || host.hasSuffix("." + $0) }
            })
    }
}

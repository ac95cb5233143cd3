import Runs

/// What an evaluation saw besides its accuracy.
struct MistakeSections {
    let evaluation: RunEvaluation

    private static let mostMistakes = 12
    private static let mostPictures = 32
    /// Characters of one picture's base64, and of all.
    private static let largestPicture = 60_000
    private static let largestPictures = 700_000

    /// The map and, beside a small one if the page is wide enough, the mistakes it shows.
    var html: String {
        let (confusion, mistakes) = (confusion, mistakes)
        guard !confusion.isEmpty || !mistakes.isEmpty else { return "" }
        let kind = evaluation.classes.count > 12 ? "stacked" : "beside"
        return "<div class=\"\(kind)\"><div>\(confusion)</div><div>\(mistakes)</div></div>\n"
    }

    private var confusion: String {
        guard let counts = evaluation.confusion,
            let map = ConfusionMap(
                evaluation.classes, counts, atMost: RunEvaluation.mostConfusionClasses)
        else { return "" }
        let heading = """
            <p class="aside">Of the test images after epoch \(Figures.whole(evaluation.epoch)). A row \
            holds the images of a class, a column those that were taken for one.</p>

            """
        return heading + map.figure
    }

    private var mistakes: String {
        let shown = evaluation.mistakes.filter { $0.count > 0 }.prefix(Self.mostMistakes)
        guard let most = shown.map(\.count).max() else { return "" }
        let rows = shown.map { mistake in
            let length = coordinate(100 * Double(mistake.count) / Double(most))
            return "<tr><td>\(mistake.class.escaped(atMost: 60))</td>"
                + "<td>\(mistake.predicted.escaped(atMost: 60))</td>"
                + "<td class=\"number\">\(Figures.whole(mistake.count))</td>"
                + "<td class=\"bar\"><i style=\"width:\(length)%\"></i></td></tr>\n"
        }
        return """
            <h3>Most frequent mistakes</h3>
            <div class="scroll"><table class="mistakes"><thead><tr><th>class</th>\
            <th>taken for</th><th class="number">images</th><td></td></tr></thead><tbody>
            \(rows.joined())</tbody></table></div>

            """
    }

    var worst: String {
        var room = Self.largestPictures
        let figures = evaluation.worst.prefix(Self.mostPictures).map { sample in
            let (label, guess) = (
                sample.class.escaped(atMost: 40), sample.predicted.escaped(atMost: 40)
            )
            var picture = "<div class=\"missing\">no picture</div>"
            if let text = sample.picture, Self.isJPEG(text), text.utf8.count <= room {
                room -= text.utf8.count
                picture =
                    "<img src=\"data:image/jpeg;base64,\(text)\" loading=\"lazy\" "
                    + "alt=\"\(label), taken for \(guess)\">"
            }
            return """
                <figure>\(picture)<figcaption><b>\(label)</b> \
                <span>\(chance(sample.classProbability))</span><br>\
                → <b>\(guess)</b> <span>\(chance(sample.probability))</span>\
                <small>\(place(sample))</small></figcaption></figure>

                """
        }
        guard !figures.isEmpty else { return "" }
        return """
            <p class="aside">The test images with the greatest loss after epoch \
            \(Figures.whole(evaluation.epoch)): their class → the predicted one, and how likely the \
            network finds each.</p>
            <div class="worst">
            \(figures.joined())</div>

            """
    }

    private func chance(_ probability: Double) -> String {
        guard (0...1).contains(probability) else { return "" }
        return Figures.fixed(100 * probability, probability < 0.1 ? 1 : 0) + "\u{A0}%"
    }

    private func place(_ sample: RunEvaluation.Sample) -> String {
        sample.path == String(sample.index)
            ? "image \(Figures.whole(sample.index))" : sample.path.escaped(atMost: 80)
    }

    /// Whether the text is the base64 of something that begins as a JPEG does.
    private static func isJPEG(_ text: String) -> Bool {
        guard text.utf8.count <= largestPicture, text.utf8.count % 4 == 0, text.hasPrefix("/9j/")
        else { return false }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"),
                UInt8(ascii: "="):
                true
            default: false
            }
        }
    }
}

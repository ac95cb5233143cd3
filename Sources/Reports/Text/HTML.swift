import FileFormats

extension String {
    /// This text in HTML, between tags and between quotes of an attribute: whatever a file says, it stays text.
    ///
    /// Characters that a browser would obey or hide are written out, and of a very long text the middle is left
    /// out, so that no name can fill a page.
    package func escaped(atMost limit: Int = 160) -> String {
        var result = ""
        for scalar in clipped(to: limit).withoutControls.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// With an ellipsis for its middle if it has more scalars than this.
    package func clipped(to limit: Int) -> String {
        // Counting bytes first spares counting the scalars of most texts.
        guard utf8.count > limit, unicodeScalars.count > limit, limit > 1 else { return self }
        let tail = (limit - 1) / 2
        return String(unicodeScalars.prefix(limit - 1 - tail)) + "…"
            + String(unicodeScalars.suffix(tail))
    }
}

/// Rows of names and values; rows without a value are left out.
func definitions(_ rows: [(String, String?)], atMost limit: Int = 400) -> String {
    let lines = rows.compactMap { name, value in
        value.map {
            "<div><dt>\(name.escaped())</dt><dd>\($0.escaped(atMost: limit))</dd></div>"
        }
    }
    return lines.isEmpty ? "" : "<dl class=\"facts\">\(lines.joined(separator: "\n"))</dl>\n"
}

/// A part of the page under a heading; nothing if it has no contents.
func section(_ title: String, id: String, _ contents: String) -> String {
    guard !contents.isEmpty else { return "" }
    return """
        <section aria-labelledby="\(id)">
        <h2 id="\(id)">\(title.escaped())</h2>
        \(contents)</section>

        """
}

/// A whole page that asks nothing of any network, runs no script, and says so to the browser.
func page(title: String, body: String) -> String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta http-equiv="Content-Security-Policy" \
    content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
    <meta name="color-scheme" content="light dark">
    <title>\(title.escaped())</title>
    <style>
    \(styleSheet)
    </style>
    </head>
    <body>
    \(body)</body>
    </html>

    """
}

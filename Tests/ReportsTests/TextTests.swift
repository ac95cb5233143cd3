import Reports
import Testing

@Suite struct TextTests {
    @Test func whatAFileSaysStaysText() {
        let hostile = "<script>alert('1')</script> & \"x\" onload=y"
        #expect(
            hostile.escaped()
                == "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &amp; &quot;x&quot; onload=y")
        // Controls, a carried byte and one that turns the direction of writing.
        let text = "a\u{0}b\u{1B}[2Kc\u{10F7FF}d\u{202E}e"
        #expect(text.escaped() == "a\\x00b\\x1b[2Kc\\xffd\\xe2\\x80\\xaee")
    }

    @Test func longTextLosesItsMiddle() {
        let text = String(repeating: "a", count: 50) + String(repeating: "b", count: 50)
        #expect(text.clipped(to: 9) == "aaaa…bbbb")
        #expect(text.clipped(to: 100) == text)
        // One letter of a million accents is cut, too.
        let accents = "e" + String(repeating: "\u{301}", count: 100_000)
        #expect(accents.escaped(atMost: 40).unicodeScalars.count == 40)
    }

    @Test(
        arguments: [
            (0, "0"), (0.42613, "0.4261"), (1.88612, "1.886"), (84.3, "84.30"), (1234.5, "1,234"),
            (-0.00001, "−1.00·10⁻⁵"), (1.5e30, "1.50·10³⁰"), (.nan, "NaN"), (-.infinity, "−∞"),
        ] as [(Double, String)])
    func numbersHaveAboutFourDigits(value: Double, text: String) {
        #expect(Figures.short(value) == text)
    }

    @Test func numbersForPeople() {
        #expect(Figures.fixed(1_234_567.891, 2) == "1,234,567.89")
        #expect(Figures.fixed(-0.001, 2) == "0.00")
        #expect(Figures.whole(-1234) == "-1,234" && Figures.whole(123) == "123")
        #expect(Figures.bytes(999) == "999 B" && Figures.bytes(32_852_672) == "32.9 MB")
        #expect(Figures.bytes(999_999) == "1.0 MB" && Figures.bytes(.max) == "9,223 PB")
        #expect(Figures.duration(5.25) == "5.2 s" && Figures.duration(92) == "1 min 32 s")
        #expect(Figures.duration(12_000) == "3 h 20 min" && Figures.duration(.nan) == "unknown")
        #expect(Figures.moment("2026-11-30T20:13:59Z") == "2026-11-30 20:13 UTC")
        #expect(Figures.moment("yesterday") == "yesterday")
        #expect(Figures.compact(2_500_000) == "2.5M" && Figures.compact(0.01) == "0.01")
        #expect(Figures.compact(1e-6) == "10⁻⁶")
    }

    @Test func coordinatesHaveOneDecimalAtMost() {
        #expect(coordinate(12.345) == "12.3" && coordinate(-0.04) == "0" && coordinate(-7) == "-7")
        #expect(coordinate(.nan) == "0" && coordinate(.infinity) == "1000000")
        #expect(share(0.125) == "12.5%" && share(1) == "100%" && share(.nan) == "0%")
    }
}

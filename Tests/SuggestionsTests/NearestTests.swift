import Suggestions
import Testing

@Suite struct NearestTests {
    private let rules = ["LLS", "LLS_M", "LLS_MxM", "LLS_MxM_Random", "LocalLosses", "DFA", "BP"]

    @Test(arguments: [
        ("lls-mxn", "LLS_MxM"), ("local-loses", "LocalLosses"), ("llsmxmrandm", "LLS_MxM_Random"),
        ("dfaa", "DFA"), ("Locallossse", "LocalLosses"), ("LSL_MxM", "LLS_MxM"),
    ])
    func findsWhatWasMeant(typed: String, meant: String) {
        #expect(nearest(to: typed, among: rules) == meant)
    }

    @Test(arguments: [
        "", "backpropagation", "zzz", "an-even-longer-name-that-nobody-could-have-meant",
    ])
    func saysNothingWhenNothingIsNear(typed: String) {
        #expect(nearest(to: typed, among: rules) == nil)
    }
}

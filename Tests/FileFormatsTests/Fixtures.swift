import Foundation

let fixtures = Bundle.module.bundlePath + "/Fixtures"

func fixture(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: fixtures + "/" + name)))
}

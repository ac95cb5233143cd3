import Foundation

func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

import FileFormats

func text(_ path: String) throws -> String { String(decoding: try readFile(path), as: UTF8.self) }

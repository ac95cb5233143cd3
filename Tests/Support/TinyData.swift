import Foundation

/// A small data set in Fashion-MNIST's own format and file names.
public enum TinyData {
    /// Writes `train` and `test` images whose stripes tell their class by their width, which no
    /// crop or flip changes.
    public static func write(
        to folder: URL, train: Int = 256, test: Int = 64,
        change: (inout [String: Data]) -> Void = { _ in }
    ) throws {
        var files = [
            "train-images-idx3-ubyte": images(train), "train-labels-idx1-ubyte": labels(train),
            "t10k-images-idx3-ubyte": images(test), "t10k-labels-idx1-ubyte": labels(test),
        ]
        change(&files)
        for (name, data) in files { try data.write(to: folder.appending(path: name)) }
    }

    public static func images(_ count: Int) -> Data {
        var data = header(0x0803, [count, 28, 28])
        for image in 0..<count {
            for pixel in 0..<784 {
                let period = image % 10 + 2
                let stripe = (pixel / 28) % period < period / 2 ? 200 : 20
                data.append(UInt8((stripe + (image * 31 + pixel * 7) % 40) & 255))
            }
        }
        return data
    }

    public static func labels(_ count: Int) -> Data {
        header(0x0801, [count]) + Data((0..<count).map { UInt8($0 % 10) })
    }

    private static func header(_ magic: Int, _ extents: [Int]) -> Data {
        Data(
            ([magic] + extents).flatMap { value in
                [24, 16, 8, 0].map { UInt8((value >> $0) & 255) }
            })
    }
}

import Randomness
import Tensors

/// Values by name: `operands.input` is the one that is called "input".
@dynamicMemberLookup
struct NamedOperands<Value> {
    var values: [String: Value]

    subscript(dynamicMember name: String) -> Value { self[name] }

    subscript(name: String) -> Value {
        guard let value = values[name] else {
            preconditionFailure("no operand is named \(name), only \(values.keys.sorted())")
        }
        return value
    }
}

/// A tensor that a case hands to its operation.
struct Operand {
    enum Role {
        /// Read only: must come back bit for bit.
        case source
        /// Compared with the reference.
        case result
        /// The operation's own business.
        case workspace
    }

    enum Content {
        case uniform(ClosedRange<Float>)
        /// Whole numbers from −n to n.
        case whole(Int)
        case floats([Float])
        case integers([Int32])
        /// NaN, which no result may keep.
        case undefined
    }

    let name: String
    let shape: Shape
    let role: Role
    let content: Content

    var elementType: ElementType {
        if case .integers = content { .int32 } else { .float32 }
    }

    /// The elements as bits, of the stream `key` if they are random.
    func bits(key: String) -> [UInt32] {
        switch content {
        case .uniform(let range):
            let random = RandomSource(seed: 0, stream: "\(key) \(name)")
            let width = range.upperBound - range.lowerBound
            return random.uniforms(shape.count).map { (range.lowerBound + width * $0).bitPattern }
        case .whole(let bound):
            // The high bits of a counted hash: a million of them should take no time to speak of.
            let random = RandomSource(seed: 0, stream: "\(key) \(name)")
            let width = UInt64(2 * bound + 1)
            return (0..<shape.count).map { index in
                let number = Int((random.bits(index) >> 32) * width >> 32) - bound
                return Float(number).bitPattern
            }
        case .floats(let values): return values.map(\.bitPattern)
        case .integers(let values): return values.map { UInt32(bitPattern: $0) }
        case .undefined: return .init(repeating: Float.nan.bitPattern, count: shape.count)
        }
    }

    /// The number that `bits` mean.
    func number(_ bits: UInt32) -> Double {
        elementType == .int32 ? Double(Int32(bitPattern: bits)) : Double(Float(bitPattern: bits))
    }
}

extension Operand {
    static func source(
        _ name: String, _ shape: Shape, in range: ClosedRange<Float> = -1...1
    ) -> Operand { Operand(name: name, shape: shape, role: .source, content: .uniform(range)) }

    static func source(_ name: String, _ shape: Shape, whole bound: Int) -> Operand {
        Operand(name: name, shape: shape, role: .source, content: .whole(bound))
    }

    static func source(_ name: String, _ shape: Shape, _ values: [Float]) -> Operand {
        Operand(name: name, shape: shape, role: .source, content: .floats(values))
    }

    static func source(_ name: String, integers values: [Int32]) -> Operand {
        Operand(name: name, shape: [values.count], role: .source, content: .integers(values))
    }

    /// A destination.
    static func result(_ name: String, _ shape: Shape) -> Operand {
        Operand(name: name, shape: shape, role: .result, content: .undefined)
    }

    /// A tensor that is read and then overwritten.
    static func updated(
        _ name: String, _ shape: Shape, in range: ClosedRange<Float> = -1...1
    ) -> Operand { Operand(name: name, shape: shape, role: .result, content: .uniform(range)) }

    static func updated(_ name: String, _ shape: Shape, _ values: [Float]) -> Operand {
        Operand(name: name, shape: shape, role: .result, content: .floats(values))
    }

    static func updated(_ name: String, integers values: [Int32]) -> Operand {
        Operand(name: name, shape: [values.count], role: .result, content: .integers(values))
    }

    static func workspace(_ name: String, _ shape: Shape) -> Operand {
        Operand(name: name, shape: shape, role: .workspace, content: .undefined)
    }

    /// `count` labels below `classes`.
    static func labels(_ count: Int, below classes: Int) -> Operand {
        let random = RandomSource(seed: 0, stream: "labels below \(classes)")
        return .source(
            "labels",
            integers: (0..<count).map { Int32(random.integer(below: classes, $0)) })
    }
}

import Foundation

// Short forms of the generated messages.

extension AttributeProto {
    static func int(_ name: String, _ value: Int) -> AttributeProto {
        .with { ($0.name, $0.type, $0.i) = (name, .int, Int64(value)) }
    }

    static func ints(_ name: String, _ values: [Int]) -> AttributeProto {
        .with { ($0.name, $0.type, $0.ints) = (name, .ints, values.map(Int64.init)) }
    }

    static func float(_ name: String, _ value: Float) -> AttributeProto {
        .with { ($0.name, $0.type, $0.f) = (name, .float, value) }
    }
}

extension TensorProto {
    static func floats(_ values: [Float], _ shape: [Int], _ name: String) -> TensorProto {
        .with {
            $0.name = name
            $0.dims = shape.map(Int64.init)
            $0.dataType = Int32(DataType.float.rawValue)
            $0.rawData = values.map(\.bitPattern.littleEndian).withUnsafeBytes { Data($0) }
        }
    }
}

extension ValueInfoProto {
    /// A tensor `[batch, …]`, for any batch.
    static func value(
        _ name: String, _ type: TensorProto.DataType, _ shape: [Int], _ text: String
    ) -> ValueInfoProto {
        .with {
            $0.name = name
            $0.docString = text
            $0.type.tensorType.elemType = Int32(type.rawValue)
            $0.type.tensorType.shape.dim =
                [.with { $0.dimParam = "batch" }]
                + shape.map { extent in .with { $0.dimValue = Int64(extent) } }
        }
    }
}

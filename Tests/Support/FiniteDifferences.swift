import Randomness
import ReferenceBackend
import Tensors

/// The largest deviation of an analytic gradient from central differences, relative to the larger
/// of the gradient's largest element and 1e-6: it makes a gradient of zeros comparable too.
///
/// - Parameters:
///   - values: where the gradient is taken.
///   - step: the change of one value at a time. In Double, 1e-5 leaves differences of about 1e-10.
///   - loss: the function, of all values.
public func gradientDeviation(
    _ gradient: [Double], at values: [Double], step: Double = 1e-5,
    of loss: ([Double]) throws -> Double
) rethrows -> Double {
    precondition(gradient.count == values.count, "a gradient of other values")
    var deviation = 0.0
    for index in values.indices {
        var (above, below) = (values, values)
        above[index] += step
        below[index] -= step
        let difference = (try loss(above) - loss(below)) / (2 * step)
        let error = abs(gradient[index] - difference)
        deviation = error > deviation || error.isNaN ? error : deviation
        if deviation.isNaN { return .nan }
    }
    return deviation / gradient.reduce(1e-6) { max($0, abs($1)) }
}

extension ReferenceBackend {
    /// A float tensor of unrounded values.
    public func makeTensor(_ shape: Shape, doubles values: [Double]) throws -> Tensor {
        let tensor = try makeTensor(shape)
        uploadDoubles(values, to: tensor)
        return tensor
    }
}

/// `count` values in [−1, 1), by name.
public func randomValues(_ name: String, _ count: Int) -> [Double] {
    let source = RandomSource(seed: 11, stream: name)
    return source.uniforms(count).map { 2 * Double($0) - 1 }
}

/// `Σ weights · values`: a scalar of which the weights are the gradient.
public func weighted(_ values: [Double], by weights: [Double]) -> Double {
    zip(values, weights).reduce(0) { $0 + $1.0 * $1.1 }
}

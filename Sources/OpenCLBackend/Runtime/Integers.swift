import Tensors

extension Int {
    /// The smallest multiple of `multiple` that is no smaller.
    func roundedUp(to multiple: Int) -> Int { ceilingDivision(self, multiple) * multiple }

    /// The number of `range` that is nearest.
    func clamped(to range: ClosedRange<Int>) -> Int {
        Swift.min(Swift.max(self, range.lowerBound), range.upperBound)
    }

    /// The largest power of two that is no larger.
    var floorPowerOfTwo: Int { 1 << (Int.bitWidth - 1 - Swift.max(self, 1).leadingZeroBitCount) }

    /// The smallest power of two that is no smaller.
    var ceilingPowerOfTwo: Int { self <= 1 ? 1 : 2 * (self - 1).floorPowerOfTwo }
}

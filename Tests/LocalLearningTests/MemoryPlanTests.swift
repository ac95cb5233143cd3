import LocalLearning
import Randomness
import Testing

struct MemoryPlanTests {
    @Test func tensorsThatNeverMeetShareMemory() {
        var plan = MemoryPlan()
        _ = plan.reserve(100, during: 0...1)
        _ = plan.reserve(100, during: 2...3)
        #expect(plan.layout(alignment: 16).total == 100)
    }

    @Test func aChainNeedsItsTwoLargestNeighbours() {
        var plan = MemoryPlan()
        for moment in 0..<10 { _ = plan.reserve(64, during: moment...(moment + 1)) }
        #expect(plan.layout(alignment: 64).total == 128)
    }

    @Test func nothingThatIsNeededAtOnceOverlaps() {
        for seed in 0..<50 as Range<UInt64> {
            let source = RandomSource(seed: seed, stream: "plan")
            var plan = MemoryPlan()
            var requests: [(count: Int, life: ClosedRange<Int>)] = []
            for index in 0..<40 {
                let count = 1 + source.integer(below: 500, 3 * index)
                let start = source.integer(below: 20, 3 * index + 1)
                let life = start...(start + source.integer(below: 6, 3 * index + 2))
                requests.append((count, life))
                _ = plan.reserve(count, during: life)
            }
            let (offsets, total) = plan.layout(alignment: 32)
            for (index, request) in requests.enumerated() {
                #expect(offsets[index] % 32 == 0)
                #expect(offsets[index] + request.count <= total)
                for other in 0..<index where requests[other].life.overlaps(request.life) {
                    let (a, b) = (offsets[index], offsets[other])
                    #expect(a + request.count <= b || b + requests[other].count <= a)
                }
            }
        }
    }
}

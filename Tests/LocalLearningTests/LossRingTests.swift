import LocalLearning
import ReferenceBackend
import Testing

/// Losses that wait on the device.
struct LossBufferTests {
    @Test(arguments: [1, 3, 64, 65, 200, Int.max])
    func everyLossComesBackInOrder(capacity: Int) throws {
        let backend = ReferenceBackend()
        let ring = try LossBuffer(capacity: capacity, losses: 3, on: backend)
        // The device holds 64 steps at most.
        #expect(backend.memoryUse.current <= 8 * 3 * 64)
        for _ in 0..<2 {
            let steps = min(capacity, 150)
            for step in 0..<steps {
                #expect(!ring.isFull)
                for (loss, slot) in try ring.next().enumerated() {
                    try backend.fill(slot, with: Float(10 * step + loss))
                }
            }
            #expect(ring.isFull == (steps == capacity))
            let losses = try ring.drain()
            #expect(losses == (0..<steps).map { step in (0..<3).map { Float(10 * step + $0) } })
            #expect(try ring.drain().isEmpty)
        }
    }

    /// A loss is added to its slot, so a slot that is used again must hold 0.
    @Test func slotsAreCleared() throws {
        let backend = ReferenceBackend()
        let ring = try LossBuffer(capacity: 1000, losses: 1, on: backend)
        for _ in 0..<64 { try backend.fill(ring.next()[0], with: 5) }
        #expect(try backend.read(ring.next()[0]) == [0])
    }
}

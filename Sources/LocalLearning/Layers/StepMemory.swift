import Tensors

/// What a rule needs to remember of a step, and for how long.
public enum Retention: Sendable {
    /// A block is trained as soon as it has run, and everything but its output is forgotten.
    case block
    /// Blocks are trained after the whole forward pass, each from a signal of its own.
    case network
    /// Blocks are trained after the whole forward pass, last first, from each other's gradients.
    case chain
}

/// The tensors of one step, in one allocation, planned once for the largest batch.
///
/// Time is counted in moments: unit i runs at moment i, the classifier at moment `units`, and where
/// the rule goes back, unit i is trained at moment `2 · units − i`.
struct StepMemory {
    let images, logits: Tensor
    /// Of each unit.
    let outputs: [Tensor]
    /// With respect to each unit's output; empty unless the rule goes back.
    let gradients: [Tensor]
    /// Of each unit that is a block, for as long as its training needs it.
    let workspaces: [[Tensor]]
    /// Of each unit that is a block, where a local loss looks at it.
    let pools: [PoolMemory?]
    let byteCount: Int

    struct PoolMemory {
        let pooled, pooledGradient, windowSums: Tensor
    }

    init(
        _ units: [Network.Unit], input: Shape, classes: Int, batch: Int, retention: Retention,
        on backend: any Backend
    ) throws {
        var planner = Planner(batch: batch)
        let end = units.count
        func backward(_ unit: Int) -> Int { 2 * end - unit }
        /// The last moment at which unit `index` reads its input.
        func lastRead(_ index: Int) -> Int {
            guard retention != .block, index < end, units[index].keepsInput else { return index }
            return backward(index)
        }

        let imageSlot = planner.reserve(input, 0...lastRead(0))
        var outputSlots: [Int] = []
        var gradientSlots: [Int] = []
        var workspaceSlots: [[Int]] = []
        var poolSlots: [(pooled: Int, gradient: Int, sums: Int)?] = []
        for (index, unit) in units.enumerated() {
            // Dropout works in place.
            if case .dropout = unit, let previous = outputSlots.last {
                outputSlots.append(previous)
                planner.extend(previous, to: lastRead(index + 1))
            } else {
                outputSlots.append(planner.reserve(unit.outputShape, index...lastRead(index + 1)))
            }
            switch retention {
            case .block: break
            case .network:
                gradientSlots.append(
                    planner.reserve(unit.outputShape, backward(index)...backward(index)))
            case .chain:
                if case .dropout = unit, let previous = gradientSlots.last {
                    gradientSlots.append(previous)
                    planner.extend(previous, to: backward(index + 1))
                } else {
                    gradientSlots.append(
                        planner.reserve(unit.outputShape, backward(index + 1)...backward(index)))
                }
            }
            guard case .block(let block, let head) = unit else {
                workspaceSlots.append([])
                poolSlots.append(nil)
                continue
            }
            let life = index...(retention == .block ? index : backward(index))
            workspaceSlots.append(block.workspaceShapes.map { planner.reserve($0, life) })
            let features: Shape = [block.pooledFeatures]
            poolSlots.append(
                head is any LocalHead
                    ? (
                        planner.reserve(features, index...index),
                        planner.reserve(features, index...index),
                        planner.reserve([2 * features.count], index...index)
                    ) : nil)
        }
        let logitSlot = planner.reserve([classes], end...(retention == .block ? end : 2 * end))

        let (tensors, arena) = try planner.allocate(on: backend)
        byteCount = arena.byteCount
        images = tensors[imageSlot]
        logits = tensors[logitSlot]
        outputs = outputSlots.map { tensors[$0] }
        gradients = gradientSlots.map { tensors[$0] }
        workspaces = workspaceSlots.map { $0.map { tensors[$0] } }
        pools = poolSlots.map { slots in
            slots.map {
                PoolMemory(
                    pooled: tensors[$0.pooled], pooledGradient: tensors[$0.gradient],
                    windowSums: tensors[$0.sums])
            }
        }
    }

    /// Shapes of one sample on their way to tensors of a batch.
    private struct Planner {
        let batch: Int
        var plan = MemoryPlan()
        var shapes: [Shape] = []

        init(batch: Int) { self.batch = batch }

        mutating func reserve(_ shape: Shape, _ life: ClosedRange<Int>) -> Int {
            shapes.append(Shape([batch] + shape.dimensions))
            return plan.reserve(batch.saturatingMultiplied(by: shape.count), during: life)
        }

        mutating func extend(_ slot: Int, to moment: Int) { plan.extend(slot, to: moment) }

        func allocate(on backend: any Backend) throws -> (tensors: [Tensor], arena: Tensor) {
            let (offsets, total) = plan.layout(alignment: backend.sliceAlignment)
            let arena = try backend.makeTensor([total])
            return (try zip(offsets, shapes).map { try backend.slice(arena, at: $0, $1) }, arena)
        }
    }
}

import ReferenceBackend
import Tensors

/// The reference behind a wall of forwarding: override one operation to break it.
open class BreakableBackend: ForwardingBackend {
    public let reference: ReferenceBackend

    public init() {
        reference = ReferenceBackend()
        super.init(reference)
    }
}

import LinearAlgebra
import Synchronization

/// Memory for changed entries that one module after another uses. May be used from several threads at once.
final class EntryMemories: Sendable {
    private let free = Mutex<[EntryMemory]>([])

    /// To be given back when the module is done.
    func take() -> EntryMemory { free.withLock { $0.popLast() } ?? EntryMemory() }

    func giveBack(_ memory: EntryMemory) { free.withLock { $0.append(memory) } }
}

import Checkpoints
import TrajectoryStore
import Vocabulary

/// Which tensors a run's adapters hold whole (`modules_to_save`, biases), kept in the store: predictions may be written when
/// the checkpoints are gone, and an adapter without these would be another model than the one that was trained.
struct WholeTensors: Sendable {
    private static let key = "adapter_whole_tensors"

    let store: TrajectoryDatabase

    func note(_ placed: PlacedAdapter) throws {
        let names = placed.wholes.keys.sorted().map(\.text).joined(separator: "\n")
        guard try store.note(Self.key) ?? "" != names else { return }
        try store.setNote(Self.key, to: names.isEmpty ? nil : names)
    }

    /// Why the run cannot be predicted as an adapter; nil where it can.
    func objection() throws -> String? {
        guard let names = try store.note(Self.key)?.split(separator: "\n"), let first = names.first else { return nil }
        let more = names.count > 1 ? " and \(names.count - 1) more" : ""
        return
            "the run's adapters hold whole tensors beside their matrices (modules_to_save or bias: \(first)\(more)), which "
            + "servers take from no adapter; ask for the full form (emit.formats = [\"full\"])"
    }
}

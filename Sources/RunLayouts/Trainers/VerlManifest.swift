import Checkpoints
import Files
import Vocabulary

/// `actor/ckpt_contents.json`, with which verl's Megatron engine ends every save from 0.9 on: written under another name,
/// flushed, renamed. It holds for its own step, so that it counts for more than the run's tracker. Source: verl 0.9.1
/// `utils/checkpoint/megatron_checkpoint_manager.py`.
enum VerlManifest {
    static let name = "ckpt_contents.json"
    private static let largest = 1 << 20

    /// The judgement of a folder of that engine; nil for one of the others.
    static func judge(_ folder: CandidateFolder) throws(Obstacle) -> CheckpointCompleteness? {
        let actor = FileTree.join(folder.candidate.root, "actor")
        let names = try folder.names(in: actor)
        guard names.contains("model") || names.contains(name) else { return nil }
        guard let manifest = try folder.read(name, in: actor, limit: largest) else {
            return .incomplete(reason: "actor/\(name), which verl's Megatron engine writes last, is not there")
        }
        guard let step = step(in: manifest.content ?? []) else {
            return .incomplete(reason: "actor/\(name) has no global_step that can be read")
        }
        guard step == folder.candidate.step else {
            return .incomplete(reason: "actor/\(name) is of step \(step), the folder of step \(folder.candidate.step)")
        }
        guard try folder.names(in: folder.candidate.directory).contains(where: WeightPlaces.isWeights) else {
            return .unusable(
                reason: "actor/model has no weights in Hugging Face form, only Megatron's own; set "
                    + "actor_rollout_ref.actor.megatron.use_dist_checkpointing=False, or add 'hf_model' to "
                    + "actor_rollout_ref.actor.checkpoint.save_contents")
        }
        let time = manifest.identity.modificationTimeNanoseconds
        let weights = try folder.weights(saveHasEnded: true, endedAt: time)
        guard time < weights.newestModification else { return .complete(weights, .marked) }
        return .complete(
            weights,
            .doubtful(reason: "weights are newer than actor/\(name): copied, or an old checkpoint written again"))
    }

    private static func step(in json: [UInt8]) -> TrainingStep? {
        var rows = LogRowReader()
        guard var scanner = try? JSONScanner(json, dialect: .python), let row = try? rows.row(&scanner, in: json),
            (try? scanner.end()) != nil
        else { return nil }
        return row.step
    }
}

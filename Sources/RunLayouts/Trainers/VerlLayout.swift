import Checkpoints
import Files
import Vocabulary

/// verl: `global_step_N/actor` with the FSDP shards of every rank, or `actor/huggingface` with weights where `hf_model`
/// is among the saved contents.
///
/// The shards count where all of them are there: they are float32 by default, and what is merged from them later is
/// bfloat16, in which most of an update is rounding.
///
/// Written in place, in this order (FSDP): shards of all ranks, `huggingface/` with config and tokenizer, then its
/// weights if they are wanted, the critic, `data.pt`, and at the end the file `latest_checkpointed_iteration.txt` of
/// the whole run with the number N. So the number proves the newest step, and every earlier one whose weights
/// are not newer than it; a smaller number means that the run was taken back and the later folders are old. What is
/// rotated is `actor`, not the folder above it. The Megatron engine from 0.9 on saves into `actor/model/huggingface`
/// and ends with a manifest of its own (`VerlManifest`); the tools that merge shards after training save into one of
/// the others. Runs with LoRA have a PEFT adapter in `lora_adapter` (`adapter` from the Megatron engine), of which the
/// merger does not know `lora_alpha`. Sources: verl `ray_trainer.py`, `fsdp_checkpoint_manager.py` (0.4 to 0.9.1),
/// RLVR-Linearity.
public struct VerlLayout: RunLayout {
    public let name: LayoutName = "verl"
    public let shape = "global_step_N/actor with FSDP shards, or actor/huggingface with weights (verl)"
    private let calls: FileSystemCalls

    static let trackerName = "latest_checkpointed_iteration.txt"
    /// Where the weights may lie below a step's folder; the first that has some counts, or the first of all.
    /// Adapters that the trainer exports itself come first, since they say what they are multiplied with; then the shards.
    static let adapterPlaces = ["actor/lora_adapter", "actor/model/huggingface/adapter"]
    static let shardPlace = "actor"
    /// Beside an adapter, verl's merger writes the weights that the run started from, under the names of a whole model.
    static let places = wholePlaces.map { $0 + "/lora_adapter" } + ["lora_adapter"] + wholePlaces
    private static let wholePlaces = ["actor/huggingface", "actor/model/huggingface", "huggingface", "hf_model"]

    public init(calls: FileSystemCalls = .system) { self.calls = calls }

    public func listing(in root: String) throws(LayoutError) -> CheckpointListing {
        try StepFolders(calls: calls).listing(in: root, layout: name, reading: Self.step) {
            (path) throws(LayoutError) in
            try place(in: path)
        }
    }

    private static func step(_ folder: String) -> Result<TrainingStep, StepNumber.Problem>? {
        guard folder.hasPrefix("global_step_") else { return nil }
        let number = folder.dropFirst("global_step_".count)
        guard number.first?.isNumber == true else { return nil }
        return Result { () throws(StepNumber.Problem) in try StepNumber.parse(number, allowsLeadingZeros: false) }
    }

    private func place(in path: String) throws(LayoutError) -> String {
        for place in Self.adapterPlaces {
            let folder = FileTree.join(path, place)
            if try names(in: folder).contains(where: Self.isWeights) { return folder }
        }
        let actor = FileTree.join(path, Self.shardPlace)
        let shards = try names(in: actor).filter { FSDPShards.rank(ofFile: $0) != nil }
        if !shards.isEmpty, try hasAllRanks(shards, in: actor) { return actor }
        for place in Self.places {
            let folder = FileTree.join(path, place)
            if try names(in: folder).contains(where: Self.isWeights) { return folder }
        }
        return shards.isEmpty ? FileTree.join(path, Self.wholePlaces[0]) : actor
    }

    /// None where the folder is not there, or may not be looked into: that is judged when its turn comes.
    private func names(in folder: String) throws(LayoutError) -> [String] {
        do { return try FileTree(calls: calls).names(in: folder) } catch {
            guard error.isVanished || error.isPermission else { throw .file(error) }
            return []
        }
    }

    private func hasAllRanks(_ shards: [String], in actor: String) throws(LayoutError) -> Bool {
        let path = FileTree.join(actor, FSDPShards.configurationName)
        var configuration: [UInt8]?
        do {
            let reader = try FileReader(path: path, calls: calls)
            configuration = try reader.read(count: Int(min(reader.identity.size, 1 << 16)), at: 0)
        } catch {
            guard error.isVanished || error.isPermission else { throw .file(error) }
        }
        // Which are missing is said when the checkpoint is judged.
        return (try? FSDPShards.world(names: shards, configuration: configuration)) != nil
    }

    private static func isWeights(_ name: String) -> Bool {
        name.hasSuffix(".safetensors") || name.hasSuffix(".safetensors.index.json")
    }

    public func evidence(in candidate: CheckpointCandidate) throws(LayoutError) -> String? {
        let places = WeightPlaces(calls: calls)
        let step = FileTree.split(candidate.root)
        let signs = ["actor", "critic", "data.pt", "hf_model"]
        if let sign = try places.names(in: candidate.root).first(where: signs.contains) {
            return "\(sign) in \(step.name)"
        }
        return try places.names(in: step.folder).contains(Self.trackerName) ? Self.trackerName : nil
    }

    public func completeness(of candidate: CheckpointCandidate) throws(LayoutError) -> CheckpointCompleteness {
        try CandidateFolder.judge(candidate, calls) { (folder) throws(Obstacle) in
            if let judgement = try VerlManifest.judge(folder) { return judgement }
            let tracker = try self.tracker(folder)
            if case .past(let newest) = tracker.word(for: candidate.step) {
                return .incomplete(
                    reason:
                        "\(Self.trackerName) says \(newest): this step is not finished, or of an attempt that was taken "
                        + "back")
            }
            if let absence = try Self.absence(folder, hasEnded: tracker.isReached(by: candidate.step)) {
                return absence
            }
            let weights = try folder.weights(
                saveHasEnded: tracker.isReached(by: candidate.step), endedAt: tracker.time(of: candidate.step))
            return .complete(weights, tracker.ending(for: weights))
        }
    }

    /// What is said where the place of the weights has none, which is verl's default; nil where it has.
    private static func absence(_ folder: CandidateFolder, hasEnded: Bool) throws(Obstacle) -> CheckpointCompleteness? {
        let names = try folder.names(in: folder.candidate.directory)
        guard !names.contains(where: { Self.isWeights($0) || FSDPShards.rank(ofFile: $0) != nil }) else { return nil }
        let above = try folder.names(in: folder.candidate.root)
        if !above.isEmpty, !above.contains("actor") {
            return .gone(
                reason: "only \(above.prefix(3).joined(separator: ", ")) is left: its weights were rotated away")
        }
        let reason =
            "actor has no model_world_size_W_rank_R.pt and actor/huggingface no weights: have 'model' or 'hf_model' in "
            + "actor_rollout_ref.actor.checkpoint.save_contents"
        return hasEnded ? .unusable(reason: reason) : .incomplete(reason: reason)
    }

    private func tracker(_ folder: CandidateFolder) throws(Obstacle) -> VerlTracker {
        let run = FileTree.split(folder.candidate.root).folder
        guard let file = try folder.read(Self.trackerName, in: run, limit: 64) else { return .absent }
        let text = String(decoding: file.content ?? [], as: UTF8.self).filter { !$0.isWhitespace }
        guard let step = try? StepNumber.parse(text, allowsLeadingZeros: false) else { return .absent }
        return .says(step, at: file.identity.modificationTimeNanoseconds)
    }
}

/// What `latest_checkpointed_iteration.txt` says of the whole run.
enum VerlTracker {
    /// Not there, or being written.
    case absent
    /// In nanoseconds since 1970.
    case says(TrainingStep, at: Int64)

    enum Word { case nothing, reached, past(TrainingStep) }

    func word(for step: TrainingStep) -> Word {
        guard case .says(let newest, _) = self else { return .nothing }
        return newest < step ? .past(newest) : .reached
    }

    func isReached(by step: TrainingStep) -> Bool {
        if case .reached = word(for: step) { return true }
        return false
    }

    /// When it was written, if this step's save is what it ended.
    func time(of step: TrainingStep) -> Int64? {
        guard case .says(step, let time) = self else { return nil }
        return time
    }

    func ending(for weights: CheckpointStamp) -> CheckpointEnding {
        guard case .says(_, let time) = self else {
            return .doubtful(reason: "\(VerlLayout.trackerName), which ends every save, is not there")
        }
        guard time < weights.newestModification else { return .marked }
        return .doubtful(
            reason: "weights are newer than \(VerlLayout.trackerName): merged later, copied, or written again")
    }
}

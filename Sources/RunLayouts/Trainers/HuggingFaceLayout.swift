import Files
import Vocabulary

/// Hugging Face Trainer and TRL: `checkpoint-N`, N in optimizer updates.
///
/// Written in place, in this order: config, weights (of several files the index last), tokenizer, optimizer and
/// random states, and at the end `trainer_state.json`. That is a plain truncating write, so it counts only when it
/// is whole JSON and its `global_step` is N; and only while no weight file is newer, since a run that was resumed
/// from an earlier step writes the later folders again while their old markers are still there. From transformers 5
/// on a save on SIGTERM puts `checkpoint-is-incomplete.txt` into the folder first and removes it last. Sources:
/// transformers `trainer.py`, `trainer_utils.py`, `trainer_jit_checkpoint.py` (4.36 to 5.23), seen with strace.
public struct HuggingFaceLayout: RunLayout {
    public let name: LayoutName = "huggingface"
    public let shape = "checkpoint-N with trainer_state.json (Trainer, TRL)"
    private let calls: FileSystemCalls

    static let markerName = "trainer_state.json"
    static let unfinishedName = "checkpoint-is-incomplete.txt"

    public init(calls: FileSystemCalls = .system) { self.calls = calls }

    public func listing(in root: String) throws(LayoutError) -> CheckpointListing {
        try StepFolders(calls: calls).listing(in: root, layout: name, reading: Self.step) { path in path }
    }

    /// The Trainer never pads its numbers.
    private static func step(_ folder: String) -> Result<TrainingStep, StepNumber.Problem>? {
        guard folder.hasPrefix("checkpoint-") else { return nil }
        let number = folder.dropFirst("checkpoint-".count)
        guard number.first?.isNumber == true else { return nil }
        return Result { () throws(StepNumber.Problem) in try StepNumber.parse(number, allowsLeadingZeros: false) }
    }

    public func completeness(of candidate: CheckpointCandidate) throws(LayoutError) -> CheckpointCompleteness {
        try CandidateFolder.judge(candidate, calls) { (folder) throws(Obstacle) in
            if try folder.exists(Self.unfinishedName, in: candidate.directory) {
                return .incomplete(reason: "\(Self.unfinishedName) is there: the save on SIGTERM has not ended")
            }
            guard
                let marker = try folder.read(Self.markerName, in: candidate.directory, limit: TrainerState.largestFile)
            else {
                return .incomplete(
                    reason:
                        "\(Self.markerName), which the trainer writes last, is not there; for folders that never had "
                        + "one set run.pattern = 'checkpoint-(\\d+)'")
            }
            if let reason = Self.objection(to: marker.content, step: candidate.step) {
                return .incomplete(reason: reason)
            }
            let weights = try folder.weights(
                saveHasEnded: true, endedAt: marker.identity.modificationTimeNanoseconds)
            let isOlder = marker.identity.modificationTimeNanoseconds < weights.newestModification
            return .complete(
                weights.adding(Self.markerName, marker.identity),
                isOlder
                    ? .doubtful(
                        reason:
                            "weights are newer than \(Self.markerName): copied, or an old checkpoint that is written again"
                    )
                    : .marked)
        }
    }

    /// Why a marker does not say that step's save has ended; nil where it does.
    private static func objection(to content: [UInt8]?, step: TrainingStep) -> String? {
        guard let content else { return "\(markerName) is larger than \(TrainerState.largestFile) bytes" }
        guard !content.isEmpty else { return "\(markerName) is empty: it is being written" }
        do {
            let state = try TrainerState(json: content, includingLog: false)
            return state.globalStep == step
                ? nil : "\(markerName) is of step \(state.globalStep), the folder of step \(step)"
        } catch {
            return "\(markerName) is not whole: \(error)"
        }
    }

    public func trainerState(of candidate: CheckpointCandidate) throws(LayoutError) -> TrainerState? {
        let folder = CandidateFolder(candidate: candidate, calls: calls)
        let content = try folder.log(Self.markerName, in: candidate.directory, limit: TrainerState.largestFile)
        guard let content else { return nil }
        do { return try TrainerState(json: content) } catch {
            throw .unreadableLog(file: FileTree.join(candidate.directory, Self.markerName), reason: "\(error)")
        }
    }
}

import Checkpoints
import ConfigurationFile
import Files
import Foundation
import RunLayouts
import StatusAPI
import TrajectoryStore
import Vocabulary

/// Looks at the run's folder and brings the store's list of checkpoints up to date. What is complete and settled
/// becomes pending; what was recorded already is recognised by its files, and where those differ by its content.
struct RunScanner: Sendable {
    let context: RunContext
    let layout: RunLayoutChoice
    /// First looks at checkpoints that are settling, by folder.
    private(set) var sightings: [String: SettleRule.Sighting] = [:]
    let settle: SettleRule
    /// Stamps of checkpoints that a rewind has superseded: a trainer leaves their folders until it gets there again.
    private var givenUp: Set<String> = []
    /// What failed a moment ago and is not tried again yet.
    private var postponed: Set<PostponedWork> = []
    /// How the newest complete checkpoint is stored, as it was when it was opened to see.
    private var form: (stamp: CheckpointStamp, words: String?)?
    /// Look only at steps up to this one; nil: all.
    var lastStep: TrainingStep?

    struct Outcome: Sendable {
        var unfinished: [UnfinishedCheckpoint] = []
        /// What was found to be no use before anybody opened it, new since the last look.
        var refused: [UnfinishedCheckpoint] = []
        /// Steps that could not be looked at: a fault, or rights.
        var unseen: [TrainingStep] = []
        /// When a settling checkpoint may be read, nanoseconds since 1970; nil: none is settling.
        var nextLook: Int64?
        /// Recorded checkpoints whose files are others now: the content has to be compared.
        var changed: [Change] = []
        /// Which layout was recognised; nil: none.
        var layout: LayoutName?
        var note = ""
        /// How the newest complete checkpoint is stored; nil: there is none that can be opened.
        var form: String?
        /// One line: why the folder cannot be understood.
        var problem: String?
        /// The problem is one of the machine or of rights, not that nothing is there.
        var isFault = false
    }

    struct Change: Sendable {
        let record: CheckpointRecord
        let candidate: CheckpointCandidate
        let stamp: CheckpointStamp
    }

    init(context: RunContext, layout: RunLayoutChoice, settle: SettleRule) {
        self.context = context
        self.layout = layout
        self.settle = settle
    }

    mutating func scan(leaving postponed: Set<PostponedWork> = []) throws -> Outcome {
        self.postponed = postponed
        var outcome = Outcome()
        let found = layout.find(in: context.configuration.run.watch)
        outcome.note = found.note
        guard let layout = found.layout else {
            (outcome.problem, outcome.isFault) = (found.problem, found.isFault)
            return outcome
        }
        outcome.layout = layout.name
        let candidates: [CheckpointCandidate]
        do {
            candidates = try layout.candidates(in: context.configuration.run.watch)
        } catch {
            (outcome.problem, outcome.isFault) = (error.description, true)
            return outcome
        }
        let all = try context.store.checkpoints()
        givenUp = Set(all.filter { $0.state == .superseded }.map(\.seen.stamp))
        let known = Dictionary(
            all.filter { $0.state != .superseded }.map { ($0.step, $0) }, uniquingKeysWith: { first, _ in first })
        var newest: (candidate: CheckpointCandidate, stamp: CheckpointStamp)?
        for candidate in candidates where isWanted(candidate) {
            let stamp = try look(at: candidate, layout, known[candidate.step], &outcome)
            if let stamp { newest = (candidate, stamp) }
        }
        if let newest { noteForm(of: newest.candidate, newest.stamp) }
        forgetVanished(candidates)
        outcome.form = form?.words
        return outcome
    }

    /// Opened once for each version of it. What is wrong with it is said when it is recorded.
    private mutating func noteForm(of candidate: CheckpointCandidate, _ stamp: CheckpointStamp) {
        guard form?.stamp != stamp else { return }
        form = (stamp, try? StoredCheckpoint.open(directory: candidate.directory, calls: context.calls).form)
    }

    /// Step 0 is the base, which is known exactly.
    private func isWanted(_ candidate: CheckpointCandidate) -> Bool {
        candidate.step.value > 0 && lastStep.map { candidate.step <= $0 } ?? true
    }

    /// - Returns: of what files it is, where it is complete.
    private mutating func look(
        at candidate: CheckpointCandidate, _ layout: any RunLayout, _ known: CheckpointRecord?,
        _ outcome: inout Outcome
    ) throws -> CheckpointStamp? {
        let completeness = completeness(of: candidate, layout)
        switch completeness {
        case .complete(let stamp, let ending):
            try consider(candidate, stamp, ending, known, &outcome)
            return stamp
        case .incomplete(let reason), .notReadable(let reason):
            if case .notReadable = completeness { outcome.unseen.append(candidate.step) }
            // A recorded checkpoint that is being written again counts until its new content is whole.
            if known?.state == .recorded { break }
            outcome.unfinished.append(
                UnfinishedCheckpoint(step: candidate.step, directory: candidate.directory, reason: reason))
        case .unusable(let reason):
            try refuse(candidate, reason, known, &outcome)
        case .gone(let reason):
            if let known, known.state == .pending { try context.store.markGone(known.id, reason: reason) }
        case .ours:
            break
        }
        return nil
    }

    private func completeness(
        of candidate: CheckpointCandidate, _ layout: any RunLayout
    ) -> CheckpointCompleteness {
        do { return try layout.completeness(of: candidate) } catch { return .notReadable(reason: error.description) }
    }

    private mutating func consider(
        _ candidate: CheckpointCandidate, _ stamp: CheckpointStamp, _ ending: CheckpointEnding,
        _ known: CheckpointRecord?, _ outcome: inout Outcome
    ) throws {
        let text = try StampCoding.text(stamp)
        // What was gone may be there again, as it was: a file server had lost sight of it.
        if known.map({ $0.state != .gone && $0.seen.stamp == text }) ?? givenUp.contains(text) { return }
        if postponed.contains(.checkpoint(step: candidate.step, stamp: text)) { return }
        let now = Int64((context.clock.now.timeIntervalSince1970 * 1e9).rounded())
        let (decision, sighting) = settle.decide(
            previous: sightings[candidate.directory], current: stamp, ending: ending, now: now)
        sightings[candidate.directory] = sighting
        if case .waiting(let until) = decision {
            outcome.nextLook = min(outcome.nextLook ?? until, until)
            if known?.state != .recorded {
                outcome.unfinished.append(
                    UnfinishedCheckpoint(
                        step: candidate.step, directory: candidate.directory,
                        reason: "complete by its files, and watched until it has come to rest"))
            }
            return
        }
        if let known, known.state == .recorded {
            outcome.changed.append(Change(record: known, candidate: candidate, stamp: stamp))
        } else {
            try context.store.notePending(seen(candidate, stamp, text))
        }
    }

    private func refuse(
        _ candidate: CheckpointCandidate, _ reason: String, _ known: CheckpointRecord?, _ outcome: inout Outcome
    ) throws {
        if let known, known.state == .recorded || (known.state == .rejected && known.reason == reason) { return }
        let record = try context.store.notePending(seen(candidate, CheckpointStamp(files: [:]), "{}"))
        let document = CheckpointDocument(
            step: candidate.step, state: .rejected, reason: reason, path: candidate.directory, seconds: nil, bytes: nil,
            accuracy: nil, recordedAt: nil)
        try context.store.markRejected(
            record.id, reason: reason, events: [EventCoding.newEvent(.rejected(document), context.clock)])
        outcome.refused.append(
            UnfinishedCheckpoint(step: candidate.step, directory: candidate.directory, reason: reason))
    }

    func seen(_ candidate: CheckpointCandidate, _ stamp: CheckpointStamp, _ text: String) -> SeenCheckpoint {
        SeenCheckpoint(
            step: candidate.step, directory: candidate.directory, layout: candidate.layout.text, stamp: text,
            bytes: stamp.files.values.reduce(0) { $0 + $1.size }, seenAt: context.clock.timestamp)
    }

    private mutating func forgetVanished(_ candidates: [CheckpointCandidate]) {
        let there = Set(candidates.map(\.directory))
        sightings = sightings.filter { there.contains($0.key) }
    }
}

/// A stamp as the store keeps it: JSON with sorted keys, so that equal stamps are equal text.
enum StampCoding {
    static func text(_ stamp: CheckpointStamp) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(stamp), as: UTF8.self)
    }

    static func stamp(_ text: String) throws -> CheckpointStamp {
        try JSONDecoder().decode(CheckpointStamp.self, from: Data(text.utf8))
    }
}

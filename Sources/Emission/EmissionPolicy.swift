import Vocabulary

/// When a prediction is due (method, section 5; the gate of section 4). A pure function of what is known.
public struct EmissionPolicy: Hashable, Sendable {
    /// A target that was emitted is emitted again when confidence has risen by this much, ...
    public static let confidenceRise = 0.1
    /// ... or when the step it starts from has grown by this factor; without a fixed target, when the target has.
    public static let growth = 1.25

    /// A fixed target, or nil: as far as evidence and `horizon` reach.
    public var targetStep: TrainingStep?
    /// How far to reach at most, as a multiple of the last step; above 1. Not used with a fixed target.
    public var horizon: Double
    /// 0...1.
    public var threshold: Double
    /// Checkpoints in a row whose confidence must be at or above the threshold; 1...
    public var consecutive: Int

    public init(targetStep: TrainingStep?, horizon: Double, threshold: Double, consecutive: Int) {
        precondition(consecutive >= 1, "At least one checkpoint must carry a decision; got \(consecutive).")
        self.targetStep = targetStep
        self.horizon = horizon
        self.threshold = threshold
        self.consecutive = consecutive
    }
}

/// What a decision is made from.
public struct EmissionEvidence: Hashable, Sendable {
    /// How confidence at one reach came out at the latest checkpoints.
    public struct Record: Hashable, Sendable {
        /// Target step divided by last step, above 1.
        public let ratio: Double
        /// One for each checkpoint, oldest first; 0...1.
        public let confidences: [Double]

        public init(ratio: Double, confidences: [Double]) {
            self.ratio = ratio
            self.confidences = confidences
        }
    }

    /// A prediction of this run that is still standing (not withdrawn by a rewind).
    public struct Emitted: Hashable, Sendable {
        public let targetStep: TrainingStep
        public let fromStep: TrainingStep
        public let confidence: Double
        public let isForced: Bool

        public init(targetStep: TrainingStep, fromStep: TrainingStep, confidence: Double, isForced: Bool) {
            self.targetStep = targetStep
            self.fromStep = fromStep
            self.confidence = confidence
            self.isForced = isForced
        }
    }

    /// Recorded steps of the current segment, ascending, at least one; the last is where a prediction starts from.
    public let recordedSteps: [TrainingStep]
    /// Confidence at each ratio of interest.
    public let records: [Record]
    /// Confidence at the fixed target, at the latest checkpoints, oldest first; empty without one.
    public let targetConfidences: [Double]
    /// Oldest first.
    public let emitted: [Emitted]
    /// The last step that the run will take, where it is known.
    public let runEnd: TrainingStep?

    public init(
        recordedSteps: [TrainingStep], records: [Record], targetConfidences: [Double] = [], emitted: [Emitted] = [],
        runEnd: TrainingStep? = nil
    ) {
        precondition(!recordedSteps.isEmpty, "Without a recorded checkpoint there is nothing to start from.")
        self.recordedSteps = recordedSteps
        self.records = records
        self.targetConfidences = targetConfidences
        self.emitted = emitted
        self.runEnd = runEnd
    }

    var lastStep: TrainingStep { recordedSteps[recordedSteps.count - 1] }

    /// The commonest distance between neighbouring checkpoints, the smaller among equals; at least 1.
    public var checkpointInterval: Int {
        let distances = zip(recordedSteps, recordedSteps.dropFirst()).map { $1.value - $0.value }.filter { $0 > 0 }
        let counts = Dictionary(grouping: distances, by: \.self).mapValues(\.count)
        let best = counts.max { ($0.value, $1.key) < ($1.value, $0.key) }
        return best?.key ?? max(1, lastStep.value)
    }
}

/// What to do now, with the sentence that says why.
public enum EmissionDecision: Hashable, Sendable {
    case emit(targetStep: TrainingStep, confidence: Double, reason: String)
    case wait(reason: String)

    public var reason: String {
        switch self {
        case .emit(_, _, let reason), .wait(let reason): reason
        }
    }
}

extension EmissionPolicy {
    public func decide(_ evidence: EmissionEvidence) -> EmissionDecision {
        guard let targetStep else { return decideAsFarAsProven(evidence) }
        return decide(evidence, fixedTarget: targetStep)
    }

    private func decide(_ evidence: EmissionEvidence, fixedTarget target: TrainingStep) -> EmissionDecision {
        let last = evidence.lastStep
        guard target > last else {
            return .wait(reason: "the run is at step \(last) and has reached target step \(target)")
        }
        if let end = evidence.runEnd, target > end {
            return .wait(reason: "target step \(target) lies beyond the run's end at step \(end)")
        }
        guard let confidence = proven(evidence.targetConfidences) else {
            return .wait(reason: shortfall(evidence.targetConfidences, "step \(target)"))
        }
        if let same = evidence.emitted.last(where: { $0.targetStep == target && $0.fromStep == last }) {
            return .wait(reason: "step \(same.targetStep) from step \(last) is emitted already")
        }
        let earlier = evidence.emitted.last { $0.targetStep == target && !$0.isForced }
        if let earlier, !isRisen(confidence, earlier), !isGrown(last, earlier.fromStep) {
            return .wait(
                reason:
                    "step \(target) was emitted from step \(earlier.fromStep) with confidence \(text(earlier.confidence)); "
                    + "it is due again at \(text(earlier.confidence + Self.confidenceRise)) or from step "
                    + "\(Int((Double(earlier.fromStep.value) * Self.growth).rounded(.up)))")
        }
        return .emit(targetStep: target, confidence: confidence, reason: passed)
    }

    private func decideAsFarAsProven(_ evidence: EmissionEvidence) -> EmissionDecision {
        let candidates = candidates(evidence)
        guard let farthest = candidates.max(by: { $0.target < $1.target }) else {
            return .wait(reason: "no step within \(text(horizon)) x step \(evidence.lastStep) is left to predict")
        }
        let proven = candidates.compactMap { candidate in
            self.proven(candidate.record.confidences).map { (candidate.target, $0) }
        }
        guard let (target, confidence) = proven.max(by: { $0.0 < $1.0 }) else {
            let best =
                candidates.max { ($0.record.confidences.last ?? 0) < ($1.record.confidences.last ?? 0) } ?? farthest
            return .wait(reason: shortfall(best.record.confidences, "ratio \(text(best.record.ratio))"))
        }
        if evidence.emitted.contains(where: { $0.targetStep == target && $0.fromStep == evidence.lastStep }) {
            return .wait(reason: "step \(target) from step \(evidence.lastStep) is emitted already")
        }
        if let earlier = evidence.emitted.last(where: { !$0.isForced }), !isGrown(target, earlier.targetStep) {
            return .wait(
                reason:
                    "step \(target) is less than \(text(Self.growth)) x step \(earlier.targetStep), which was emitted last"
            )
        }
        return .emit(targetStep: target, confidence: confidence, reason: passed)
    }

    /// Each ratio of interest within the horizon with the step it leads to, and the run's end, where it is in reach, with
    /// the ratio nearest to it.
    private func candidates(
        _ evidence: EmissionEvidence
    ) -> [(target: TrainingStep, record: EmissionEvidence.Record)] {
        let last = Double(evidence.lastStep.value)
        let interval = Double(evidence.checkpointInterval)
        let limit = evidence.runEnd?.value ?? Int.max
        let reachable = evidence.records.filter { $0.ratio <= horizon }
        var candidates: [(target: TrainingStep, record: EmissionEvidence.Record)] = []
        for record in reachable {
            let step = (record.ratio * last / interval).rounded() * interval
            guard step > last, let target = Int(exactly: step), target <= limit else { continue }
            candidates.append((TrainingStep(target), record))
        }
        if let end = evidence.runEnd, last > 0 {
            let ratio = Double(end.value) / last
            let nearest = reachable.min { distance($0.ratio, ratio) < distance($1.ratio, ratio) }
            // Nearer to the last step than to anything that was tested: there is no evidence, and little to gain.
            if let nearest, ratio > 1, ratio <= horizon, distance(nearest.ratio, ratio) < ratio {
                candidates.append((end, nearest))
            }
        }
        return candidates
    }

    /// How many times one ratio is farther than the other, at least 1.
    private func distance(_ left: Double, _ right: Double) -> Double { max(left / right, right / left) }

    /// The latest confidence, if it and those before it suffice.
    private func proven(_ confidences: [Double]) -> Double? {
        let latest = confidences.suffix(consecutive)
        return latest.count == consecutive && latest.allSatisfy({ $0 >= threshold }) ? latest.last : nil
    }

    private func isRisen(_ confidence: Double, _ earlier: EmissionEvidence.Emitted) -> Bool {
        // 0.6 - 0.5 is a little less than 0.1 in binary.
        confidence >= earlier.confidence + Self.confidenceRise - 1e-9
    }

    private func isGrown(_ step: TrainingStep, _ earlier: TrainingStep) -> Bool {
        step > earlier && Double(step.value) >= Self.growth * Double(earlier.value)
    }

    private var passed: String {
        consecutive == 1
            ? "confidence at or above \(text(threshold))"
            : "\(consecutive) checkpoints in a row at or above \(text(threshold))"
    }

    private func shortfall(_ confidences: [Double], _ subject: String) -> String {
        let count = confidences.reversed().prefix { $0 >= threshold }.count
        let now = confidences.last.map { "confidence \(text($0)) at \(subject)" } ?? "no evidence at \(subject)"
        return "\(now); \(count) of \(consecutive) checkpoints in a row at or above \(text(threshold))"
    }

    /// Two decimals, as the status shows them, rounded down so that 0.499 never reads as 0.50.
    private func text(_ value: Double) -> String {
        guard value.isFinite else { return "\(value)" }
        let hundredths = Int((min(max(value, 0), 1e6) * 100 + 1e-6).rounded(.down))
        let decimals = hundredths % 100
        return "\(hundredths / 100)." + (decimals < 10 ? "0" : "") + "\(decimals)"
    }
}

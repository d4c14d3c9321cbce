import Forecasting
import Foundation
import StatusAPI
import TrajectoryStore
import Vocabulary

/// What the status says of a verdict beyond the columns of its row; stored as the row's `detail`.
struct VerdictDetail: Codable, Hashable, Sendable {
    var skill: Double?
    var realised: Double?
    /// Medians over the modules.
    var energyShare: Double?
    var directionCosine: Double?
    var linearityR2: Double?
    /// `||W_t - W_0|| / ||W_0||` over all tracked modules.
    var relativeUpdateNorm: Double?
    /// Checkpoints in a row at or above the threshold at the wanted reach.
    var streak = 0
    /// The last step that the trainer is known to make.
    var knownEnd: TrainingStep?
    /// How the run moved as a whole, seen from this checkpoint.
    var drift: Drift?
    /// What the trainer's log says that the run is trained on.
    var objective: TrainingObjective?
    var parts: [PredictionProvenance.ConfidencePart] = []

    var signs: RunSigns { RunSigns(drift: drift, objective: objective) }

    static func decode(_ text: String) throws -> VerdictDetail {
        try JSONCoding.decode(VerdictDetail.self, from: Data(text.utf8))
    }

    func encoded() throws -> String { String(decoding: try JSONCoding.encode(self), as: UTF8.self) }
}

/// The numbers of a `VerdictDetail` alone, by their names as they are stored: for a history of a thousand verdicts, whose keys
/// would cost more to convert than all the rest.
struct VerdictFigures: Decodable, Hashable, Sendable {
    let skill: Double?
    let realised: Double?
    let energyShare: Double?
    let directionCosine: Double?
    let linearityR2: Double?
    let relativeUpdateNorm: Double?

    private enum CodingKeys: String, CodingKey {
        case skill, realised
        case energyShare = "energy_share"
        case directionCosine = "direction_cosine"
        case linearityR2 = "linearity_r2"
        case relativeUpdateNorm = "relative_update_norm"
    }

    static func decode(_ text: String) throws -> VerdictFigures {
        try JSONDecoder().decode(VerdictFigures.self, from: Data(text.utf8))
    }
}

/// The judgement of one checkpoint, as it is stored.
struct RunVerdict: Sendable {
    let record: VerdictRecord
    let detail: VerdictDetail
    /// One row for each model and ratio of interest.
    let records: [JudgementRecord]

    /// For a checkpoint that completed after a later one had been recorded.
    static func notJudged(step: TrainingStep, newest: TrainingStep?) -> RunVerdict {
        let reason = "completed after step \(newest?.description ?? "a later one") was recorded, so it judges nothing"
        let record = VerdictRecord(
            model: nil, targetStep: nil, horizon: nil, provenHorizon: nil, confidence: 0, isReady: false,
            reason: reason, detail: "{}")
        return RunVerdict(record: record, detail: VerdictDetail(), records: [])
    }

    func summary(threshold: Double) -> RunStatus.ForecastSummary {
        RunStatus.ForecastSummary(record, detail, threshold: threshold)
    }
}

extension RunStatus.ForecastSummary {
    init(_ record: VerdictRecord, _ detail: VerdictDetail, threshold: Double?) {
        self.init(
            model: record.model, targetStep: record.targetStep, horizon: record.horizon,
            confidence: record.confidence, threshold: threshold, provenHorizon: record.provenHorizon,
            skill: detail.skill, realised: detail.realised, ready: record.isReady, reason: record.reason)
    }

    /// Before the first checkpoint is recorded.
    ///
    /// - Parameter note: what was found in the run's folder so far, if anything is to be said.
    static func none(threshold: Double?, note: String?) -> RunStatus.ForecastSummary {
        RunStatus.ForecastSummary(
            model: nil, targetStep: nil, horizon: nil, confidence: nil, threshold: threshold, provenHorizon: nil,
            skill: nil, realised: nil, ready: false,
            reason: "no checkpoint is recorded yet" + (note.map { ": \($0)" } ?? ""))
    }
}

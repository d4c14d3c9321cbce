import Vocabulary

/// The rule that turns a model's backtests into confidence (method, section 4).
///
/// For each ratio of interest: the tests whose target is one of the 3 newest checkpoints, each from the registered
/// origin nearest to that ratio, and the mean minus the standard deviation of their skills, bounded to 0...1 and to
/// what the latest move leaves of it (`LatestMove`). No confidence where too few checkpoints are recorded, where any
/// module is not finite, where nothing was tested that far, where all tests at that ratio come from one origin, and
/// where the run as a whole forbids it (`RunSigns`): it wanders more than it drifts, or it is supervised. What was measured overrides it all: none where the model's newest
/// measured prediction was worse than the checkpoint that it started from (`BehaviouralRecord`).
public enum ConfidenceRule {
    /// - Parameters:
    ///   - rank: components of the model's slope at most; the same model with another rank has a record of its own.
    ///   - pairs: backtests; those of other models and ranks and those that are too old are ignored.
    ///   - recorded: all recorded steps of the run, in any order.
    ///   - signs: of the run as a whole; what is not known of it is left out.
    ///   - measured: emitted predictions whose accuracy was measured, of any models.
    ///   - nonFiniteModules: how many modules' newest update is not finite.
    public static func judge(
        model: ModelName, rank: Int = 1, pairs: [BacktestPair], recorded: [TrainingStep], nonFiniteModules: Int = 0,
        signs: RunSigns = RunSigns(), measured: [MeasuredPrediction] = [],
        settings: ConfidenceSettings = ConfidenceSettings()
    ) -> ModelJudgement {
        let own = pairs.filter { $0.model == model && $0.rank == rank }
        let current = PairSelection.current(own, recorded: recorded)
        let tested = current.map(\.ratio).max()
        let newest = Set(recorded.sorted().suffix(ConfidenceSettings.newestTargets))
        let broken = own.filter { newest.contains($0.target) && !$0.sums.isFinite }
        let latest = LatestMove(among: own, newest: recorded.max())
        let notFinite = max(nonFiniteModules, broken.isEmpty ? 0 : 1)
        let disappointment = BehaviouralRecord.disappointment(of: model, among: measured)
        let ratios = ConfidenceSettings.ratiosOfInterest.map { ratio -> RatioEvidence in
            if notFinite > 0 { return RatioEvidence(ratio: ratio, gap: .modulesNotFinite(count: notFinite)) }
            guard recorded.count >= settings.minimumCheckpoints else {
                let needed = settings.minimumCheckpoints
                return RatioEvidence(ratio: ratio, gap: .tooFewCheckpoints(got: recorded.count, needed: needed))
            }
            if let disappointment { return RatioEvidence(ratio: ratio, gap: .disappointed(disappointment)) }
            let pairs = PairSelection.speaking(for: ratio, among: current)
            if let gap = gap(at: ratio, in: pairs, tested: tested) {
                return RatioEvidence(ratio: ratio, gap: signs.isSupervised ? .supervised : gap)
            }
            let found = RatioEvidence(ratio: ratio, pairs: pairs, latest: latest)
            return signs.refusal.map(found.refused(because:)) ?? found
        }
        return ModelJudgement(
            model: model, rank: rank, lastStep: recorded.max(), ratios: ratios, largestTestedRatio: tested,
            settings: settings)
    }

    private static func gap(at ratio: Double, in pairs: [BacktestPair], tested: Double?) -> EvidenceGap? {
        guard !pairs.isEmpty else { return .notReached(ratio: ratio, tested: tested) }
        let origins = Set(pairs.map(\.origin)).count
        let needed = ConfidenceSettings.fewestOrigins
        return origins < needed ? .tooFewOrigins(ratio: ratio, got: origins, needed: needed) : nil
    }
}

import Vocabulary

/// Which of a model's backtests speak for a ratio.
enum PairSelection {
    /// The tests that count at all: their target is one of the newest checkpoints, they are not between neighbours, and
    /// something was predicted and something happened.
    static func current(_ pairs: [BacktestPair], recorded: [TrainingStep]) -> [BacktestPair] {
        let targets = Set(recorded.sorted().suffix(ConfidenceSettings.newestTargets))
        return pairs.filter { pair in
            targets.contains(pair.target) && pair.ratio.isFinite && pair.ratio >= ConfidenceSettings.noiseRatio
                && pair.sums.isEvidence
        }
    }

    /// For each newest checkpoint, the test whose ratio is nearest to `ratio`. Where they all come from one origin, the
    /// next nearest ones too: tests from one checkpoint share its luck, and one early origin must not prove a long
    /// horizon. A test counts for ratios up to `reach` times its own.
    static func speaking(for ratio: Double, among current: [BacktestPair]) -> [BacktestPair] {
        let reaching = current.filter { $0.ratio * ConfidenceSettings.reach >= ratio }
        let targets = Set(reaching.map(\.target)).sorted()
        let ranked = targets.map { target in nearestFirst(reaching.filter { $0.target == target }, to: ratio) }
        let nearest = ranked.flatMap { $0.prefix(1) }
        let chosen = Set(nearest.map(\.origin)).count > 1 ? nearest : ranked.flatMap { $0.prefix(2) }
        return chosen.sorted { ($0.target, $0.origin) < ($1.target, $1.origin) }
    }

    /// By distance; of two equally near the one that reaches farther comes first.
    private static func nearestFirst(_ pairs: [BacktestPair], to ratio: Double) -> [BacktestPair] {
        pairs.sorted { a, b in
            let (near, far) = (distance(a.ratio, ratio), distance(b.ratio, ratio))
            return near != far ? near < far : a.origin < b.origin
        }
    }

    /// How far apart two ratios are in log: the larger over the smaller, 1... Rounded to 1e-9, as evenly spaced steps
    /// give ratios that are equally far from a third but for their last bit.
    static func distance(_ a: Double, _ b: Double) -> Double { (max(a / b, b / a) * 1e9).rounded() }
}

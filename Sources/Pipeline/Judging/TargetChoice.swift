import Vocabulary

/// Which step a forecast aims at.
enum TargetChoice {
    /// The usual distance between two checkpoints of the run: the median of the differences, at least 1.
    static func interval(of recorded: [TrainingStep]) -> Int {
        let steps = recorded.map(\.value).sorted()
        let gaps = zip(steps.dropFirst(), steps).map { $0 - $1 }.sorted()
        return max(1, gaps.isEmpty ? (steps.first ?? 1) : gaps[gaps.count / 2])
    }

    /// The step `ratio` times `last`, on the run's own grid of checkpoints, and never beyond its known end.
    ///
    /// - Returns: nil when that is no later than `last`.
    static func step(
        _ ratio: Double, times last: TrainingStep, interval: Int, knownEnd: TrainingStep?
    ) -> TrainingStep? {
        let ahead = (ratio - 1) * Double(last.value) / Double(interval)
        guard ahead.isFinite, ahead < Double(Int.max / 2) / Double(interval) else { return nil }
        let (sum, isBeyond) = last.value.addingReportingOverflow(Int(ahead.rounded()) * interval)
        guard !isBeyond else { return nil }
        let target = min(sum, knownEnd?.value ?? Int.max)
        return target > last.value ? TrainingStep(target) : nil
    }
}

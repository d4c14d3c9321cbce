import Synchronization

/// How long the stages of one recording took, added up over the threads that worked on it. For the log, and for who asks
/// where the time goes (docs/performance.md).
final class RecordingTiming: Sendable {
    /// In the order of the work on one module.
    enum Stage: Int, Sendable, CaseIterable {
        /// From the store: the working set's vectors and Gram rows, and the registered directions.
        case vectors
        /// Both weights from their files.
        case read
        /// Coordinates along the registered directions.
        case coordinates
        /// The passes of the solver.
        case factor
        /// Gram row, figures and slopes.
        case refit
        /// Coordinates along the new slopes.
        case closing
        /// Rows into the store.
        case store
    }

    private let totals = Mutex([Double](repeating: 0, count: Stage.allCases.count))

    /// Runs `body` and counts its wall time to `stage`.
    func measure<Result, Failure: Error>(
        _ stage: Stage, _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let began = ContinuousClock.now
        defer {
            let seconds = (ContinuousClock.now - began).inSeconds
            totals.withLock { $0[stage.rawValue] += seconds }
        }
        return try body()
    }

    /// Thread-seconds of each stage.
    var seconds: [Stage: Double] {
        let totals = totals.withLock { $0 }
        return Dictionary(uniqueKeysWithValues: Stage.allCases.map { ($0, totals[$0.rawValue]) })
    }
}

import Vocabulary

/// How much of a checkpoint or prediction is done, at what rate, and how long the rest will take at that rate.
public struct WorkProgress: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        case recording
        case emitting
        case reconstructing
    }

    public enum Unit: String, Hashable, Sendable {
        case modules
        case bytes
    }

    /// Rates over a shorter time say nothing.
    static let shortestMeasurement = Duration.milliseconds(500)

    public let kind: Kind
    /// The checkpoint's, or the one that is predicted.
    public let step: TrainingStep
    public let unit: Unit
    public private(set) var done: Int64 = 0
    public let total: Int64
    /// Pieces of the same kind that wait behind this one.
    public let queued: Int
    private var began: ContinuousClock.Instant
    /// Of earlier pieces since `began`.
    private var doneBefore: Int64 = 0

    init(
        kind: Kind, step: TrainingStep, unit: Unit, total: Int64, queued: Int, began: ContinuousClock.Instant
    ) {
        self.kind = kind
        self.step = step
        self.unit = unit
        self.total = total
        self.queued = queued
        self.began = began
    }

    mutating func follow(_ last: WorkProgress) {
        began = last.began
        doneBefore = last.doneBefore + last.done
    }

    mutating func advance(by count: Int64) { done = min(total, done + count) }

    /// Units in a second since work of this kind began; nil before there is anything to measure.
    public func perSecond(at now: ContinuousClock.Instant) -> Double? {
        let elapsed = now - began
        guard elapsed >= Self.shortestMeasurement, doneBefore + done > 0 else { return nil }
        return Double(doneBefore + done) / elapsed.inSeconds
    }

    /// Until this piece is done and those that wait too, taken to be as large; nil without a rate.
    public func secondsLeft(at now: ContinuousClock.Instant) -> Double? {
        perSecond(at: now).map { (Double(total - done) + Double(total) * Double(queued)) / $0 }
    }
}

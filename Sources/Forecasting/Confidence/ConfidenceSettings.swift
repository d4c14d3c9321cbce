/// What the confidence rule is told. The defaults are those of the configuration.
public struct ConfidenceSettings: Hashable, Sendable {
    /// The ratios (target step over last step) that confidence is judged at, rising. The largest is also the farthest
    /// that anything can be proven to.
    public static let ratiosOfInterest: [Double] = [1.25, 1.5, 2, 2.5, 3, 4]
    /// Pairs of steps closer than this ratio are noise: neighbouring bf16 checkpoints differ mostly by rounding.
    public static let noiseRatio = 1.25
    /// A test at ratio r says something about ratios up to this many times r, and nothing beyond.
    public static let reach = 1.25
    /// Only forecasts for the newest checkpoints count, so that a long good past cannot outvote a bend.
    public static let newestTargets = 3
    /// A ratio is judged from forecasts made at this many different checkpoints at least.
    public static let fewestOrigins = 2

    /// `confidence.threshold`, 0...1.
    public let threshold: Double
    /// `confidence.consecutive`, 1...
    public let consecutive: Int
    /// `forecast.min_checkpoints`, 1...
    public let minimumCheckpoints: Int

    public init(threshold: Double = 0.5, consecutive: Int = 2, minimumCheckpoints: Int = 6) {
        precondition((0...1).contains(threshold), "The confidence threshold lies in 0...1; got \(threshold).")
        precondition(consecutive >= 1, "At least 1 checkpoint in a row must be asked for; got \(consecutive).")
        precondition(minimumCheckpoints >= 1, "At least 1 checkpoint must be asked for; got \(minimumCheckpoints).")
        self.threshold = threshold
        self.consecutive = consecutive
        self.minimumCheckpoints = minimumCheckpoints
    }
}

import Vocabulary

/// What a model's past forecasts say about one ratio of interest.
public struct RatioEvidence: Hashable, Sendable {
    public let ratio: Double
    /// The tests that count, by target and then by origin.
    public let pairs: [BacktestPair]
    /// Mean of the tests' skills; nil without a judgement.
    public let skill: Double?
    /// Standard deviation of the skills (n - 1 in the denominator), 0...; nil without a judgement.
    public let deviation: Double?
    /// Fraction of the predicted movement that happened, over all these tests together; nil without a judgement.
    public let realised: Double?
    /// Why there is no judgement; nil where there is one.
    public let gap: EvidenceGap?
    /// What the run did since the checkpoint before; nil where nothing was predicted of it.
    public let latest: LatestMove?

    /// Mean minus standard deviation of the skills, and at most the latest move's ceiling; may be below 0. Nil without
    /// a judgement.
    public var record: Double? {
        guard gap == nil, let skill, let deviation else { return nil }
        return min(skill - deviation, latest?.ceiling ?? 1)
    }

    /// `record`, bounded to 0...1; 0 without a judgement.
    public var confidence: Double { min(1, max(0, record ?? 0)) }

    /// Whether it is the latest move that limits the confidence, and not the tests.
    public var isLimitedByLatestMove: Bool {
        guard let skill, let deviation, let latest else { return false }
        return latest.ceiling < min(1, skill - deviation)
    }

    /// The checkpoints whose forecasts were tested, rising.
    public var origins: [TrainingStep] { Set(pairs.map(\.origin)).sorted() }

    init(ratio: Double, gap: EvidenceGap) {
        self.ratio = ratio
        pairs = []
        skill = nil
        deviation = nil
        realised = nil
        latest = nil
        self.gap = gap
    }

    /// The same numbers, which prove nothing for a reason of another kind.
    func refused(because gap: EvidenceGap) -> RatioEvidence { RatioEvidence(self, gap: gap) }

    private init(_ other: RatioEvidence, gap: EvidenceGap) {
        ratio = other.ratio
        pairs = other.pairs
        skill = other.skill
        deviation = other.deviation
        realised = other.realised
        latest = other.latest
        self.gap = gap
    }

    /// - Precondition: at least two pairs, each of them evidence.
    init(ratio: Double, pairs: [BacktestPair], latest: LatestMove? = nil) {
        let skills = pairs.compactMap(\.skill)
        precondition(skills.count == pairs.count && skills.count >= 2, "A judgement needs two tests with a skill.")
        let mean = skills.reduce(0, +) / Double(skills.count)
        let squares = skills.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        self.ratio = ratio
        self.pairs = pairs
        skill = mean
        deviation = (squares / Double(skills.count - 1)).squareRoot()
        realised = pairs.reduce(BacktestSums.zero) { $0 + $1.sums }.realised
        self.latest = latest
        gap = nil
    }
}

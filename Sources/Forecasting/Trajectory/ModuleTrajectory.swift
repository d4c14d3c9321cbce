import Vocabulary

/// One checkpoint of one module.
public struct Observation: Hashable, Sendable {
    public let step: TrainingStep
    public let factor: UpdateFactor

    public init(step: TrainingStep, factor: UpdateFactor) {
        self.step = step
        self.factor = factor
    }
}

/// The factors of one module over the steps of its working set, with their Gram matrices.
///
/// Holds the vectors of at most 64 checkpoints: build one module's trajectory at a time.
public struct ModuleTrajectory: Sendable {
    public let module: Module
    /// The working set in step order.
    public private(set) var observations: [Observation] = []
    public private(set) var gram = TrajectoryGram()
    /// Rows of observations given at the start, of which an inner product was not known: to be stored again.
    public private(set) var rebuilt: [GramRow] = []
    /// The largest rank of the parts whose inner products are kept.
    private let gramRank: Int

    /// - Parameters:
    ///   - observations: in the order in which they were recorded; what the working set drops is dropped here too.
    ///   - rows: rows computed before; inner products that are in none of them are computed from the vectors.
    ///   - gramRank: inner products of the parts up to this rank; `ModelRegistry.gramRank` where only its models ask.
    public init(
        module: Module, observations: [Observation] = [], reusing rows: [GramRow] = [], gramRank: Int = .max
    ) {
        precondition(gramRank >= 1, "The Gram matrices of parts have a rank of at least 1.")
        self.module = module
        self.gramRank = gramRank
        let known = Dictionary(rows.map { ($0.step, $0) }, uniquingKeysWith: { _, newer in newer })
        for observation in observations {
            let (row, isKnown) = insert(observation, known: known)
            if !isKnown { rebuilt.append(row) }
        }
    }

    public var steps: [TrainingStep] { gram.steps }
    public var factors: [UpdateFactor] { observations.map(\.factor) }
    public var last: Observation? { observations.last }

    /// Adds one checkpoint: one new row of inner products with the working set, whose cost does not grow with the run.
    ///
    /// - Returns: the row, to be stored.
    @discardableResult
    public mutating func append(step: TrainingStep, factor: UpdateFactor) -> GramRow {
        insert(Observation(step: step, factor: factor), known: [:]).row
    }

    private mutating func insert(
        _ observation: Observation, known: [TrainingStep: GramRow]
    ) -> (row: GramRow, isKnown: Bool) {
        let step = observation.step
        precondition(!steps.contains(step), "Step \(step) of \(module.name) is in the trajectory already.")
        for triplet in observation.factor.triplets {
            precondition(
                triplet.left.count == module.rows && triplet.right.count == module.columns,
                "A factor of \(module.name) has vectors of the wrong length.")
        }
        let position = steps.firstIndex { $0 > step } ?? steps.endIndex
        observations.insert(observation, at: position)
        let stored = whole(known[step]) ?? observations.map { entry(observation, $0, in: known) }
        let entries = zip(stored, observations).map { entry, other in
            entry ?? GramEntry(observation.factor, other.factor, upTo: gramRank)
        }
        gram.insert(step, at: position, entries: entries)
        let row = GramRow(step: step, against: steps, entries: entries)
        if let dropped = WorkingSet.overflow(of: steps) {
            observations.remove(at: dropped)
            gram.remove(at: dropped)
        }
        return (row, stored.allSatisfy { $0 != nil })
    }

    /// The entries of the newest observation's row where it is what was stored with it: the usual case, without a search for each.
    private func whole(_ row: GramRow?) -> [GramEntry?]? {
        guard let row, let newest = observations.last, row.step == newest.step,
            row.against.elementsEqual(observations.lazy.map(\.step))
        else { return nil }
        for (entry, other) in zip(row.entries, observations)
        where entry.partCount < GramEntry.partCount(newest.factor, other.factor, upTo: gramRank) { return nil }
        return row.entries.map { $0.limited(to: gramRank) }
    }

    /// nil where no row has it, or only for smaller parts than are asked for.
    private func entry(_ a: Observation, _ b: Observation, in known: [TrainingStep: GramRow]) -> GramEntry? {
        let found = known[a.step]?.entry(against: b.step) ?? known[b.step]?.entry(against: a.step)
        let count = GramEntry.partCount(a.factor, b.factor, upTo: gramRank)
        return found.flatMap { $0.partCount >= count ? $0.limited(to: gramRank) : nil }
    }
}

extension GramRow {
    func entry(against other: TrainingStep) -> GramEntry? {
        against.firstIndex(of: other).map { entries[$0] }
    }
}

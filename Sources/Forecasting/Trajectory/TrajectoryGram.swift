import LinearAlgebra
import Vocabulary

extension GramEntry {
    /// Costs k^2 inner products for factors of rank k, or for their parts of this rank.
    ///
    /// - Parameter rank: parts up to this one, at least 1.
    init(_ a: UpdateFactor, _ b: UpdateFactor, upTo rank: Int = .max) {
        let these = a.triplets.prefix(rank), others = b.triplets.prefix(rank)
        let lefts = LongVectors.products(these.map(\.left)[...], others.map(\.left)[...])
        let rights = LongVectors.products(these.map(\.right)[...], others.map(\.right)[...])
        var parts = [Double](repeating: 0, count: Self.partCount(a, b, upTo: rank))
        for (i, p) in these.enumerated() {
            for (j, q) in others.enumerated() {
                let place = i * others.count + j
                parts[max(i, j)] += p.sigma * q.sigma * lefts[place] * rights[place]
            }
        }
        for k in parts.indices.dropFirst() { parts[k] += parts[k - 1] }
        self.init(left: lefts.first ?? 0, right: rights.first ?? 0, parts: parts)
    }

    static func partCount(_ a: UpdateFactor, _ b: UpdateFactor, upTo rank: Int) -> Int {
        min(rank, max(a.triplets.count, b.triplets.count))
    }

    func limited(to rank: Int) -> GramEntry {
        partCount > rank ? GramEntry(left: left, right: right, parts: parts.prefix(rank)) : self
    }
}

/// The Gram matrices of one module's working set (method, section 2): all that matrix models need to be fitted and
/// compared, n^2 numbers instead of n vectors.
public struct TrajectoryGram: Hashable, Sendable {
    /// Rising.
    public private(set) var steps: [TrainingStep] = []
    /// The lower triangle: `rows[i][j]`, j <= i.
    private var rows: [[GramEntry]] = []

    init() {}

    /// The matrices of `steps` from stored rows; nil where an inner product is in none of them.
    ///
    /// - Parameter steps: rising.
    public init?(steps: [TrainingStep], from stored: [GramRow]) {
        let known = Dictionary(stored.map { ($0.step, $0) }, uniquingKeysWith: { _, newer in newer })
        for (i, step) in steps.enumerated() {
            let entries = steps[...i].map { known[step]?.entry(against: $0) ?? known[$0]?.entry(against: step) }
            let row = entries.compactMap(\.self)
            guard row.count == entries.count else { return nil }
            rows.append(row)
        }
        self.steps = steps
    }

    public var count: Int { steps.count }

    public func entry(_ i: Int, _ j: Int) -> GramEntry { i >= j ? rows[i][j] : rows[j][i] }

    /// The n x n matrix `G_ij = <M_i, M_j>` of the rank-k parts, row by row.
    public func matrix(rank: Int) -> [[Double]] {
        steps.indices.map { i in steps.indices.map { j in entry(i, j).part(rank: rank) } }
    }

    /// What was known when the first `count` of these checkpoints were all there were.
    public func prefix(_ count: Int) -> TrajectoryGram {
        var earlier = self
        earlier.steps = Array(steps.prefix(count))
        earlier.rows = Array(rows.prefix(count))
        return earlier
    }

    /// Puts a checkpoint in its place. `entries[j]` belongs to the j-th step of the set with the new one in it.
    mutating func insert(_ step: TrainingStep, at position: Int, entries: [GramEntry]) {
        precondition(entries.count == count + 1, "A new Gram row needs \(count + 1) entries, got \(entries.count).")
        steps.insert(step, at: position)
        rows.insert(Array(entries.prefix(position + 1)), at: position)
        for later in (position + 1)..<rows.endIndex { rows[later].insert(entries[later], at: position) }
    }

    mutating func remove(at position: Int) {
        steps.remove(at: position)
        rows.remove(at: position)
        for later in position..<rows.endIndex { rows[later].remove(at: position) }
    }
}

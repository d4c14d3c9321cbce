import Checkpoints
import ConfigurationFile
import Emission
import Forecasting
import Vocabulary
import WeightUpdates

/// An adapter that a prediction starts from, with all its ranks: in place of the checkpoint's weights, which nobody wrote.
struct AdapterAnchor: Sendable {
    let placed: PlacedAdapter
    let base: BaseWeights
    let threads: WorkerThreads

    /// What the adapter adds to a module, exactly to the rounding of the vectors to float32; nil where it leaves it alone.
    func update(of module: TensorName) throws -> UpdateFactor? {
        guard let (part, factors) = try placed.factors(of: module) else { return nil }
        return try ProductUpdate(
            module: part.module, scale: part.scale, b: factors.b, a: factors.a, innerRank: part.innerRank, baseNorm: 0
        ).factor(rank: part.innerRank)
    }

    /// The prediction as movements of the base: `multiple` times the adapter's update and the movement for tracked
    /// modules, the whole update for others that it changes, unless these are to be the base's.
    ///
    /// Memory: 4 bytes for each row and column of each module, times the adapter's rank.
    func composition(
        moving displacement: [TensorName: LowRankMatrix], multiple: Double, others: OtherTensorsSource
    ) throws -> WeightComposition {
        let names = Set(displacement.keys).union(placed.parts.keys).sorted()
        let matrices = try threads.map(names) { name in
            // What the adapter holds whole is in the anchor, or moves by its own multiple.
            let isWhole = placed.wholes[name] != nil
            let times = isWhole ? 0 : displacement[name] == nil ? (others == .latest ? 1 : 0) : multiple
            let observed = times == 0 ? nil : try update(of: name)
            let kept = (observed?.triplets ?? []).map {
                RankOneComponent(scale: times * $0.sigma, left: $0.left, right: $0.right)
            }
            return LowRankMatrix(kept + (displacement[name] ?? .zero).components)
        }
        let merged = placed.merged(into: base.source)
        // Of matrices that are products, the merged weights are the base's: only whole ones move by the multiple.
        return WeightComposition(
            anchor: multiple == 1 ? merged : base.source, latest: merged, base: base.source,
            displacement: Dictionary(uniqueKeysWithValues: zip(names, matrices)),
            updateMultiple: multiple == 1 || placed.wholes.isEmpty ? 0 : multiple)
    }
}

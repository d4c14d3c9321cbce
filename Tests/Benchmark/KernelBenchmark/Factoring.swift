import Checkpoints
import Foundation
import LinearAlgebra
import Vocabulary
import WeightUpdates

/// The factor of every weight of a checkpoint, from nothing and from the checkpoint before it, on one thread: what the
/// peers of `peers.py` are held against, on the same matrices.
struct Factoring: Encodable {
    struct Row: Encodable {
        let module: String
        let rows: Int
        let columns: Int
        let rank: Int
        /// Both matrices are in memory.
        let coldSeconds: Double
        let coldPasses: Int
        let warmSeconds: Double
        let warmPasses: Int
        let sigma: [Double]
        let right: [Float]
    }

    let factors: [Row]

    static func measure(base: String, earlier: String, checkpoint: String, rank: Int, repeats: Int) throws -> Factoring
    {
        let base = try CheckpointReader.open(directory: base, caching: .keep)
        let before = try CheckpointReader.open(directory: earlier, caching: .keep)
        let after = try CheckpointReader.open(directory: checkpoint, caching: .keep)
        let factoriser = UpdateFactoriser(rank: rank)
        return Factoring(
            factors: try after.tensors.filter { $0.shape.isMatrix }.map { tensor in
                let module = Module(
                    name: tensor.name, rows: tensor.shape.dimensions[0], columns: tensor.shape.dimensions[1])
                let old = try base.read(tensor.name)
                let first = UpdateMatrix(module: module, base: old, checkpoint: try before.read(tensor.name))
                let update = UpdateMatrix(module: module, base: old, checkpoint: try after.read(tensor.name))
                let previous = try factoriser.factor(of: first)
                let cold = try factoriser.factor(of: update)
                let warm = try factoriser.factor(of: update, startingFrom: previous)
                return Row(
                    module: module.name.text, rows: module.rows, columns: module.columns, rank: rank,
                    coldSeconds: median(repeats) { _ = try? factoriser.factor(of: update) }, coldPasses: cold.passes,
                    warmSeconds: median(repeats) { _ = try? factoriser.factor(of: update, startingFrom: previous) },
                    warmPasses: warm.passes, sigma: warm.triplets.map(\.sigma),
                    right: warm.triplets.first?.right ?? [])
            })
    }
}

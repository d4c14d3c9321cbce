import Vocabulary

/// Finds the matrices of a base that the pairs of an adapter belong to.
struct AdapterPlacement {
    /// One line: which module the base lacks, or has in another shape.
    struct Difference: Error { let line: String }

    let adapter: LowRankAdapter
    let base: any TensorSource
    /// A linear weight of this adapter was found stored `[in, out]`: then square ones are too.
    private let isTransposed: Bool

    init(adapter: LowRankAdapter, base: any TensorSource) {
        self.adapter = adapter
        self.base = base
        isTransposed =
            adapter.settings.isTransposed
            || adapter.pairs.contains { pair in
                guard let found = base.description(of: TensorName(pair.path + ".weight")), !pair.isEmbedding else {
                    return false
                }
                return pair.inputs != pair.outputs && found.shape.dimensions == [pair.inputs, pair.outputs]
            }
    }

    /// The parts of one module: one, or one for each of its experts.
    func parts(of path: String, _ pairs: [LowRankAdapter.Pair]) -> Result<[AdapterPart], Difference> {
        let name = TensorName(path + ".weight")
        if let weight = base.description(of: name) {
            guard pairs.count == 1, let pair = pairs.first else {
                return .failure(Difference(line: "\(path) has \(pairs.count) pairs of matrices for one weight"))
            }
            return part(pair, weight).map { [$0] }
        }
        return ExpertPlacement(adapter: adapter, base: base, path: path).parts(pairs)
    }

    private func part(_ pair: LowRankAdapter.Pair, _ weight: TensorDescription) -> Result<AdapterPart, Difference> {
        let plain = [pair.outputs, pair.inputs], swapped = [pair.inputs, pair.outputs]
        let isSquare = pair.inputs == pair.outputs
        let isSwapped = pair.isEmbedding || (isSquare ? isTransposed : weight.shape.dimensions == swapped)
        guard weight.shape.dimensions == (isSwapped ? swapped : plain) else {
            return .failure(
                Difference(line: "\(weight.name) has shape \(weight.shape), expected \(TensorShape(plain))"))
        }
        return .success(
            AdapterPart(
                module: Module(
                    name: weight.name, rows: weight.shape.dimensions[0], columns: weight.shape.dimensions[1]),
                scale: adapter.settings.scale(of: pair.path, rank: pair.stackedRank), innerRank: pair.stackedRank,
                down: pair.down, up: pair.up, isSwapped: isSwapped, expert: 0, expertCount: 1,
                upRows: 0..<pair.outputs))
    }
}

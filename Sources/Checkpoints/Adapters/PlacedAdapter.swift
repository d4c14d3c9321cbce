import Files
import Vocabulary

/// An adapter over a base that it fits: what it adds to which matrix.
public struct PlacedAdapter: Sendable {
    public let adapter: LowRankAdapter
    /// By the name of the module, which is a tensor of the base, or one matrix of one.
    public let parts: [TensorName: AdapterPart]
    /// What the adapter calls the tensors that it holds whole (`modules_to_save`, biases), by their names in the base.
    public let wholes: [TensorName: TensorName]
    private let stacks = StackCache()

    init(adapter: LowRankAdapter, parts: [AdapterPart]) {
        self.adapter = adapter
        wholes = Dictionary(uniqueKeysWithValues: adapter.wholes.map { ($0.name, $0.tensor.name) })
        self.parts = Dictionary(uniqueKeysWithValues: parts.map { ($0.module.name, $0) })
    }

    /// The largest r of any module, 1...
    public var largestRank: Int { parts.values.map(\.innerRank).max() ?? 1 }

    /// The two matrices of a module; nil where the adapter leaves it alone. Cost: they are read anew each time.
    public func factors(of module: TensorName) throws(CheckpointError) -> (part: AdapterPart, AdapterPart.Factors)? {
        guard let part = parts[module] else { return nil }
        return (part, try part.factors(from: adapter.source, stacks))
    }
}

extension PlacedAdapter {
    /// The base with the tensors that the adapter holds whole in their places; nothing is read yet.
    public func merged(into base: any TensorSource) -> any TensorSource {
        wholes.isEmpty ? base : MergedTensors(base: base, adapter: adapter.source, names: wholes)
    }
}

extension LowRankAdapter {
    /// What this adapter adds to which matrix of `base`.
    ///
    /// - Throws: `CheckpointError.badAdapter` with `.otherBase` where a module is missing there or has another shape, and
    ///   what reading the base throws.
    public func placed(on base: any TensorSource) throws(CheckpointError) -> PlacedAdapter {
        let placement = AdapterPlacement(adapter: self, base: base)
        var parts: [AdapterPart] = []
        var differences: [String] = []
        for path in Dictionary(grouping: pairs, by: \.path).sorted(by: { $0.key < $1.key }) {
            switch placement.parts(of: path.key, path.value) {
            case .success(let found): parts += found
            case .failure(let difference): differences.append(difference.line)
            }
        }
        differences += try differingCopies(base) + strangers(to: base, among: Set(parts.map(\.module.tensor)))
        let names = Set(parts.map(\.module.name))
        if names.count < parts.count { differences.append("two of its modules are the same matrix") }
        guard differences.isEmpty else {
            throw .badAdapter(
                file: FileTree.join(source.directory, source.shards.first?.fileName ?? Self.weightsNames[0]),
                .otherBase(differences: differences, base: base.directory))
        }
        return PlacedAdapter(adapter: self, parts: parts)
    }

    /// Tensors trained whole that the base has not, or otherwise, or that have matrices too. An `lm_head` that the base ties to
    /// its embedding is one: no whole model of that base could hold it.
    private func strangers(to base: any TensorSource, among adapted: Set<TensorName>) -> [String] {
        var seen: Set<TensorName> = []
        return wholes.compactMap { name, tensor in
            guard seen.insert(name).inserted, !adapted.contains(name) else { return "\(name) is held twice" }
            guard let own = base.description(of: name) else {
                return "\(name), which it trains whole (modules_to_save, bias), is missing or tied"
            }
            return own.shape == tensor.shape ? nil : "\(name) has shape \(own.shape), expected \(tensor.shape)"
        }
    }

    /// PEFT saves an embedding that it adapts whole, beside its matrices. A few rows tell whether it is the base's.
    private func differingCopies(_ base: any TensorSource) throws(CheckpointError) -> [String] {
        var lines: [String] = []
        for (path, copy) in copies {
            let name = TensorName(path + ".weight")
            guard let own = base.description(of: name), own.shape == copy.shape else {
                lines.append("\(copy.name) \(copy.shape) is a copy of what the base does not have")
                continue
            }
            for row in Set([0, own.rowCount / 2, own.rowCount - 1]).sorted() where own.shape.elementCount > 0 {
                let here = try source.readRows(copy.name, row..<row + 1)
                let there = try base.readRows(name, row..<row + 1)
                if here.doubles() != there.converted(to: here.elementType).doubles() {
                    lines.append("\(copy.name) has other numbers than \(name), of which it is a copy")
                    break
                }
            }
        }
        return lines
    }
}

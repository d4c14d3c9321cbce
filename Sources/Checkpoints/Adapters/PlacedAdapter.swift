import Vocabulary

/// An adapter over a base that it fits: what it adds to which matrix.
public struct PlacedAdapter: Sendable {
    public let adapter: LowRankAdapter
    /// By the name of the module, which is a tensor of the base, or one matrix of one.
    public let parts: [TensorName: AdapterPart]
    private let stacks = StackCache()

    init(adapter: LowRankAdapter, parts: [AdapterPart]) {
        self.adapter = adapter
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
        differences += try differingCopies(base)
        let names = Set(parts.map(\.module.name))
        if names.count < parts.count { differences.append("two of its modules are the same matrix") }
        guard differences.isEmpty else {
            throw .badAdapter(
                file: source.directory + "/" + Self.weightsName,
                .otherBase(differences: differences, base: base.directory))
        }
        return PlacedAdapter(adapter: self, parts: parts)
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

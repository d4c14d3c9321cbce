import Checkpoints
import Files
import Vocabulary
import WeightUpdates

/// A checkpoint that is an adapter: an update is a product of two thin matrices, and the base's weights are read only for
/// their norms, with the first checkpoint. A matrix that it holds whole (`modules_to_save`) is read as any other.
struct AdapterReader: UpdateReader {
    private let placed: PlacedAdapter
    private let base: any TensorSource
    private let pairs: MatrixPairReader

    init(placed: PlacedAdapter, base: any TensorSource) {
        (self.placed, self.base) = (placed, base)
        pairs = MatrixPairReader(base: base, checkpoint: placed.adapter.source)
    }

    func read(_ module: Module, previous: UpdateFactor?, within memory: ModuleMemory) throws -> ObservedModule {
        if let own = whole(module) { return try pairs.read(module, storedAs: own, within: memory) }
        let baseNorm = try previous?.baseNorm ?? norm(of: module)
        guard let (part, factors) = try placed.factors(of: module.name) else {
            let nothing = TensorValues.float32([])
            return ObservedModule(
                update: ProductUpdate(
                    module: module, scale: 1, b: nothing, a: nothing, innerRank: 0, baseNorm: baseNorm),
                identity: Self.untouched, bytes: 0)
        }
        let update = ProductUpdate(
            module: module, scale: part.scale, b: factors.b, a: factors.a, innerRank: part.innerRank,
            baseNorm: baseNorm)
        return ObservedModule(update: update, identity: identity(part, factors), bytes: part.byteCount)
    }

    func identity(of module: Module) throws -> ObservedModule.Identity {
        if let own = whole(module) { return try pairs.identity(of: own) }
        guard let (part, factors) = try placed.factors(of: module.name) else { return Self.untouched }
        return identity(part, factors)
    }

    /// The scale is part of what was observed.
    private func identity(_ part: AdapterPart, _ factors: AdapterPart.Factors) -> ObservedModule.Identity {
        var hasher = ContentHasher()
        hasher.update(Array("\(part.scale) \(factors.contentHash)".utf8))
        return ObservedModule.Identity(elementType: part.elementType, contentHash: hasher.finalize())
    }

    /// What the adapter calls a matrix that it holds whole.
    private func whole(_ module: Module) -> Module? {
        placed.wholes[module.name].map { Module(name: $0, rows: module.rows, columns: module.columns) }
    }

    private static let untouched = ObservedModule.Identity(
        elementType: .float32, contentHash: TensorValues.float32([]).contentHash)

    private func norm(of module: Module) throws -> Double {
        var square = 0.0
        func add(_ values: TensorValues) { square = values.doubles().reduce(square) { $0 + $1 * $1 } }
        if module.slice != nil {
            add(try base.read(module))
        } else {
            try base.forEachBlock(of: module, into: ReadBuffers(), add)
        }
        return square.squareRoot()
    }

    func inFileOrder(_ modules: [Module]) -> [Module] { modules.inFileOrder(of: base) }

    /// The two thin matrices and their factorisation, or a matrix that is held whole beside the base's; the base's
    /// matrix of a stack while its norm is taken.
    func leastBytes(of module: Module) -> Int {
        if let own = whole(module) { return pairs.leastBytes(of: module, storedAs: own) }
        let thin = (placed.parts[module.name]?.innerRank ?? 0) * (module.rows + module.columns) * 8 * 6
        return module.slice == nil ? thin : max(thin, module.rows * module.columns * 16)
    }

    func verifyUnchanged() throws(CheckpointError) { try placed.adapter.source.verifyUnchanged() }
}

import Checkpoints
import Files
import Vocabulary
import WeightUpdates

/// A checkpoint that is an adapter: an update is a product of two thin matrices, and the base's weights are read only for
/// their norms, with the first checkpoint. A matrix that it holds whole (`modules_to_save`) is read as any other.
struct AdapterReader: UpdateReader {
    let placed: PlacedAdapter
    let base: any TensorSource

    func read(_ module: Module, previous: UpdateFactor?) throws -> ObservedModule {
        if let whole = placed.wholes[module.name] {
            let values = try placed.adapter.source.read(whole)
            return ObservedModule(
                update: UpdateMatrix(module: module, base: try base.read(module), checkpoint: values),
                identity: Self.identity(of: values), bytes: values.count * values.elementType.byteCount)
        }
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
        if let whole = placed.wholes[module.name] { return Self.identity(of: try placed.adapter.source.read(whole)) }
        guard let (part, factors) = try placed.factors(of: module.name) else { return Self.untouched }
        return identity(part, factors)
    }

    /// The scale is part of what was observed.
    private func identity(_ part: AdapterPart, _ factors: AdapterPart.Factors) -> ObservedModule.Identity {
        var hasher = ContentHasher()
        hasher.update(Array("\(part.scale) \(factors.contentHash)".utf8))
        return ObservedModule.Identity(elementType: part.elementType, contentHash: hasher.finalize())
    }

    private static func identity(of values: TensorValues) -> ObservedModule.Identity {
        ObservedModule.Identity(elementType: values.elementType, contentHash: values.contentHash)
    }

    private static let untouched = ObservedModule.Identity(
        elementType: .float32, contentHash: TensorValues.float32([]).contentHash)

    private func norm(of module: Module) throws -> Double {
        try base.read(module).doubles().reduce(0) { $0 + $1 * $1 }.squareRoot()
    }

    func inFileOrder(_ modules: [Module]) -> [Module] { modules.inFileOrder(of: base) }

    /// The two thin matrices and their factorisation; the base's weight while its norm is taken.
    func workingBytes(of module: Module) -> Int {
        let thin = (placed.parts[module.name]?.innerRank ?? 0) * (module.rows + module.columns) * 8 * 6
        return max(thin, module.rows * module.columns * 16)
    }

    func verifyUnchanged() throws(CheckpointError) { try placed.adapter.source.verifyUnchanged() }
}

import Vocabulary

/// One module's registered directions, and where two checkpoints lie along them.
public struct ModuleCoordinates: Hashable, Sendable {
    public let module: TensorName
    /// The scale of each component of the slope at the origin, movement per optimizer step.
    public let rates: [Double]
    /// `<D_o, R_j>`, one for each component.
    public let atOrigin: [Double]
    /// `<D_n, R_j>`.
    public let atTarget: [Double]

    public init(module: TensorName, rates: [Double], atOrigin: [Double], atTarget: [Double]) {
        precondition(
            rates.count == atOrigin.count && rates.count == atTarget.count,
            "\(module) needs one coordinate for each of its \(rates.count) components.")
        self.module = module
        self.rates = rates
        self.atOrigin = atOrigin
        self.atTarget = atTarget
    }
}

/// A forecast made at `origin`, held against what happened by `target`, along the directions it had named
/// (method, section 4). Coordinates are inner products with whole updates, so nothing here reads a vector.
public struct CoordinateBacktest: Hashable, Sendable {
    /// One module's share of the evidence, component by component, largest predicted rate first.
    public struct ModuleResult: Hashable, Sendable {
        public let module: TensorName
        public let components: [BacktestSums]
        public var total: BacktestSums { components.reduce(.zero, +) }
    }

    public let pair: BacktestPair
    public let modules: [ModuleResult]

    /// Cost: O(modules x components).
    public init(
        model: ModelName, rank: Int, origin: TrainingStep, target: TrainingStep, coordinates: [ModuleCoordinates]
    ) {
        let elapsed = Double(target.value) - Double(origin.value)
        modules = coordinates.map { Self.result(of: $0, elapsed: elapsed) }
        let sums = modules.reduce(BacktestSums.zero) { $0 + $1.total }
        pair = BacktestPair(model: model, rank: rank, origin: origin, target: target, sums: sums)
    }

    /// The evidence on the k-th components of all modules, k = 0, 1, ...: which ranks may be extrapolated at all.
    public var byComponent: [BacktestSums] {
        let count = modules.map(\.components.count).max() ?? 0
        return (0..<count).map { k in
            modules.reduce(BacktestSums.zero) { k < $1.components.count ? $0 + $1.components[k] : $0 }
        }
    }

    private static func result(of module: ModuleCoordinates, elapsed: Double) -> ModuleResult {
        ModuleResult(
            module: module.module,
            components: module.rates.indices.map { module.sums(component: $0, elapsed: elapsed) })
    }
}

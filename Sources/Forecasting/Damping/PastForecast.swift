import Vocabulary

/// A forecast that was made at `origin`, component by component, with where the weights were then and at `target`.
public struct PastForecast: Hashable, Sendable {
    public let origin: TrainingStep
    public let target: TrainingStep
    /// By module name; the same modules and components in every past forecast of one model and rank, but for modules
    /// that did not move.
    public let modules: [ModuleCoordinates]

    /// - Precondition: the target comes after the origin.
    public init(origin: TrainingStep, target: TrainingStep, modules: [ModuleCoordinates]) {
        precondition(origin < target, "A forecast looks ahead; got origin \(origin) and target \(target).")
        self.origin = origin
        self.target = target
        self.modules = modules
    }

    /// `t_n / t_o`, above 1; infinite for an origin at step 0.
    public var ratio: Double { Double(target.value) / Double(origin.value) }

    /// Optimizer steps from origin to target.
    public var elapsed: Double { Double(target.value - origin.value) }

    /// Component by component over all modules: what undamped steps along the slope would have been worth.
    public var pooled: [BacktestSums] {
        let count = modules.map(\.rates.count).max() ?? 0
        var sums = [BacktestSums](repeating: .zero, count: count)
        for module in modules {
            for j in module.rates.indices { sums[j] = sums[j] + module.sums(component: j, elapsed: elapsed) }
        }
        return sums
    }
}

extension ModuleCoordinates {
    /// Whole steps along one component's direction, over `elapsed` optimizer steps.
    func sums(component: Int, elapsed: Double) -> BacktestSums {
        BacktestSums(actual: atTarget[component] - atOrigin[component], predicted: elapsed * rates[component])
    }
}

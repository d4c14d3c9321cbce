import Foundation
import Vocabulary

/// The past forecasts that are current at one checkpoint: their targets are the newest checkpoints, so that a long good
/// past cannot outvote a bend. From them follows how much of each component's predicted movement came true.
public struct DampingRecord: Sendable {
    /// Current, not between neighbours, and evidence; by target and then by origin.
    public let forecasts: [PastForecast]

    /// - Parameters:
    ///   - forecasts: of one model; those that are too old or too near are left out.
    ///   - recorded: the steps recorded at that checkpoint, in any order.
    public init(_ forecasts: [PastForecast], recorded: [TrainingStep]) {
        let targets = Set(recorded.sorted().suffix(ConfidenceSettings.newestTargets))
        self.forecasts = forecasts.filter { forecast in
            targets.contains(forecast.target) && forecast.ratio.isFinite
                && forecast.ratio >= ConfidenceSettings.noiseRatio
                && forecast.pooled.reduce(.zero, +).isEvidence
        }.sorted { ($0.target, $0.origin) < ($1.target, $1.origin) }
    }

    /// Distance in log(ratio - 1) at which a past forecast's weight has fallen to exp(-1/2).
    static let width = 0.35

    /// How much of the movement to `ratio` times the last step may be applied. Without a record, none of it.
    ///
    /// Cost: O(forecasts x modules x components).
    public func damping(at ratio: Double, drift: Drift?) -> Damping {
        guard let tested = forecasts.map(\.ratio).max() else { return .none(at: ratio) }
        let reach = min(ratio, Damping.reach(of: drift))
        let asked = min(max(reach, ConfidenceSettings.noiseRatio), tested)
        let weights = forecasts.map { weight(of: $0, at: asked) }
        let pooled = pooledFractions(weights)
        return Damping(
            ratio: ratio, appliedRatio: reach, trust: trust(weights), pooled: pooled,
            factors: moduleFractions(weights, pooled))
    }

    /// Tests of a similar reach say most about it.
    private func weight(of forecast: PastForecast, at ratio: Double) -> Double {
        let distance = (log(forecast.ratio - 1) - log(ratio - 1)) / Self.width
        return exp(-0.5 * distance * distance)
    }

    /// `sum w a p / sum w p^2` for each component over all modules and forecasts, each forecast scaled to one.
    private func pooledFractions(_ weights: [Double]) -> [Double] {
        var products: [Double] = []
        var squares: [Double] = []
        for (forecast, weight) in zip(forecasts, weights) {
            let sums = forecast.pooled
            let scale = weight / sums.reduce(.zero, +).predictedSquared
            for (j, sum) in sums.enumerated() {
                if j == products.count { products.append(0); squares.append(0) }
                products[j] += scale * sum.actualPredicted
                squares[j] += scale * sum.predictedSquared
            }
        }
        return zip(products, squares).map { $1 > 0 ? $0 / $1 : 0 }
    }

    /// Each module's own fractions, drawn towards the pooled ones as far as its own evidence is thin: a module whose
    /// predicted movement is as large as `Damping.priorWeight` of the average (in squares) counts half for itself.
    private func moduleFractions(_ weights: [Double], _ pooled: [Double]) -> [TensorName: [Double]] {
        var sums: [TensorName: [(product: Double, square: Double)]] = [:]
        for (forecast, weight) in zip(forecasts, weights) {
            let scale = weight / forecast.pooled.reduce(.zero, +).predictedSquared
            for module in forecast.modules {
                var own = sums[module.module] ?? []
                for j in module.rates.indices {
                    if j == own.count { own.append((0, 0)) }
                    let sum = module.sums(component: j, elapsed: forecast.elapsed)
                    own[j].product += scale * sum.actualPredicted
                    own[j].square += scale * sum.predictedSquared
                }
                sums[module.module] = own
            }
        }
        let all = sums.sorted { $0.key < $1.key }.flatMap { $0.value.map(\.square) }
        let prior = all.isEmpty ? 0 : Damping.priorWeight * all.reduce(0, +) / Double(all.count)
        return sums.mapValues { own in
            own.enumerated().map { j, sum in
                Damping.factor((sum.product + prior * pooled[j]) / (sum.square + prior))
            }
        }
    }

    /// 1 where undamped steps of this reach would have been clearly better than none, 0 where they would not.
    private func trust(_ weights: [Double]) -> Double {
        var skill = 0.0
        var total = 0.0
        for (forecast, weight) in zip(forecasts, weights) {
            guard let own = forecast.pooled.reduce(.zero, +).skill else { continue }
            skill += weight * max(-5, own)
            total += weight
        }
        return total > 0 ? min(1, max(0, skill / total / Damping.provenSkill)) : 0
    }
}

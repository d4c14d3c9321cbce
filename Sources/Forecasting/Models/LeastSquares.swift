import Vocabulary

/// The line of least squares through values at given steps, as weights over the values: the same weights serve
/// numbers, vectors and matrices.
struct LeastSquares {
    /// `tm`, the mean step.
    let mean: Double
    /// `S_tt = sum (t_i - tm)^2`, above 0.
    let spread: Double
    /// `(t_i - tm) / S_tt`: the slope is the sum of the values with these weights. They add up to 0.
    let slopeWeights: [Double]

    /// Nil where no line is determined: fewer than two different steps.
    init?(_ steps: some Collection<TrainingStep>) {
        guard !steps.isEmpty else { return nil }
        let times = steps.map { Double($0.value) }
        let mean = times.reduce(0, +) / Double(times.count)
        let spread = times.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        guard spread > 0 else { return nil }
        self.mean = mean
        self.spread = spread
        slopeWeights = times.map { ($0 - mean) / spread }
    }

    /// `1/n + (t_i - tm) (T - tm) / S_tt`: the line's value at T is the sum of the values with these weights.
    func weights(at target: TrainingStep) -> [Double] {
        let even = 1 / Double(slopeWeights.count)
        let distance = Double(target.value) - mean
        return slopeWeights.map { even + $0 * distance }
    }
}

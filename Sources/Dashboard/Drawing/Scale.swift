import Foundation

/// From values to places on paper.
struct Scale: Hashable, Sendable {
    let low: Double
    let high: Double
    let start: Double
    let end: Double
    /// Equal ratios take equal room; values are above 0.
    let isLogarithmic: Bool

    init(_ low: Double, _ high: Double, from start: Double, to end: Double, isLogarithmic: Bool = false) {
        self.low = low
        self.high = high > low ? high : low + 1
        self.start = start
        self.end = end
        self.isLogarithmic = isLogarithmic
    }

    /// From round number to round number.
    ///
    /// - Parameter count: of ticks, about.
    init(covering values: [Double], count: Int = 4, from start: Double, to end: Double) {
        let range = Ticks.rounded(values.min() ?? 0, values.max() ?? 1, count: count)
        self.init(range.low, range.high, from: start, to: end)
    }

    /// Values outside are placed at the border.
    func place(_ value: Double) -> Double {
        let inside = min(high, max(low, value))
        let share =
            isLogarithmic ? (log(inside) - log(low)) / (log(high) - log(low)) : (inside - low) / (high - low)
        return start + share * (end - start)
    }

    func contains(_ value: Double) -> Bool { value >= low && value <= high }
}

/// Round numbers: 1, 2, 2.5 and 5 times a power of ten.
enum Ticks {
    /// Those in `low...high`, at most about `count` of them.
    static func within(_ low: Double, _ high: Double, count: Int = 5) -> [Double] {
        let step = step(high - low, count)
        guard step > 0, step.isFinite else { return [low] }
        let first = Int((low / step - 1e-9).rounded(.up))
        let last = Int((high / step + 1e-9).rounded(.down))
        return first <= last ? (first...last).map { Double($0) * step } : [low]
    }

    /// The same with what stands beside them.
    static func labelled(_ low: Double, _ high: Double, count: Int = 5) -> [(Double, String)] {
        let values = within(low, high, count: count)
        return Array(zip(values, Figures.aligned(values)))
    }

    /// `low...high` widened to round numbers.
    static func rounded(_ low: Double, _ high: Double, count: Int = 5) -> (low: Double, high: Double) {
        guard high > low else { return rounded(low - max(abs(low), 1) * 0.05, low + max(abs(low), 1) * 0.05) }
        let step = step(high - low, count)
        return ((low / step + 1e-9).rounded(.down) * step, (high / step - 1e-9).rounded(.up) * step)
    }

    private static func step(_ spread: Double, _ count: Int) -> Double {
        guard spread > 0 else { return 0 }
        let rough = spread / Double(max(1, count))
        let power = pow(10, log10(rough).rounded(.down))
        let factor = [1, 2, 2.5, 5, 10].first { $0 * power >= rough * 0.999 } ?? 10
        return factor * power
    }
}

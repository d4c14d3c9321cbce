/// A curve in one row of text.
struct Sparkline {
    private static let levels = Array("▁▂▃▄▅▆▇█")

    /// One for each step; nil where there is none.
    let values: [Double?]
    let range: ClosedRange<Double>

    /// - Parameter range: what the lowest and the highest block stand for; nil for the smallest and largest value.
    init(_ values: [Double?], range: ClosedRange<Double>? = nil) {
        let known = values.compactMap { $0 }.filter(\.isFinite)
        self.values = values.map { $0.flatMap { $0.isFinite ? $0 : nil } }
        self.range = range ?? (known.min() ?? 0)...(known.max() ?? 0)
    }

    /// One block a value; where there are more values than columns, the mean of each share of them.
    ///
    /// - Parameter width: columns, 1...
    func text(width: Int) -> String {
        guard !values.isEmpty else { return "" }
        let columns = min(width, values.count)
        return String(
            (0..<columns).map { column in
                let share = values[(column * values.count / columns)..<((column + 1) * values.count / columns)]
                let known = share.compactMap { $0 }
                return known.isEmpty ? " " : block(known.reduce(0, +) / Double(known.count))
            })
    }

    private func block(_ value: Double) -> Character {
        let span = range.upperBound - range.lowerBound
        guard span > 0 else { return Self.levels[0] }
        let level = Int(((value - range.lowerBound) / span * Double(Self.levels.count - 1)).rounded())
        return Self.levels[min(Self.levels.count - 1, max(0, level))]
    }
}

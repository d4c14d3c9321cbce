/// Where labels of one picture are, so that none is written over another.
struct LabelPlaces {
    /// User units a character, of the bold type of notes on a narrow screen, where it is largest.
    private static let perCharacter = 9.2
    private static let height = 16.0
    private var taken: [(left: Double, right: Double, y: Double)] = []

    /// Something else is written there, from `x` on.
    mutating func reserve(_ text: String, from x: Double, _ y: Double) {
        taken.append((x, x + Double(text.count) * Self.perCharacter, y))
    }

    /// Writes it at the first of the heights that is free; where none is, its hint has to do.
    ///
    /// - Parameter heights: base lines, the best first.
    mutating func write(_ text: String, at x: Double, _ heights: [Double], on paper: inout Paper) {
        let width = Double(text.count) * Self.perCharacter
        let left = min(max(x - width / 2, 0), paper.width - width)
        let free = heights.first { y in
            !taken.contains { $0.left < left + width + 3 && left < $0.right + 3 && abs($0.y - y) < Self.height }
        }
        guard let y = free else { return }
        taken.append((left, left + width, y))
        paper.text(text, left + width / 2, y, "note emitted-note", anchor: "middle")
    }
}

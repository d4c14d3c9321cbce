/// The known name that a mistyped one was meant to be.
enum NearestName {
    /// The known name with the smallest distance, if that is at most a third of the longer name (and at least 1 is
    /// always allowed); ties go to the earlier one.
    static func find(_ name: String, among known: [String]) -> String? {
        let scored = known.map { (name: $0, distance: distance(name, $0)) }
        guard let best = scored.min(by: { $0.distance < $1.distance }) else { return nil }
        return best.distance <= max(1, max(name.count, best.name.count) / 3) ? best.name : nil
    }

    /// Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment).
    static func distance(_ left: String, _ right: String) -> Int {
        // Names of keys are short; what a hostile file holds is not compared beyond this.
        let left = Array(left.prefix(80))
        let right = Array(right.prefix(80))
        var rows = [Array(0...right.count)]
        for i in 0..<left.count {
            var row = [i + 1]
            for j in 0..<right.count {
                var best = min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (left[i] == right[j] ? 0 : 1))
                if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
                    best = min(best, rows[i - 1][j - 1] + 1)
                }
                row.append(best)
            }
            rows.append(row)
        }
        return rows[left.count][right.count]
    }
}

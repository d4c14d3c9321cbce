/// Durations as people write them: `6h`, `90s`, `1h30m`, `250ms`, `2d`.
public enum DurationText {
    /// Units in milliseconds, largest first: the order in which a text may use them.
    private static let units: [(name: String, milliseconds: Int64)] = [
        ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1),
    ]

    /// Whole numbers with units, largest unit first, each unit at most once; nil for anything else (a bare number has
    /// no unit and is refused) and for what does not fit.
    public static func parse(_ text: String) -> Duration? {
        var rest = text[...]
        var allowed = units[...]
        var total: Int64 = 0
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            let unit = rest.dropFirst(digits.count).prefix { !$0.isNumber }
            guard let count = Int64(digits), let index = allowed.firstIndex(where: { $0.name == unit }) else {
                return nil
            }
            let (part, tooLarge) = count.multipliedReportingOverflow(by: units[index].milliseconds)
            let (sum, overflow) = total.addingReportingOverflow(part)
            guard !tooLarge, !overflow else { return nil }
            total = sum
            allowed = units[(index + 1)...]
            rest = rest.dropFirst(digits.count + unit.count)
        }
        return .milliseconds(total)
    }

    /// Reads back as the same duration, to the millisecond.
    ///
    /// - Precondition: the duration is not negative.
    public static func format(_ duration: Duration) -> String {
        precondition(duration >= .zero, "A duration of the configuration cannot be negative; got \(duration).")
        let (seconds, attoseconds) = duration.components
        var rest = seconds * 1_000 + attoseconds / 1_000_000_000_000_000
        var text = ""
        for unit in units where rest >= unit.milliseconds {
            text += "\(rest / unit.milliseconds)\(unit.name)"
            rest %= unit.milliseconds
        }
        return text.isEmpty ? "0s" : text
    }
}

import Vocabulary

/// How numbers are written in the sentences that a person reads.
enum Words {
    /// `2x`, `1.25x`: at most two digits after the point.
    static func ratio(_ value: Double) -> String {
        var text = decimals(value)
        while text.hasSuffix("0") { text.removeLast() }
        if text.hasSuffix(".") { text.removeLast() }
        return text + "x"
    }

    /// Two digits after the point, rounded half away from zero: `0.41`, `-1.25`.
    static func decimals(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return "\(value)" }
        let hundredths = Int((abs(value) * 100).rounded())
        let fraction = hundredths % 100
        let sign = value < 0 && hundredths > 0 ? "-" : ""
        return "\(sign)\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction)"
    }

    /// A measured number: up to four digits after the point, `0.4131`.
    static func measure(_ value: Double) -> String {
        let rounded = (value * 1e4).rounded() / 1e4
        return "\(abs(value) < 1e9 ? rounded : value)"
    }

    /// The share of the movement that a forecast of this skill captured: `55%`, or `none` for one that was no better
    /// than keeping the checkpoint.
    static func captured(_ skill: Double) -> String {
        let percent = Int((max(-1, min(1, skill)) * 100).rounded())
        return percent > 0 ? "\(percent)%" : "none"
    }

    /// `a`, `a and b`, `a, b and c`.
    static func list(_ items: [String]) -> String {
        guard let last = items.last else { return "" }
        return items.count == 1 ? last : items.dropLast().joined(separator: ", ") + " and " + last
    }

    /// `1 checkpoint`, `3 checkpoints`.
    static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
}

import Foundation
import Vocabulary

/// Numbers and times as a person reads them.
enum Figures {
    static let unknown = "unknown"

    /// With a fixed number of decimals, such as `0.57`.
    static func fixed(_ value: Double, _ decimals: Int) -> String {
        let text = String(format: "%.\(decimals)f", value)
        return text.hasPrefix("-") && !text.contains(where: { ("1"..."9").contains($0) })
            ? String(text.dropFirst()) : text
    }

    /// 0...1 numbers: confidence, skill, accuracy.
    static func share(_ value: Double?) -> String { value.map { fixed($0, 2) } ?? unknown }

    static func percent(_ value: Double) -> String { "\(fixed(value * 100, 0))%" }

    /// A reach, such as `1.25x`.
    static func ratio(_ value: Double) -> String { "\(short(value))x" }

    /// At most two decimals and no trailing zeros.
    static func short(_ value: Double) -> String {
        var text = fixed(value, 2)
        while text.hasSuffix("0") { text.removeLast() }
        if text.hasSuffix(".") { text.removeLast() }
        return text
    }

    /// Three significant digits, such as `0.00123` or `1.2e-05`.
    static func significant(_ value: Double) -> String { String(format: "%.3g", value) }

    /// Numbers of one axis with as many decimals each as the finest of them needs: `0.35`, `0.40`.
    static func aligned(_ values: [Double]) -> [String] {
        let largest = values.map(abs).max() ?? 0
        guard largest == 0 || (largest >= 1e-4 && largest < 1e5) else { return values.map(significant) }
        let decimals = (0...6).first { decimals in
            let power = pow(10, Double(decimals))
            return values.allSatisfy { abs(($0 * power).rounded() - $0 * power) < 1e-6 * power * max(largest, 1e-4) }
        }
        return values.map { fixed($0, decimals ?? 6) }
    }

    /// Whole numbers with groups from five digits on: `12,400`.
    static func whole(_ value: Int) -> String {
        let digits = String(abs(value))
        guard digits.count > 4 else { return String(value) }
        var groups: [Substring] = []
        var rest = digits[...]
        while rest.count > 3 {
            groups.insert(rest.suffix(3), at: 0)
            rest = rest.dropLast(3)
        }
        return (value < 0 ? "-" : "") + ([rest] + groups).joined(separator: ",")
    }

    static func step(_ step: TrainingStep) -> String { whole(step.value) }

    static func count(_ number: Int, _ noun: String) -> String { "\(whole(number)) \(noun)\(number == 1 ? "" : "s")" }

    /// Binary multiples, such as `1.4 GiB`.
    static func bytes(_ count: Int) -> String {
        var value = Double(count)
        var unit = 0
        let units = ["B", "KiB", "MiB", "GiB", "TiB"]
        while value >= 1024 && unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        return unit == 0 ? "\(count) B" : "\(fixed(value, 1)) \(units[unit])"
    }

    /// To the minute in UTC, such as `22 Nov 2026, 13:05 UTC`.
    static func time(_ date: Date) -> String {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let parts = calendar.dateComponents([.day, .month, .year, .hour, .minute], from: date)
        guard let day = parts.day, let month = parts.month, let year = parts.year, let hour = parts.hour,
            let minute = parts.minute
        else { preconditionFailure("A Gregorian calendar gives every part that it is asked for.") }
        return "\(day) \(months[month - 1]) \(year), \(String(format: "%02d:%02d", hour, minute)) UTC"
    }

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
}

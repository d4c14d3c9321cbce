import FoundationEssentials
import FoundationInternationalization

/// Numbers, sizes and times as a person reads them.
enum Figures {
    /// At most two decimals.
    static func number(_ value: Double) -> String {
        value.formatted(.number.precision(.fractionLength(0...2)).grouping(.never).locale(Self.locale))
    }

    /// Two decimals, so that figures of a column stand under each other: 0...1 numbers.
    static func share(_ value: Double) -> String {
        // No minus sign before nothing.
        (abs(value) < 0.005 ? 0 : value).formatted(
            .number.precision(.fractionLength(2)).grouping(.never).locale(Self.locale))
    }

    static func percent(_ value: Double) -> String { "\(Int((value * 100).rounded()))%" }

    static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }

    /// Two figures: `4.1`, `40`, `380`.
    static func rate(_ value: Double) -> String {
        value < 9.95
            ? value.formatted(.number.precision(.fractionLength(1)).locale(Self.locale)) : "\(Int(value.rounded()))"
    }

    /// In decimal units, as disks and networks are sold: `480 MB`, `15.2 GB`.
    static func bytes(_ value: Double) -> String {
        var value = value
        var unit = 0
        while value >= 999.5, unit < units.count - 1 {
            value /= 1000
            unit += 1
        }
        return "\(unit > 0 ? rate(value) : "\(Int(value))") \(units[unit])"
    }

    /// Rough, and never more than two units: `42 s`, `3 min`, `2 h 10 min`, `5 d 4 h`.
    static func duration(_ seconds: Double) -> String {
        let whole = Int(min(max(0, seconds), 1e12).rounded())
        switch whole {
        case ..<90: return "\(whole) s"
        case ..<5400: return "\((whole + 30) / 60) min"
        case ..<172_800:
            let minutes = (whole + 30) / 60
            return minutes % 60 == 0 ? "\(minutes / 60) h" : "\(minutes / 60) h \(minutes % 60) min"
        default:
            let hours = (whole + 1800) / 3600
            return hours % 24 == 0 ? "\(hours / 24) d" : "\(hours / 24) d \(hours % 24) h"
        }
    }

    /// A bar of `width` columns for a share of 0...1.
    static func meter(_ share: Double, width: Int = 20) -> String {
        let filled = Int((min(1, max(0, share)) * Double(width)).rounded())
        return String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
    }

    private static let units = ["B", "kB", "MB", "GB", "TB"]
    private static let locale = Locale(identifier: "en_US_POSIX")
}

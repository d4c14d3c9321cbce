/// One value of a TOML document.
indirect enum ConfigurationValue: Equatable, Sendable {
    case text(String)
    case integer(Int)
    case number(Double)
    case boolean(Bool)
    case list([ConfigurationValue])
    /// A date, a time or both: no key has one.
    case moment

    /// For messages: `the text "7"`.
    var inWords: String {
        switch self {
        case .text: "the text \(toml)"
        case .integer, .number, .boolean: toml
        case .list(let items): items.isEmpty ? "an empty list" : "the list \(toml)"
        case .moment: "a date or time"
        }
    }

    /// As TOML; a moment, which is never written, becomes empty text.
    var toml: String {
        switch self {
        case .text(let text): ConfigurationValue.quoted(text)
        case .integer(let value): String(value)
        case .number(let value): String(value)
        case .boolean(let value): String(value)
        case .list(let items): "[" + items.map(\.toml).joined(separator: ", ") + "]"
        case .moment: "\"\""
        }
    }

    /// A basic string of TOML 1.0: quotes, backslashes and control characters escaped.
    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                let digits = String(scalar.value, radix: 16, uppercase: true)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}

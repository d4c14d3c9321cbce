/// A piece of HTML or SVG. Whatever comes from outside enters through `text` or an attribute, and is escaped there.
public struct Markup: Hashable, Sendable {
    public let source: String

    /// - Parameter source: well-formed, and written by this program.
    init(trusted source: String) { self.source = source }

    static let nothing = Markup(trusted: "")

    static func text(_ text: String) -> Markup { Markup(trusted: escaped(text)) }

    static func joined(_ parts: [Markup]) -> Markup { Markup(trusted: parts.map(\.source).joined()) }

    /// - Parameter attributes: in this order; those that are nil are left out, an empty value stands alone.
    static func element(
        _ name: String, _ attributes: KeyValuePairs<String, String?> = [:], _ content: [Markup]
    ) -> Markup {
        var source = "<" + name
        for (key, value) in attributes {
            guard let value else { continue }
            source += value.isEmpty ? " \(key)" : " \(key)=\"\(escaped(value))\""
        }
        source += ">"
        if voidElements.contains(name) { return Markup(trusted: source) }
        for part in content { source += part.source }
        return Markup(trusted: source + "</\(name)>")
    }

    static func element(
        _ name: String, _ attributes: KeyValuePairs<String, String?> = [:], _ content: Markup...
    ) -> Markup { element(name, attributes, content) }

    static func element(
        _ name: String, _ attributes: KeyValuePairs<String, String?> = [:], text: String
    ) -> Markup { element(name, attributes, [.text(text)]) }

    private static let voidElements: Set<String> = ["br", "input", "link", "meta"]

    private static func escaped(_ text: String) -> String {
        guard text.utf8.contains(where: { Self.special.contains($0) }) else { return text }
        var result = ""
        for character in text.unicodeScalars {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }

    private static let special = Set("&<>\"'".utf8)
}

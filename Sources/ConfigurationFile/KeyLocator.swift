/// Finds the line of a key in a TOML text. The parser gives places for syntax errors only; this reads the usual form
/// (`[table]`, then `key = value` on a line of its own, or `table.key = value`) and finds nothing in others, which
/// costs a message its line number and nothing else.
struct KeyLocator {
    private var places: [String: (line: Int, column: Int)] = [:]

    init(text: String) {
        var table = ""
        var openQuote: String?
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let wasInside = openQuote != nil
            openQuote = KeyLocator.quoteOpen(after: line, openBefore: openQuote)
            guard !wasInside, let start = line.firstIndex(where: { $0 != " " && $0 != "\t" }) else { continue }
            let place = (line: index + 1, column: line.distance(from: line.startIndex, to: start) + 1)
            let content = line[start...]
            if content.hasPrefix("["), let end = content.firstIndex(of: "]") {
                table = KeyLocator.bare(content[..<end].dropFirst())
                note(table: table, key: nil, at: place)
            } else if !content.hasPrefix("#"), let equals = content.firstIndex(of: "="),
                // An equals sign inside quotes belongs to a text, such as an item of a list over several lines.
                content[..<equals].count(where: { $0 == "\"" || $0 == "'" }).isMultiple(of: 2)
            {
                let name = KeyLocator.bare(content[..<equals])
                let parts = name.split(separator: ".", maxSplits: 1).map { KeyLocator.bare($0) }
                if table.isEmpty, parts.count == 2 { note(table: parts[0], key: parts[1], at: place) }
                note(table: table, key: name, at: place)
            }
        }
    }

    /// Counted from 1; nil where the text does not tell.
    func find(table: String, key: String?) -> (line: Int, column: Int)? { places[KeyLocator.name(table, key)] }

    private mutating func note(table: String, key: String?, at place: (line: Int, column: Int)) {
        let name = KeyLocator.name(table, key)
        if places[name] == nil { places[name] = place }
    }

    /// A key never holds a line break, so the pair is told apart from every other.
    private static func name(_ table: String, _ key: String?) -> String { key.map { "\(table)\n\($0)" } ?? table }

    private static func bare(_ text: Substring) -> String {
        String(text.filter { $0 != " " && $0 != "\t" && $0 != "\"" && $0 != "'" })
    }

    /// The triple quote that is open at the end of a line, if one is.
    private static func quoteOpen(after line: Substring, openBefore: String?) -> String? {
        var open = openBefore
        var rest = line
        while let first = rest.first {
            if let quote = open {
                guard let end = rest.firstRange(of: quote) else { return open }
                open = nil
                rest = rest[end.upperBound...]
            } else if let quote = ["\"\"\"", "'''"].first(where: { rest.hasPrefix($0) }) {
                open = quote
                rest = rest.dropFirst(3)
            } else if first == "#" {
                return nil
            } else {
                rest = rest.dropFirst()
            }
        }
        return open
    }
}

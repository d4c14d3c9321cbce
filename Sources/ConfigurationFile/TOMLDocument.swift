import TOMLKit

/// A parsed file: tables of keys and values, and where they stand. The only code that knows the TOML parser.
struct TOMLDocument {
    /// Where the text was written.
    let path: String
    /// By table, then by key. Keys outside any table stand under `""`.
    let tables: [String: [String: ConfigurationValue]]
    private let locator: KeyLocator

    /// - Throws: `ConfigurationError.syntax` with line and column, also for a NUL, which the parser's strings cannot hold.
    init(text: String, path: String) throws(ConfigurationError) {
        let parsed = try TOMLDocument.parse(text, path: path)
        var tables: [String: [String: ConfigurationValue]] = [:]
        for (key, value) in parsed {
            if let table = value.table {
                tables[key] = [:]
                for (inner, value) in table { tables[key]?[inner] = TOMLDocument.value(of: value) }
            } else {
                tables["", default: [:]][key] = TOMLDocument.value(of: value)
            }
        }
        self.path = path
        self.tables = tables
        locator = KeyLocator(text: text)
    }

    /// Where the key stands, as far as the text tells.
    func place(table: String, key: String?) -> ConfigurationError.Place {
        let found = locator.find(table: table, key: key)
        return .file(path: path, line: found?.line, column: found?.column)
    }

    /// One value written as TOML, such as a list in an environment variable; nil where it is none.
    static func value(ofText text: String) -> ConfigurationValue? {
        guard let parsed = try? parse("value = " + text, path: ""), parsed.count == 1 else { return nil }
        return parsed["value"].map { value(of: $0) }
    }

    private static func parse(_ text: String, path: String) throws(ConfigurationError) -> TOMLTable {
        // "\u0000" is legal TOML, but ends a C string: the rest of the value would be lost without a word.
        let hasNUL = text.utf8.contains(0) || ["\\u0000", "\\U00000000"].contains { text.contains($0) }
        guard !hasNUL else {
            throw .syntax(place: .file(path: path, line: nil, column: nil), reason: "it holds a NUL; remove it")
        }
        do {
            return try TOMLTable(string: text)
        } catch let error as TOMLParseError {
            let (line, column) = (error.source.begin.line, error.source.begin.column)
            throw .syntax(place: .file(path: path, line: line, column: column), reason: error.description)
        } catch {
            throw .syntax(place: .file(path: path, line: nil, column: nil), reason: "\(error)")
        }
    }

    private static func value(of node: any TOMLValueConvertible) -> ConfigurationValue {
        switch node.type {
        case .string: node.string.map(ConfigurationValue.text) ?? .moment
        case .int: node.int.map(ConfigurationValue.integer) ?? .moment
        case .double: node.double.map(ConfigurationValue.number) ?? .moment
        case .bool: node.bool.map(ConfigurationValue.boolean) ?? .moment
        case .array: .list(node.array?.map { value(of: $0) } ?? [])
        case .table: .table
        case .date, .time, .dateTime: .moment
        }
    }
}

/// A TOML text as tables of keys and values, each with its place.
///
/// Read here and not by a library so that no text, however damaged, does worse than being refused (the usual C++
/// parser aborts the process on some malformed lists and headers), and so that every message can name a line.
/// The language is TOML 1.0 (toml.io) without what this configuration has no use for: inline tables and arrays of
/// tables are refused by name; `[a.b]` is a table of that name.
struct TOMLDocument {
    struct Entry {
        let value: ConfigurationValue
        let line: Int
        let column: Int
    }

    struct Table {
        /// Of the header, or of the first key that names the table.
        let line: Int
        let column: Int
        var entries: [String: Entry] = [:]
    }

    /// Where the text was written.
    let path: String
    /// By name. Keys outside any table stand under `""`.
    private(set) var tables: [String: Table] = [:]

    /// - Throws: `ConfigurationError.syntax` with line and column.
    init(text: String, path: String) throws(ConfigurationError) {
        self.path = path
        do {
            try read(text)
        } catch {
            throw .syntax(place: .file(path: path, line: error.line, column: error.column), reason: error.reason)
        }
    }

    /// One value written as TOML, such as a list in an environment variable; nil where it is none.
    static func value(ofText text: String) -> ConfigurationValue? {
        var cursor = TOMLCursor(text)
        do throws(TOMLProblem) {
            let value = try cursor.readValue()
            try cursor.skipEmptyLines()
            return cursor.isAtEnd ? value : nil
        } catch {
            return nil
        }
    }

    func place(of entry: Entry) -> ConfigurationError.Place {
        .file(path: path, line: entry.line, column: entry.column)
    }

    private mutating func read(_ text: String) throws(TOMLProblem) {
        var cursor = TOMLCursor(text)
        var table = ""
        while true {
            try cursor.skipEmptyLines()
            if cursor.isAtEnd { return }
            if cursor.peek() == "[" { table = try readHeader(&cursor) } else { try readPair(&cursor, in: table) }
            cursor.skipBlanks()
            try cursor.skipComment()
            guard cursor.isAtEnd || cursor.takeLineBreak() else {
                throw cursor.problem("the end of the line was expected (got \(cursor.next))")
            }
        }
    }

    private mutating func readHeader(_ cursor: inout TOMLCursor) throws(TOMLProblem) -> String {
        let start = cursor
        cursor.advance()
        guard cursor.peek() != "[" else { throw start.problem("an array of tables [[...]]; write [...] once") }
        let name = try Self.readKey(&cursor).joined(separator: ".")
        guard cursor.take("]") else {
            throw cursor.problem("\"]\" was expected after a table's name (got \(cursor.next))")
        }
        if let first = tables[name] {
            throw start.problem(
                "the table [\(name)] stands here again (first in line \(first.line)); put its keys together")
        }
        tables[name] = Table(line: start.line, column: start.column)
        return name
    }

    /// `key = value`, or `table.key = value` outside any table.
    private mutating func readPair(_ cursor: inout TOMLCursor, in table: String) throws(TOMLProblem) {
        let start = cursor
        let parts = try Self.readKey(&cursor)
        guard cursor.take("=") else { throw cursor.problem("\"=\" was expected after a key (got \(cursor.next))") }
        cursor.skipBlanks()
        let value = try cursor.readValue()
        let isOutside = table.isEmpty && parts.count > 1
        let name = isOutside ? parts[0] : table
        let key = parts.dropFirst(isOutside ? 1 : 0).joined(separator: ".")
        if let first = tables[name]?.entries[key] {
            throw start.problem("the key \(key) stands here again (first in line \(first.line)); remove one of the two")
        }
        let entry = Entry(value: value, line: start.line, column: start.column)
        tables[name, default: Table(line: start.line, column: start.column)].entries[key] = entry
    }

    /// The parts of a key between dots, and the blanks after it.
    private static func readKey(_ cursor: inout TOMLCursor) throws(TOMLProblem) -> [String] {
        var parts: [String] = []
        repeat {
            cursor.skipBlanks()
            if cursor.peek() == "\"" || cursor.peek() == "'" {
                parts.append(try cursor.readString())
            } else {
                let start = cursor
                let part = cursor.take {
                    $0.isASCII && ($0.properties.isAlphabetic || "0123456789_-".unicodeScalars.contains($0))
                }
                guard !part.isEmpty else { throw start.problem("a key was expected (got \(start.next))") }
                parts.append(part)
            }
            cursor.skipBlanks()
        } while cursor.take(".")
        return parts
    }
}

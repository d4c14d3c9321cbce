/// Why some bytes are not the JSON that was expected; `offset` counts bytes from the beginning.
public struct JSONProblem: Error, Hashable, Sendable, CustomStringConvertible {
    public let reason: String
    public let offset: Int

    public init(reason: String, offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    public var description: String { "\(reason) at byte \(offset)" }
}

/// A strict reader of JSON (RFC 8259) that goes through the bytes once and builds nothing: the caller asks for what
/// it expects next. Unlike Foundation's decoder it shows every member of an object, so duplicates can be refused.
///
/// Not accepted: anything beyond the standard (but see `Dialect`), nesting deeper than `maximumDepth`, UTF-8 that is not valid.
public struct JSONScanner: Sendable {
    public static let maximumDepth = 128

    public enum Kind: Sendable { case object, array, string, number, boolean, null }

    public enum Dialect: Sendable {
        case standard
        /// What Python's `json` writes unless told otherwise: `NaN`, `Infinity` and `-Infinity` are numbers too.
        case python
    }

    private let bytes: [UInt8]
    private let dialect: Dialect
    public private(set) var offset = 0
    private var depth = 0

    public init(_ bytes: [UInt8], dialect: Dialect = .standard) throws(JSONProblem) {
        // Checked once for everything, strings included.
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw JSONProblem(reason: "the text is not valid UTF-8", offset: 0)
        }
        self.bytes = bytes
        self.dialect = dialect
    }

    /// What comes next.
    public mutating func peek() throws(JSONProblem) -> Kind {
        skipSpace()
        guard offset < bytes.count else { throw problem("the text ends where a value should begin") }
        switch bytes[offset] {
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .boolean
        case UInt8(ascii: "n"): return .null
        case UInt8(ascii: "N") where dialect == .python, UInt8(ascii: "I") where dialect == .python: return .number
        default: throw problem("no value begins with \(shown(bytes[offset]))")
        }
    }

    /// Reads an object; `member` is called with each key and must read (or skip) its value.
    public mutating func object<Failure: Error>(
        member: (inout JSONScanner, String) throws(Failure) -> Void, problem wrap: (JSONProblem) -> Failure
    ) throws(Failure) {
        do { try enter("{", .object, "an object") } catch { throw wrap(error) }
        var isFirst = true
        while true {
            let key: String
            do {
                if try leaves("}", isFirst: isFirst) { return }
                key = try string()
                try expect(":")
            } catch { throw wrap(error) }
            try member(&self, key)
            isFirst = false
        }
    }

    /// Reads an array; `element` is called before each value and must read (or skip) it.
    public mutating func array(element: (inout JSONScanner) throws(JSONProblem) -> Void) throws(JSONProblem) {
        try enter("[", .array, "an array")
        var isFirst = true
        while try !leaves("]", isFirst: isFirst) {
            try element(&self)
            isFirst = false
        }
    }

    /// A whole number in 0...Int.max, written without sign, point or exponent.
    public mutating func count() throws(JSONProblem) -> Int {
        guard try peek() == .number else { throw problem("a whole number was expected") }
        let start = offset
        try skipNumber()
        guard let value = Int(String(decoding: bytes[start..<offset], as: UTF8.self)), bytes[start] != UInt8(ascii: "-")
        else {
            throw JSONProblem(reason: "a whole number in 0...\(Int.max) was expected", offset: start)
        }
        return value
    }

    public mutating func string() throws(JSONProblem) -> String {
        guard try peek() == .string else { throw problem("a string was expected") }
        offset += 1
        let start = offset
        while offset < bytes.count, bytes[offset] != UInt8(ascii: "\""), bytes[offset] != UInt8(ascii: "\\"),
            bytes[offset] >= 0x20
        {
            offset += 1
        }
        var text = Array(bytes[start..<offset])
        while true {
            guard offset < bytes.count else { throw problem("the text ends inside a string") }
            let byte = bytes[offset]
            if byte == UInt8(ascii: "\"") { break }
            guard byte >= 0x20 else { throw problem("a control character inside a string") }
            if byte == UInt8(ascii: "\\") {
                text += try escaped()
            } else {
                text.append(byte)
                offset += 1
            }
        }
        offset += 1
        return String(decoding: text, as: UTF8.self)
    }

    /// Reads `null` if that is what comes next.
    public mutating func null() throws(JSONProblem) -> Bool {
        guard try peek() == .null else { return false }
        try word("null")
        return true
    }

    /// Reads any value, checks its syntax and forgets it.
    public mutating func skip() throws(JSONProblem) {
        switch try peek() {
        case .object:
            try object(
                member: { (scanner, _) throws(JSONProblem) in try scanner.skip() }, problem: { $0 })
        case .array: try array { (scanner) throws(JSONProblem) in try scanner.skip() }
        case .string: _ = try string()
        case .number: try skipNumber()
        case .boolean: try word(bytes[offset] == UInt8(ascii: "t") ? "true" : "false")
        case .null: try word("null")
        }
    }

    /// Nothing but white space may follow.
    public mutating func end() throws(JSONProblem) {
        skipSpace()
        guard offset == bytes.count else { throw problem("\(shown(bytes[offset])) follows the end of the value") }
    }
}

extension JSONScanner {
    private func problem(_ reason: String) -> JSONProblem { JSONProblem(reason: reason, offset: offset) }

    private func shown(_ byte: UInt8) -> String {
        byte > 0x20 && byte < 0x7F ? "'\(UnicodeScalar(byte))'" : "byte 0x" + String(byte, radix: 16)
    }

    private mutating func skipSpace() {
        while offset < bytes.count {
            switch bytes[offset] {
            case 0x20, 0x0A, 0x0D, 0x09: offset += 1
            default: return
            }
        }
    }

    private mutating func expect(_ character: UnicodeScalar) throws(JSONProblem) {
        skipSpace()
        guard offset < bytes.count, bytes[offset] == UInt8(ascii: character) else {
            throw problem("'\(character)' was expected")
        }
        offset += 1
    }

    private mutating func enter(_ opening: UnicodeScalar, _ kind: Kind, _ words: String) throws(JSONProblem) {
        guard try peek() == kind else { throw problem("\(words) was expected") }
        depth += 1
        guard depth <= Self.maximumDepth else { throw problem("nesting deeper than \(Self.maximumDepth)") }
        offset += 1
    }

    /// Whether the object or array ends here; reads the closing bracket or the comma before the next member.
    private mutating func leaves(_ closing: UnicodeScalar, isFirst: Bool) throws(JSONProblem) -> Bool {
        skipSpace()
        if offset < bytes.count, bytes[offset] == UInt8(ascii: closing) {
            offset += 1
            depth -= 1
            return true
        }
        if !isFirst { try expect(",") }
        return false
    }

    private mutating func word(_ text: StaticString) throws(JSONProblem) {
        let wanted = Array(text.description.utf8)
        guard bytes[offset...].starts(with: wanted) else { throw problem("'\(text)' was expected") }
        offset += wanted.count
    }

    private mutating func digits() throws(JSONProblem) {
        let start = offset
        while offset < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[offset]) { offset += 1 }
        guard offset > start else { throw problem("a digit was expected") }
    }

    private mutating func take(_ characters: StaticString) -> Bool {
        guard offset < bytes.count, characters.description.utf8.contains(bytes[offset]) else { return false }
        offset += 1
        return true
    }

    private mutating func skipNumber() throws(JSONProblem) {
        let isNegative = take("-")
        if dialect == .python, offset < bytes.count {
            if bytes[offset] == UInt8(ascii: "I") { return try word("Infinity") }
            if bytes[offset] == UInt8(ascii: "N"), !isNegative { return try word("NaN") }
        }
        if take("0") {
            if offset < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[offset]) {
                throw problem("a number with a leading zero")
            }
        } else {
            try digits()
        }
        if take(".") { try digits() }
        if take("eE") {
            _ = take("+-")
            try digits()
        }
    }

    private mutating func escaped() throws(JSONProblem) -> [UInt8] {
        offset += 1
        guard offset < bytes.count else { throw problem("the text ends inside a string") }
        let byte = bytes[offset]
        offset += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"): return try unicodeEscape()
        default: throw problem("an escape that JSON does not have")
        }
    }

    private mutating func unicodeEscape() throws(JSONProblem) -> [UInt8] {
        var unit = try fourDigits()
        if (0xD800..<0xDC00).contains(unit) {
            guard take("\\"), take("u") else { throw problem("half of a surrogate pair") }
            let low = try fourDigits()
            guard (0xDC00..<0xE000).contains(low) else { throw problem("half of a surrogate pair") }
            unit = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
        }
        guard let scalar = UnicodeScalar(unit) else { throw problem("half of a surrogate pair") }
        return Array(String(Character(scalar)).utf8)
    }

    private mutating func fourDigits() throws(JSONProblem) -> UInt32 {
        guard offset + 4 <= bytes.count else { throw problem("four hexadecimal digits were expected") }
        var value: UInt32 = 0
        for byte in bytes[offset..<offset + 4] {
            guard let digit = Character(UnicodeScalar(byte)).hexDigitValue, byte < 0x80 else {
                throw problem("four hexadecimal digits were expected")
            }
            value = value << 4 + UInt32(digit)
        }
        offset += 4
        return value
    }
}

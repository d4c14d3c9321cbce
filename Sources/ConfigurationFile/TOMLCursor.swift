/// Why a text is not the TOML that is read here. Line and column count from 1, columns in Unicode scalars.
struct TOMLProblem: Error, Equatable {
    let reason: String
    let line: Int
    let column: Int
}

/// A place in a TOML text that only moves forward.
struct TOMLCursor {
    private let scalars: [UnicodeScalar]
    private var index: Int
    private(set) var line = 1
    private var lineStart: Int

    init(_ text: String) {
        scalars = Array(text.unicodeScalars)
        // Some editors begin a file with a byte order mark.
        index = scalars.first == "\u{FEFF}" ? 1 : 0
        lineStart = index
    }

    var column: Int { index - lineStart + 1 }
    var isAtEnd: Bool { index >= scalars.count }

    /// Nil at the end.
    func peek(_ ahead: Int = 0) -> UnicodeScalar? {
        index + ahead < scalars.count ? scalars[index + ahead] : nil
    }

    func problem(_ reason: String) -> TOMLProblem { TOMLProblem(reason: reason, line: line, column: column) }

    /// What comes next, for messages.
    var next: String {
        guard let scalar = peek() else { return "the end of the file" }
        return scalar == "\n" || (scalar == "\r" && peek(1) == "\n")
            ? "the end of the line" : String(scalar).debugDescription
    }

    /// Goes over one scalar that is not the end.
    @discardableResult
    mutating func advance() -> UnicodeScalar {
        let scalar = scalars[index]
        index += 1
        if scalar == "\n" {
            line += 1
            lineStart = index
        }
        return scalar
    }

    /// Goes over the text if it comes next.
    mutating func take(_ text: String) -> Bool {
        let wanted = Array(text.unicodeScalars)
        guard scalars[index...].starts(with: wanted) else { return false }
        for _ in wanted { advance() }
        return true
    }

    /// Goes over scalars for as long as they satisfy.
    mutating func take(while satisfies: (UnicodeScalar) -> Bool) -> String {
        var text = String.UnicodeScalarView()
        while let scalar = peek(), satisfies(scalar) { text.append(advance()) }
        return String(text)
    }

    mutating func skipBlanks() { _ = take { $0 == " " || $0 == "\t" } }

    /// A line feed, or a carriage return with one.
    mutating func takeLineBreak() -> Bool { take("\n") || take("\r\n") }

    mutating func skipComment() throws(TOMLProblem) {
        guard peek() == "#" else { return }
        while let scalar = peek(), scalar != "\n", !(scalar == "\r" && peek(1) == "\n") {
            guard !Self.isControl(scalar) else { throw problem("a control character in a comment") }
            advance()
        }
    }

    /// Blanks, comments and line breaks.
    mutating func skipEmptyLines() throws(TOMLProblem) {
        repeat {
            skipBlanks()
            try skipComment()
        } while takeLineBreak()
    }

    /// A tab is allowed wherever a character is.
    static func isControl(_ scalar: UnicodeScalar) -> Bool {
        (scalar.value < 0x20 && scalar != "\t") || scalar.value == 0x7F
    }
}

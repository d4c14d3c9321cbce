/// The four kinds of strings of TOML 1.0.
extension TOMLCursor {
    /// Reads a string that begins with `"`, `'`, `"""` or `'''`. A NUL is refused, however it is written: no path and
    /// no name can hold one.
    mutating func readString() throws(TOMLProblem) -> String {
        let quote = advance()
        let isBasic = quote == "\""
        let text: String
        if peek() == quote, peek(1) == quote {
            advance()
            advance()
            text = try readLines(until: quote, isBasic: isBasic)
        } else {
            text = try readLine(until: quote, isBasic: isBasic)
        }
        guard !text.unicodeScalars.contains("\0") else { throw problem("a text with a NUL in it") }
        return text
    }

    private mutating func readLine(until quote: UnicodeScalar, isBasic: Bool) throws(TOMLProblem) -> String {
        var text = String.UnicodeScalarView()
        while let scalar = peek(), scalar != "\n", scalar != "\r" {
            if scalar == quote {
                advance()
                return String(text)
            }
            if isBasic, scalar == "\\" {
                text.append(try readEscape())
            } else {
                guard !Self.isControl(scalar) else { throw problem("a control character in a text") }
                text.append(advance())
            }
        }
        throw problem("a text without its closing quote \(String(quote)) on the line")
    }

    private mutating func readLines(until quote: UnicodeScalar, isBasic: Bool) throws(TOMLProblem) -> String {
        let start = self
        var text = String.UnicodeScalarView()
        // A line break right after the opening does not count.
        _ = takeLineBreak()
        while let scalar = peek() {
            if scalar == quote, peek(1) == quote, peek(2) == quote {
                // One or two more quotes belong to the text.
                while peek(3) == quote { text.append(advance()) }
                for _ in 0..<3 { advance() }
                return String(text)
            }
            if takeLineBreak() {
                text.append("\n")
            } else if isBasic, scalar == "\\" {
                if !skipContinuation() { text.append(try readEscape()) }
            } else {
                guard !Self.isControl(scalar) else { throw problem("a control character in a text") }
                text.append(advance())
            }
        }
        throw start.problem("a text of several lines without its end")
    }

    /// A backslash at the end of a line takes the line break and all blanks after it away.
    private mutating func skipContinuation() -> Bool {
        var ahead = self
        ahead.advance()
        ahead.skipBlanks()
        guard ahead.takeLineBreak() else { return false }
        repeat { ahead.skipBlanks() } while ahead.takeLineBreak()
        self = ahead
        return true
    }

    private mutating func readEscape() throws(TOMLProblem) -> UnicodeScalar {
        let start = self
        advance()
        guard !isAtEnd else { throw start.problem("the file ends inside a text") }
        switch advance() {
        case "b": return "\u{8}"
        case "t": return "\t"
        case "n": return "\n"
        case "f": return "\u{C}"
        case "r": return "\r"
        case "\"": return "\""
        case "\\": return "\\"
        case "u": return try readScalar(digits: 4, from: start)
        case "U": return try readScalar(digits: 8, from: start)
        default: throw start.problem("an escape that TOML does not have; in '...' a backslash is a backslash")
        }
    }

    private mutating func readScalar(digits: Int, from start: TOMLCursor) throws(TOMLProblem) -> UnicodeScalar {
        var value: UInt32 = 0
        for _ in 0..<digits {
            guard let scalar = peek(), scalar.isASCII, let digit = Character(scalar).hexDigitValue else {
                throw start.problem("\(digits) hexadecimal digits were expected")
            }
            // Eight digits fit 32 bits.
            value = value << 4 | UInt32(digit)
            advance()
        }
        guard let scalar = UnicodeScalar(value) else { throw start.problem("no Unicode scalar has this number") }
        return scalar
    }
}

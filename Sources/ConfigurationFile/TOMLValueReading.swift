/// The values of TOML 1.0, but for inline tables, which are refused: this configuration has no use for them.
extension TOMLCursor {
    private static let deepestList = 8

    mutating func readValue(depth: Int = 0) throws(TOMLProblem) -> ConfigurationValue {
        switch peek() {
        case "\"", "'": return .text(try readString())
        case "[": return .list(try readList(depth: depth))
        case "{": throw problem("an inline table; write a [table] with a line for each key")
        default: return try readWord()
        }
    }

    private mutating func readList(depth: Int) throws(TOMLProblem) -> [ConfigurationValue] {
        guard depth < Self.deepestList else { throw problem("lists in lists deeper than \(Self.deepestList)") }
        advance()
        var items: [ConfigurationValue] = []
        while true {
            try skipEmptyLines()
            if take("]") { return items }
            items.append(try readValue(depth: depth + 1))
            try skipEmptyLines()
            if take("]") { return items }
            guard take(",") else { throw problem("\",\" or \"]\" was expected in a list (got \(next))") }
        }
    }

    /// A number, a truth value or a date: everything that is not quoted.
    private mutating func readWord() throws(TOMLProblem) -> ConfigurationValue {
        let start = self
        let word = take { $0.properties.isAlphabetic || "0123456789+-._:".unicodeScalars.contains($0) }
        switch word {
        case "": throw start.problem("a value was expected (got \(start.next))")
        case "true": return .boolean(true)
        case "false": return .boolean(false)
        case "inf", "+inf": return .number(.infinity)
        case "-inf": return .number(-.infinity)
        case "nan", "+nan", "-nan": return .number(.nan)
        default:
            if let value = Self.number(word) { return value }
            if Self.isMoment(word) { return .moment }
            throw start.problem("\(word.debugDescription) is no value; text is written in quotes")
        }
    }

    /// A whole number of 64 bits in base 10, 16, 8 or 2, or a decimal one; nil for anything else.
    private static func number(_ word: String) -> ConfigurationValue? {
        let isNegative = word.hasPrefix("-")
        let isSigned = isNegative || word.hasPrefix("+")
        let text = word.dropFirst(isSigned ? 1 : 0)
        for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] where text.hasPrefix(prefix) && !isSigned {
            return digits(text.dropFirst(2), radix: radix).flatMap { Int($0, radix: radix) }.map { .integer($0) }
        }
        let whole = text.prefix { $0 != "." && $0 != "e" && $0 != "E" }
        guard let wholeDigits = digits(whole, radix: 10), wholeDigits.count == 1 || wholeDigits.first != "0" else {
            return nil
        }
        if whole.count == text.count { return Int((isNegative ? "-" : "") + wholeDigits).map { .integer($0) } }
        var rest = text.dropFirst(whole.count)
        if rest.first == "." {
            let fraction = rest.dropFirst().prefix { $0 != "e" && $0 != "E" }
            guard digits(fraction, radix: 10) != nil else { return nil }
            rest = rest.dropFirst(1 + fraction.count)
        }
        if !rest.isEmpty {
            let exponent = rest.dropFirst()
            let unsigned = exponent.first == "-" || exponent.first == "+" ? exponent.dropFirst() : exponent
            guard digits(unsigned, radix: 10) != nil else { return nil }
        }
        return Double(word.filter { $0 != "_" }).map { .number($0) }
    }

    /// Digits without the underscores that may stand between two of them; nil for anything else.
    private static func digits(_ text: Substring, radix: Int) -> String? {
        let groups = text.split(separator: "_", omittingEmptySubsequences: false)
        let isPlain = groups.allSatisfy { group in
            !group.isEmpty && group.allSatisfy { $0.isASCII && ($0.hexDigitValue ?? 99) < radix }
        }
        return isPlain ? groups.joined() : nil
    }

    /// Looks like a date or a time. No key has one, so it is told from nonsense and not read.
    private static func isMoment(_ word: String) -> Bool {
        word.first?.isNumber == true && (word.filter { $0 == "-" }.count == 2 || word.contains(":"))
    }
}

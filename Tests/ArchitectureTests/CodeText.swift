/// Swift source with comments and the contents of string literals blanked out, so that what remains can be searched
/// for words and braces. Newlines stay where they were; code inside an interpolation is blanked with its string.
///
/// Knows line and nested block comments, and plain, raw and multi-line strings with interpolations; not regex literals.
struct CodeText {
    private(set) var bytes: [UInt8]

    init(_ source: String) {
        let input = Array(source.utf8)
        bytes = input
        var position = 0
        while position < input.count {
            let end = Self.endOfCommentOrString(in: input, at: position)
            for blank in position..<end where bytes[blank] != .newline { bytes[blank] = .space }
            position = max(end, position + 1)
        }
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Where the comment or string that begins at `start` ends; `start` itself when none begins there.
    static func endOfCommentOrString(in input: [UInt8], at start: Int) -> Int {
        if matches(input, start, "//") { return input[start...].firstIndex(of: .newline) ?? input.count }
        if matches(input, start, "/*") { return endOfBlockComment(in: input, at: start) }
        var hashes = 0
        while start + hashes < input.count, input[start + hashes] == .hash { hashes += 1 }
        guard start + hashes < input.count, input[start + hashes] == .quote else { return start }
        return endOfString(in: input, at: start + hashes, hashes: hashes)
    }

    private static func endOfBlockComment(in input: [UInt8], at start: Int) -> Int {
        var depth = 0
        var position = start
        while position < input.count {
            if matches(input, position, "/*") {
                depth += 1
                position += 2
            } else if matches(input, position, "*/") {
                depth -= 1
                position += 2
                if depth == 0 { return position }
            } else {
                position += 1
            }
        }
        return input.count
    }

    /// - Parameter quote: position of the opening quote, behind `hashes` number signs.
    private static func endOfString(in input: [UInt8], at quote: Int, hashes: Int) -> Int {
        let signs = String(repeating: "#", count: hashes)
        let delimiter = matches(input, quote, "\"\"\"") ? "\"\"\"" : "\""
        var position = quote + delimiter.utf8.count
        while position < input.count {
            if matches(input, position, delimiter + signs) { return position + delimiter.utf8.count + hashes }
            if matches(input, position, "\\" + signs + "(") {
                position = endOfInterpolation(in: input, at: position + 1 + hashes)
            } else if matches(input, position, "\\" + signs) {
                position += 2 + hashes
            } else {
                position += 1
            }
        }
        return input.count
    }

    /// - Parameter start: position of the opening parenthesis.
    static func endOfInterpolation(in input: [UInt8], at start: Int) -> Int {
        var depth = 0
        var position = start
        while position < input.count {
            let end = endOfCommentOrString(in: input, at: position)
            if end > position {
                position = end
                continue
            }
            if input[position] == UInt8(ascii: "(") { depth += 1 }
            if input[position] == UInt8(ascii: ")") { depth -= 1 }
            position += 1
            if depth == 0 { return position }
        }
        return input.count
    }

    static func matches(_ input: [UInt8], _ position: Int, _ word: String) -> Bool {
        var position = position
        for byte in word.utf8 {
            guard position < input.count, input[position] == byte else { return false }
            position += 1
        }
        return true
    }
}

extension UInt8 {
    static let newline = UInt8(ascii: "\n")
    static let space = UInt8(ascii: " ")
    static let quote = UInt8(ascii: "\"")
    static let hash = UInt8(ascii: "#")
}

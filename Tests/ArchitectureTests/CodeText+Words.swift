/// A word of the code: an identifier or keyword, with the line it stands in (counted from 1).
struct Word: Equatable {
    let text: String
    let line: Int
    let start: Int
    let end: Int
}

extension CodeText {
    /// All identifiers and keywords in order.
    var words: [Word] {
        var found: [Word] = []
        var line = 1
        var position = 0
        while position < bytes.count {
            let start = position
            while position < bytes.count, bytes[position].isWord { position += 1 }
            if position > start {
                let text = String(decoding: bytes[start..<position], as: UTF8.self)
                found.append(Word(text: text, line: line, start: start, end: position))
            } else {
                if bytes[position] == .newline { line += 1 }
                position += 1
            }
        }
        return found
    }

    /// The modules that the file imports.
    var importedModules: [Word] {
        let kinds: Set<String> = ["class", "enum", "func", "let", "protocol", "struct", "typealias", "var"]
        let words = self.words
        return words.indices.compactMap { index in
            guard words[index].text == "import", index + 1 < words.count else { return nil }
            let next = words[index + 1]
            return kinds.contains(next.text) && index + 2 < words.count ? words[index + 2] : next
        }
    }

    /// Lines in which `pattern`, a piece of code without spaces such as "try!", stands outside comments and strings.
    func lines(with pattern: String) -> [Int] {
        let lines = bytes.split(separator: .newline, omittingEmptySubsequences: false)
        return lines.indices.filter { String(decoding: lines[$0], as: UTF8.self).contains(pattern) }.map { $0 + 1 }
    }
}

extension UInt8 {
    /// A letter, digit, underscore or part of a letter beyond ASCII.
    var isWord: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "_"), 128...255:
            true
        default: false
        }
    }
}

/// A function, initialiser or subscript with a body.
struct FunctionExtent: Equatable {
    let name: String
    /// Line of the keyword, and of the brace that closes the body.
    let firstLine: Int
    let lastLine: Int

    var lineCount: Int { lastLine - firstLine + 1 }
}

extension CodeText {
    /// All functions with a body, nested ones too; requirements of protocols have none.
    var functions: [FunctionExtent] {
        let words = self.words
        let keywords: Set<String> = ["func", "init", "deinit", "subscript"]
        return words.indices.compactMap { index in
            let word = words[index]
            guard keywords.contains(word.text), isDeclaration(word), let body = body(after: word.end) else {
                return nil
            }
            let next = index + 1 < words.count ? words[index + 1].text : ""
            let lines = bytes[word.start..<body.upperBound].count { $0 == .newline }
            return FunctionExtent(
                name: word.text == "func" ? next : word.text, firstLine: word.line, lastLine: word.line + lines)
        }
    }

    /// False for `.init(…)` and for `self.init(…)`: those call.
    private func isDeclaration(_ word: Word) -> Bool {
        word.start == 0 || bytes[word.start - 1] != UInt8(ascii: ".")
    }

    /// The braces, both included, of the body that belongs to the signature at `start`; nil when the signature ends
    /// without one, at the next declaration or at the end of the enclosing type.
    private func body(after start: Int) -> Range<Int>? {
        var depth = 0
        var position = start
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "("), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: ")"), UInt8(ascii: "]"): depth -= 1
            case UInt8(ascii: "{") where depth == 0: return position..<endOfBlock(at: position)
            case UInt8(ascii: "}") where depth == 0: return nil
            case .newline where depth == 0 && declarationBegins(after: position): return nil
            default: break
            }
            position += 1
        }
        return nil
    }

    private func endOfBlock(at brace: Int) -> Int {
        var depth = 0
        for position in brace..<bytes.count {
            if bytes[position] == UInt8(ascii: "{") { depth += 1 }
            if bytes[position] == UInt8(ascii: "}") { depth -= 1 }
            if depth == 0 { return position + 1 }
        }
        return bytes.count
    }

    /// Whether the line after `newline` begins with a word that begins a declaration.
    private func declarationBegins(after newline: Int) -> Bool {
        let beginnings: Set<String> = [
            "actor", "associatedtype", "case", "class", "deinit", "enum", "extension", "final", "func", "init",
            "internal",
            "let", "mutating", "nonisolated", "package", "private", "protocol", "public", "static", "struct",
            "subscript",
            "typealias", "var",
        ]
        var start = newline + 1
        while start < bytes.count, bytes[start] == .space { start += 1 }
        var end = start
        while end < bytes.count, bytes[end].isWord { end += 1 }
        return beginnings.contains(String(decoding: bytes[start..<end], as: UTF8.self))
    }
}

/// A text in the source, with `…` where it varies: `cannot read \(path): it ends early` is `cannot read …: it ends early`.
struct Literal: Hashable {
    var template: String
    let line: Int
    /// The code on the same line in front of it.
    let before: String
    fileprivate var end: Int

    /// Its words outside what varies.
    var wordCount: Int {
        template.split { $0 == " " || $0 == "…" }.filter { $0.contains(where: \.isLetter) }.count
    }
}

extension CodeText {
    /// The literals of a source in order; those joined by `+` as one. Without multi-line and raw ones, which hold no
    /// messages, and without what stands inside an interpolation.
    static func literals(in source: String) -> [Literal] {
        let input = Array(source.utf8)
        var found: [Literal] = []
        var line = 1
        var position = 0
        while position < input.count {
            let end = max(endOfCommentOrString(in: input, at: position), position + 1)
            if input[position] == .quote, !matches(input, position, "\"\"\"") {
                let text = template(of: input[(position + 1)..<(end - 1)])
                if let last = found.last, isPlus(input[last.end..<position]) {
                    found[found.count - 1].template += text
                    found[found.count - 1].end = end
                } else {
                    let lineStart = input[..<position].lastIndex(of: .newline).map { $0 + 1 } ?? 0
                    let before = String(decoding: input[lineStart..<position], as: UTF8.self)
                    found.append(Literal(template: text, line: line, before: before, end: end))
                }
            }
            line += input[position..<end].count { $0 == .newline }
            position = end
        }
        return found.map { literal in
            var literal = literal
            literal.template = literal.template.replacing(/…+/, with: "…")
            return literal
        }
    }

    private static func isPlus(_ between: ArraySlice<UInt8>) -> Bool {
        between.filter { $0 != .space && $0 != .newline } == [UInt8(ascii: "+")]
    }

    /// - Parameter content: what stands between the quotes.
    private static func template(of content: ArraySlice<UInt8>) -> String {
        let input = Array(content)
        var text: [UInt8] = []
        var position = 0
        while position < input.count {
            if matches(input, position, "\\(") {
                text += Array("…".utf8)
                position = endOfInterpolation(in: input, at: position + 1)
            } else if input[position] == UInt8(ascii: "\\"), position + 1 < input.count {
                text.append(input[position + 1] == UInt8(ascii: "n") ? .newline : input[position + 1])
                position += 2
            } else {
                text.append(input[position])
                position += 1
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}

import Foundation

/// What a piece of text is; how that looks is the palette's affair.
enum Tone: Hashable, Sendable {
    case plain, title, label, good, warning, bad, faint
}

enum Palette: Sendable {
    case none
    case colours

    /// Sixteen-colour codes (ECMA-48, SGR), which follow the terminal's own dark or light scheme.
    func paint(_ text: String, _ tone: Tone) -> String {
        guard self == .colours, let code = Self.codes[tone], !text.isEmpty else { return text }
        return "\u{1B}[\(code)m\(text)\u{1B}[0m"
    }

    private static let codes: [Tone: String] = [
        .title: "1", .label: "1", .good: "32", .warning: "33", .bad: "31", .faint: "2",
    ]
}

/// A line on a screen: pieces of text of one column a character. Colours are put in at the very end, if at all.
struct ScreenLine: Hashable, Sendable {
    struct Piece: Hashable, Sendable {
        var text: String
        var tone: Tone
    }

    private(set) var pieces: [Piece] = []

    init() {}

    /// Whatever could move the cursor or change the terminal is shown as a question mark: names and reasons come from
    /// files.
    init(_ text: String, _ tone: Tone = .plain) {
        let isHarmless = text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
        let safe = isHarmless ? text : Self.replacingControls(in: text)
        if !safe.isEmpty { pieces = [Piece(text: safe, tone: tone)] }
    }

    private static func replacingControls(in text: String) -> String {
        var safe = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            safe.append(scalar.properties.generalCategory == .control ? (scalar == "\n" ? " " : "?") : scalar)
        }
        return String(safe)
    }

    static func + (left: ScreenLine, right: ScreenLine) -> ScreenLine {
        var line = left
        line.pieces += right.pieces
        return line
    }

    var text: String { pieces.map(\.text).joined() }
    var width: Int { pieces.reduce(0) { $0 + $1.text.count } }

    func rendered(_ palette: Palette) -> String { pieces.map { palette.paint($0.text, $0.tone) }.joined() }

    /// A space at which no line is broken, until it is shown.
    static let fixedSpace = "\u{A0}"

    /// With ordinary spaces.
    func spaced() -> ScreenLine {
        var line = self
        for index in line.pieces.indices {
            line.pieces[index].text = line.pieces[index].text.replacing(Self.fixedSpace, with: " ")
        }
        return line
    }

    /// Exactly `width` columns: filled with spaces, or cut with an ellipsis.
    func fitted(to width: Int) -> ScreenLine {
        let missing = width - self.width
        if missing >= 0 { return self + ScreenLine(String(repeating: " ", count: missing)) }
        return cut(to: width)
    }

    /// At most `width` columns.
    func cut(to width: Int) -> ScreenLine {
        guard self.width > width else { return self }
        var line = ScreenLine()
        var room = max(0, width - 1)
        for piece in pieces where room > 0 {
            let text = String(piece.text.prefix(room))
            line.pieces.append(Piece(text: text, tone: piece.tone))
            room -= text.count
        }
        return width > 0 ? line + ScreenLine("…") : line
    }
}

/// A label on the left and text on the right, broken at spaces.
struct ScreenRow {
    static let labelWidth = 12

    let name: String
    let content: ScreenLine

    init(_ name: String, _ text: String, _ tone: Tone = .plain) {
        self.init(name, ScreenLine(text, tone))
    }

    init(_ name: String, _ content: ScreenLine) {
        self.name = name
        self.content = content
    }

    /// - Parameter width: of the whole row; a word that is longer than what is left of it is not broken.
    func lines(width: Int) -> [ScreenLine] {
        let room = max(20, width - Self.labelWidth)
        var rows: [ScreenLine] = [ScreenLine()]
        for (word, tone) in words {
            let current = rows[rows.count - 1]
            if current.width > 0, current.width + 1 + word.count > room {
                rows.append(ScreenLine(word, tone))
            } else {
                rows[rows.count - 1] = current + ScreenLine(current.width > 0 ? " " + word : word, tone)
            }
        }
        let label = ScreenLine(name, .label).fitted(to: max(Self.labelWidth, name.count + 1))
        let indent = ScreenLine(String(repeating: " ", count: Self.labelWidth))
        return rows.enumerated().map { ($0.offset == 0 ? label : indent) + $0.element.spaced() }
    }

    private var words: [(String, Tone)] {
        content.pieces.flatMap { piece in
            Self.holdingTogether(piece.text).split(separator: " ").map { (String($0), piece.tone) }
        }
    }

    /// A short part between two dots, such as `up 32 s`, is not broken.
    private static func holdingTogether(_ text: String) -> String {
        text.components(separatedBy: " · ").map { part in
            part.count <= 24 ? part.split(separator: " ").joined(separator: ScreenLine.fixedSpace) : part
        }.joined(separator: " · ")
    }
}

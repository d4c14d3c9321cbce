import TensorBoardEvents

/// One point of a curve, or one text, as it lies in event files.
struct TensorBoardEntry: Hashable, Sendable {
    enum Content: Hashable, Sendable {
        /// As TensorBoard keeps it.
        case scalar(Float)
        case text(String)
    }

    var tag: String
    var step: Int64
    /// Seconds since 1970; not what makes an entry the same as another.
    var wallTime: Double
    var content: Content

    static func == (left: Self, right: Self) -> Bool {
        left.tag == right.tag && left.step == right.step && left.content == right.content
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(tag)
        hasher.combine(step)
        hasher.combine(content)
    }
}

extension TensorBoardEntry {
    init(_ value: SummaryValue, of event: SummaryEvent) {
        self.init(
            tag: value.tag, step: event.step, wallTime: event.wallTime,
            content: {
                switch value.content {
                case .scalar(let number): .scalar(Float(number))
                case .text(let texts): .text(texts.joined(separator: "\n"))
                }
            }())
    }
}

extension SummaryValue {
    init(_ entry: TensorBoardEntry) {
        switch entry.content {
        case .scalar(let number): self.init(tag: entry.tag, .scalar(Double(number)))
        case .text(let text): self.init(tag: entry.tag, .text([text]))
        }
        explanation = TensorBoardView.explanations[entry.tag] ?? ""
    }
}

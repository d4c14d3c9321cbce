/// One picture with what it says: a heading, a sentence, the drawing, and the numbers as a table.
struct Card {
    /// Becomes the element's `id`.
    let name: String
    let title: String
    /// What is to be seen, in a sentence or two.
    let sentence: String
    /// Nil where there is nothing to draw yet.
    let picture: Markup?
    /// What will stand in the picture's place, and when.
    var awaited = ""
    var table: Table?

    var markup: Markup {
        .element(
            "figure", ["class": "card", "aria-labelledby": "\(name)-title"],
            .element(
                "figcaption", [:], .element("h3", ["id": "\(name)-title"], text: title),
                .element("p", [:], text: sentence)),
            picture ?? .element("p", ["class": "awaited"], text: awaited), table?.folded ?? .nothing)
    }
}

/// Rows of numbers, for those who want them or do not see the picture.
struct Table {
    let caption: String
    let head: [String]
    let rows: [[String]]

    /// Shown when asked for.
    var folded: Markup {
        guard !rows.isEmpty else { return .nothing }
        return .element(
            "details", [:], .summary("Table of these numbers", of: caption),
            .element("div", ["class": "scroll", "tabindex": "0", "role": "region", "aria-label": caption], markup))
    }

    var markup: Markup {
        .element(
            "table", [:], .element("caption", ["class": "unseen"], text: caption),
            .element(
                "thead", [:],
                .element("tr", [:], head.map { .element("th", ["scope": "col"], text: $0) })),
            .element(
                "tbody", [:],
                rows.map { row in
                    .element("tr", [:], row.map { .element("td", [:], text: $0) })
                }))
    }
}

extension Markup {
    /// What opens a part; who only hears it hears which part.
    static func summary(_ text: String, of subject: String) -> Markup {
        .element("summary", [:], .text(text), .element("span", ["class": "unseen"], text: ": " + subject))
    }
}

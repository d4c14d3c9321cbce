/// The drawing surface of one picture: a box with axes, and what is drawn into it. Colours and type come from the
/// style sheet, by class.
struct Paper {
    /// In user units; type is 13 of them high.
    let width: Double
    let height: Double
    private(set) var parts: [Markup] = []

    init(width: Double = 420, height: Double = 300) {
        self.width = width
        self.height = height
    }

    mutating func add(_ part: Markup) { parts.append(part) }

    mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: String) {
        add(.element("line", ["class": style, "x1": at(x1), "y1": at(y1), "x2": at(x2), "y2": at(y2)]))
    }

    /// - Parameter anchor: `start`, `middle` or `end`.
    mutating func text(_ text: String, _ x: Double, _ y: Double, _ style: String = "", anchor: String = "start") {
        add(
            .element(
                "text",
                ["class": style.isEmpty ? nil : style, "x": at(x), "y": at(y), "text-anchor": anchor], text: text))
    }

    /// - Parameter hint: shown when one points at it.
    mutating func dot(_ x: Double, _ y: Double, _ style: String, radius: Double = 4, hint: String? = nil) {
        add(
            .element(
                "circle", ["class": style, "cx": at(x), "cy": at(y), "r": at(radius)],
                hint.map { [.element("title", text: $0)] } ?? []))
    }

    mutating func polyline(_ points: [(x: Double, y: Double)], _ style: String) {
        guard points.count > 1 else { return }
        let list = points.map { "\(at($0.x)),\(at($0.y))" }.joined(separator: " ")
        add(.element("polyline", ["class": style, "points": list]))
    }

    mutating func path(_ data: String, _ style: String, hint: String? = nil) {
        add(.element("path", ["class": style, "d": data], hint.map { [.element("title", text: $0)] } ?? []))
    }

    /// The picture with its description for those who do not see it.
    func picture(_ description: String) -> Markup {
        .element(
            "svg",
            ["viewBox": "0 0 \(at(width)) \(at(height))", "role": "img", "aria-label": description, "class": "chart"],
            parts)
    }
}

extension Paper {
    /// Vertical axis: grid lines with their values, and the title above.
    mutating func verticalAxis(
        _ scale: Scale, from left: Double, to right: Double, title: String, ticks: [(Double, String)]
    ) {
        for (value, label) in ticks {
            let y = scale.place(value)
            line(left, y, right, y, "grid")
            text(label, left - 8, y + 4, "tick", anchor: "end")
        }
        text(title, left, min(scale.start, scale.end) - 12, "axis")
    }

    /// Horizontal axis: a line with ticks, and the title at its end.
    mutating func horizontalAxis(_ scale: Scale, at y: Double, title: String?, ticks: [(Double, String)]) {
        line(scale.start, y, scale.end, y, "base")
        for (value, label) in ticks {
            let x = scale.place(value)
            line(x, y, x, y + 4, "base")
            text(label, x, y + 18, "tick", anchor: "middle")
        }
        if let title { text(title, scale.end, y + 36, "axis", anchor: "end") }
    }
}

/// A coordinate: one decimal is a tenth of a pixel.
func at(_ value: Double) -> String {
    let tenths = (value * 10).rounded()
    guard tenths.isFinite, abs(tenths) < 1e9 else { return "0" }
    let whole = Int(tenths)
    return whole % 10 == 0 ? String(whole / 10) : "\(whole < 0 ? "-" : "")\(abs(whole) / 10).\(abs(whole) % 10)"
}

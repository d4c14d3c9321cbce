import StatusAPI
import Vocabulary

/// The map of the modules: a table of layers by kinds, coloured by one of three measures, which a click or the keyboard
/// chooses without a script.
struct ModuleMapView {
    let list: ModuleList
    /// Whether a cell leads to its module.
    let hasLinks: Bool

    private struct Measure {
        let key: String
        let name: String
        let ends: (String, String)
    }

    private static let measures = [
        Measure(key: "energy", name: "energy share", ends: ("0", "1: all in the first factor")),
        Measure(key: "skill", name: "skill of the newest backtest", ends: ("≤ -1: worse than keeping", "1: perfect")),
        Measure(key: "unchanged", name: "unchanged share", ends: ("0", "1: every entry as in the base")),
    ]

    var markup: Markup {
        let map = ModuleMap(list.modules)
        return .element(
            "section", ["class": "card wide map", "aria-labelledby": "map-title"],
            .element("h3", ["id": "map-title"], text: "Modules, by layer and kind"),
            .element("p", [:], text: sentence(map)),
            list.modules.isEmpty ? .nothing : .joined([choice, scroll(map), legends]))
    }

    private func sentence(_ map: ModuleMap) -> String {
        guard let step = list.step, !list.modules.isEmpty else { return "Nothing is recorded yet." }
        let groups =
            list.modules.count > map.layers.count * map.kinds.count
            ? " A cell of several modules shows their median." : ""
        let hint = hasLinks ? " Choose one to see it closely." : ""
        return "\(Figures.count(list.modules.count, "module")) at step \(Figures.step(step)).\(groups)\(hint)"
    }

    private var choice: Markup {
        .element(
            "fieldset", ["class": "choice"],
            [.element("legend", ["class": "unseen"], text: "Measure")]
                + Self.measures.enumerated().map { index, measure in
                    .element(
                        "label", [:],
                        .element(
                            "input",
                            [
                                "type": "radio", "name": "measure", "value": measure.key,
                                "id": "measure-\(measure.key)",
                                "checked": index == 0 ? "" : nil,
                            ]), .element("span", [:], text: measure.name))
                })
    }

    private func scroll(_ map: ModuleMap) -> Markup {
        .element(
            "div", ["class": "scroll", "tabindex": "0", "role": "region", "aria-label": "Map of the modules"],
            .element(
                "table", ["class": map.layers.count > 16 ? "cells" : "cells roomy"],
                .element("caption", ["class": "unseen"], text: "Modules by kind, a row each, and layer, a column each"),
                .element("thead", [:], head(map)),
                .element("tbody", [:], map.kinds.map { row($0, map) })))
    }

    private func head(_ map: ModuleMap) -> Markup {
        let every = map.layers.count > 40 ? 10 : map.layers.count > 12 ? 4 : 1
        return .element(
            "tr", [:],
            [.element("th", ["scope": "col"], text: "layer")]
                + map.layers.map { layer in
                    let label = layer.map { $0 % every == 0 ? String($0) : "" } ?? "other"
                    return .element("th", ["scope": "col", "aria-label": layer.map { "layer \($0)" }], text: label)
                })
    }

    private func row(_ kind: String, _ map: ModuleMap) -> Markup {
        .element(
            "tr", [:],
            [.element("th", ["scope": "row"], text: kind)]
                + map.layers.map { layer in
                    map.cell(layer: layer, kind: kind).map(cell) ?? .element("td", [:])
                })
    }

    private func cell(_ cell: ModuleMap.Cell) -> Markup {
        let style = "cell " + Self.shades(cell)
        let words = Self.words(cell)
        guard hasLinks else {
            return .element(
                "td", [:], .element("span", ["class": style, "role": "img", "title": words, "aria-label": words]))
        }
        let name = cell.mostMoved.name.text
        return .element(
            "td", [:],
            .element("a", ["class": style, "href": ModuleLink.address(of: name), "title": words, "aria-label": words]))
    }

    /// One class for each measure: which of ten shades the value has.
    private static func shades(_ cell: ModuleMap.Cell) -> String {
        let skill = cell.skill.map { (min(1, max(-1, $0)) + 1) / 2 }
        return [("e", cell.energyShare), ("s", skill), ("u", cell.unchangedShare)].map { letter, value in
            "\(letter)\(value.map { String(shade($0)) } ?? "x")"
        }.joined(separator: " ")
    }

    /// 0...9 for 0...1.
    static func shade(_ value: Double) -> Int { min(9, max(0, Int(value * 10))) }

    private static func words(_ cell: ModuleMap.Cell) -> String {
        let layer = cell.layer.map { "layer \($0), " } ?? ""
        let many = cell.modules.count > 1 ? " (median of \(Figures.whole(cell.modules.count)) modules)" : ""
        return "\(layer)\(cell.kind)\(many): energy share \(Figures.share(cell.energyShare)), skill "
            + "\(Figures.share(cell.skill)), unchanged \(cell.unchangedShare.map(Figures.percent) ?? Figures.unknown)"
    }

    private var legends: Markup {
        .joined(
            Self.measures.map { measure in
                .element(
                    "p", ["class": "legend legend-\(measure.key)"],
                    [.element("span", [:], text: measure.ends.0)]
                        + (0...9).map { .element("i", ["class": "cell \(measure.key.prefix(1))\($0)"]) }
                        + [
                            .element("span", [:], text: measure.ends.1), .element("i", ["class": "cell none"]),
                            .element("span", [:], text: "unknown"),
                        ])
            })
    }
}

/// Addresses of the dashboard that show one module.
enum ModuleLink {
    static func address(of name: String) -> String { "/?module=" + encoded(name) }

    /// Everything but the unreserved characters of RFC 3986 is percent-encoded.
    static func encoded(_ name: String) -> String {
        var result = ""
        for byte in name.utf8 {
            let character = Character(UnicodeScalar(byte))
            let isPlain = byte < 0x80 && (character.isLetter || character.isNumber || "-._~".contains(character))
            if isPlain { result.append(character) } else { result += "%" + hex(byte >> 4) + hex(byte & 15) }
        }
        return result
    }

    private static func hex(_ digit: UInt8) -> String { String(digit, radix: 16, uppercase: true) }
}

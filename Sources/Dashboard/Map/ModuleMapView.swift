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

    /// So many layers, and the cells have room for their numbers; so many more, and they are still wide.
    private static let layersWithNumbers = 16
    private static let wideLayers = 40

    private static func measures(_ map: ModuleMap) -> [Measure] {
        let share = Figures.percent(map.mostEnergy)
        return [
            Measure(
                key: "energy", name: "energy share",
                ends: ("0", "\(Figures.short(map.mostEnergy)): \(share) of the update's energy in its first factor")),
            Measure(
                key: "skill", name: "skill of the newest backtest",
                ends: ("≤ -1: worse than keeping the checkpoint", "1: perfect")),
            Measure(key: "unchanged", name: "unchanged share", ends: ("0", "1: every entry as in the base")),
        ]
    }

    var markup: Markup {
        let map = ModuleMap(list.modules)
        return .element(
            "section", ["class": "card wide map", "aria-labelledby": "map-title"],
            .element("h3", ["id": "map-title"], text: "Modules, by layer and kind"),
            .element("p", [:], text: sentence(map)),
            list.modules.isEmpty ? .nothing : .joined([choice(map), scroll(map), legends(map)]))
    }

    private func sentence(_ map: ModuleMap) -> String {
        guard let step = list.step, !list.modules.isEmpty else {
            return "The map is drawn when the first checkpoint is recorded: a cell for each layer and kind of weight."
        }
        let groups =
            list.modules.count > map.layers.count * map.kinds.count
            ? " A cell of several modules shows their median." : ""
        let hint = hasLinks ? " Choose one to see it closely." : ""
        return "\(Figures.count(list.modules.count, "module")) at step \(Figures.step(step)).\(groups)\(hint)"
    }

    private func choice(_ map: ModuleMap) -> Markup {
        .element(
            "fieldset", ["class": "choice"],
            [.element("legend", ["class": "unseen"], text: "Measure")]
                + Self.measures(map).enumerated().map { index, measure in
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
                "table", ["class": "cells" + Self.size(map)],
                .element("caption", ["class": "unseen"], text: "Modules by kind, a row each, and layer, a column each"),
                .element("thead", [:], head(map)),
                .element("tbody", [:], map.kinds.map { row($0, map) })))
    }

    private static func size(_ map: ModuleMap) -> String {
        map.layers.count <= layersWithNumbers ? " roomy" : map.layers.count <= wideLayers ? " wide" : ""
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
                    map.cell(layer: layer, kind: kind).map { cell($0, map) } ?? .element("td", [:])
                })
    }

    private func cell(_ cell: ModuleMap.Cell, _ map: ModuleMap) -> Markup {
        let style = "cell " + Self.shades(cell, map)
        let words = Self.words(cell)
        let numbers = map.layers.count <= Self.layersWithNumbers ? Self.numbers(cell) : []
        guard hasLinks else {
            return .element(
                "td", [:],
                .element("span", ["class": style, "role": "img", "title": words, "aria-label": words], numbers))
        }
        let name = cell.mostMoved.name.text
        return .element(
            "td", [:],
            .element(
                "a", ["class": style, "href": ModuleLink.address(of: name), "title": words, "aria-label": words],
                numbers))
    }

    /// One for each measure; the style sheet shows the one that is chosen.
    private static func numbers(_ cell: ModuleMap.Cell) -> [Markup] {
        [("e", cell.energyShare), ("s", cell.skill), ("u", cell.unchangedShare)].map { letter, value in
            .element("b", ["class": "v\(letter)"], text: value.map { Figures.fixed($0, 2) } ?? "–")
        }
    }

    /// One class for each measure: which of ten shades the value has.
    private static func shades(_ cell: ModuleMap.Cell, _ map: ModuleMap) -> String {
        let skill = cell.skill.map { (min(1, max(-1, $0)) + 1) / 2 }
        let energy = cell.energyShare.map { $0 / map.mostEnergy }
        return [("e", energy), ("s", skill), ("u", cell.unchangedShare)].map { letter, value in
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

    private func legends(_ map: ModuleMap) -> Markup {
        .joined(
            Self.measures(map).map { measure in
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

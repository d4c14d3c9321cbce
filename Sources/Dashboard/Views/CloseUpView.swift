import StatusAPI
import Vocabulary

/// One module from close by: its spectrum, how far it has come, and where its direction goes.
struct CloseUpView {
    let module: ModuleHistory
    /// Those of the same layer and kind, such as a layer's experts; links to them where there are several.
    var siblings: [ModuleDocument] = []

    /// So many are linked; the rest is in `/v1/modules`.
    private static let limit = 512

    var markup: Markup {
        .element(
            "section", ["class": "close-up", "aria-labelledby": "module-title"],
            .element("h3", ["id": "module-title", "tabindex": "-1"], .element("code", [:], text: module.name.text)),
            .element("p", [:], text: sentence), others,
            .element(
                "div", ["class": "cards"], SpectrumChart(module: module).card.markup,
                module.path.map { CoefficientChart(path: $0).card.markup } ?? .nothing,
                module.path.map { PathChart(path: $0).card.markup } ?? .nothing))
    }

    private var sentence: String {
        let shape = module.shape.map { Figures.whole($0) }.joined(separator: " x ")
        let last = module.steps.last
        let parts = [
            shape, last?.norm.map { "norm of the update \(Figures.significant($0))" },
            last?.directionCosine.map { "direction steady to \(Figures.share($0))" },
            last?.unchangedShare.map { "\(Figures.percent($0)) of the entries are those of the base" },
        ]
        return parts.compactMap(\.self).joined(separator: " · ")
    }

    private var others: Markup {
        guard siblings.count > 1 else { return .nothing }
        return .element(
            "nav", ["class": "siblings", "aria-label": "Modules of the same layer and kind, by energy share"],
            siblings.prefix(Self.limit).map { sibling in
                let number = ModulePlace(sibling.name).members.map(String.init).joined(separator: ".")
                let shade = sibling.energyShare.map { "e\(ModuleMapView.shade($0))" } ?? "ex"
                let words =
                    "\(number.isEmpty ? sibling.name.text : number): energy share \(Figures.share(sibling.energyShare))"
                return .element(
                    "a",
                    [
                        "class": "cell \(shade)", "href": ModuleLink.address(of: sibling.name.text), "title": words,
                        "aria-label": words, "aria-current": sibling.name == module.name ? "true" : nil,
                    ])
            })
    }
}

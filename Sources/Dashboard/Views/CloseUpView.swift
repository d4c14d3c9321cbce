import StatusAPI
import Vocabulary

/// One module from close by: its spectrum, how far it has come, and where its direction goes.
struct CloseUpView {
    let module: ModuleHistory
    /// Those of the same layer and kind, such as a layer's experts; links to them where there are several.
    var siblings: [ModuleDocument] = []
    /// What the strongest colour stands for, as on the map.
    var mostEnergy = 1.0
    /// Whether nobody asked for this one.
    var isChosen = false

    /// So many are linked; the rest is in `/v1/modules`.
    private static let limit = 512

    var markup: Markup {
        .element(
            "section", ["class": "close-up", "aria-labelledby": "module-title"],
            .element(
                "p", ["class": "over"],
                text: isChosen ? "The module that moved most for its size" : "One module closely"),
            .element("h3", ["id": "module-title", "tabindex": "-1"], .element("code", [:], text: module.name.text)),
            .element("p", [:], text: sentence), others,
            .element(
                "div", ["class": "cards"], SpectrumChart(module: module).card.markup,
                CoefficientChart(path: path).card.markup, PathChart(path: path).card.markup))
    }

    /// Without points before there are three of them.
    private var path: ModulePath {
        module.path ?? ModulePath(points: [], slope: nil, intercept: nil, r2: nil, explained: [])
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
        let words =
            "The \(Figures.count(siblings.count, "module")) of this layer and kind, coloured by energy share as on the map:"
        return .joined([.element("p", ["class": "over"], text: words), links])
    }

    private var links: Markup {
        .element(
            "nav", ["class": "siblings", "aria-label": "Modules of the same layer and kind, by energy share"],
            siblings.prefix(Self.limit).map { sibling in
                let number = ModulePlace(sibling.name).members.map(String.init).joined(separator: ".")
                let shade = sibling.energyShare.map { "e\(ModuleMapView.shade($0 / mostEnergy))" } ?? "ex"
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

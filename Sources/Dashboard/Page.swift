import FoundationEssentials
import StatusAPI

/// The dashboard: a whole page that can be read without a script. The script keeps it current.
public enum Page {
    public static let type = "text/html; charset=utf-8"

    /// What a browser may do with the page: nothing but show it, and ask the same daemon.
    public static let contentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
        + "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"

    /// Path, type and content of what the page asks for besides `/v1/events` and `/views/VIEW`.
    public static let files: [(path: String, type: String, bytes: [UInt8])] = [
        ("/style.css", "text/css; charset=utf-8", PackageResources.style_css),
        ("/app.js", "text/javascript; charset=utf-8", PackageResources.app_js),
        ("/icon.svg", "image/svg+xml", PackageResources.icon_svg),
    ]

    /// - Parameter documents: with the module that is looked at closely in `closeUps`.
    public static func live(_ documents: RunDocuments) -> String {
        let body = PageBody(documents: documents)
        return document(
            title: "\(documents.status.run) · alpharl",
            head: [
                .element("link", ["rel": "icon", "href": "/icon.svg", "type": "image/svg+xml"]),
                .element("link", ["rel": "stylesheet", "href": "/style.css"]),
                .element("script", ["src": "/app.js", "defer": ""]),
            ],
            body: .element(
                "body", ["data-version": documents.status.version],
                .element("a", ["class": "skip", "href": "#main"], text: "Skip to the figures"),
                body.header(
                    beside: .element(
                        "p", ["id": "live", "role": "status", "class": "live"], text: "Not live: this needs JavaScript")
                ),
                body.main(hasLinks: true),
                .element("p", ["id": "spoken", "class": "unseen", "aria-live": "polite"]),
                body.footer(
                    "Reading is all that this page does. Every number is also in "
                        + "/v1, which /openapi.json describes.")))
    }

    /// The same views in one file that needs nothing else, and no script.
    ///
    /// - Parameters:
    ///   - origin: where the numbers come from, such as `the daemon at /run/alpharl/qwen.sock`.
    ///   - now: when they were read.
    public static func report(_ documents: RunDocuments, origin: String, now: Date) -> String {
        let body = PageBody(documents: documents)
        let written = "Read from \(origin) on \(Figures.time(now))."
        return document(
            title:
                "\(documents.status.run), step \(documents.status.checkpoints.lastStep.map(Figures.step) ?? "none") · alpharl",
            head: [
                .element(
                    "meta",
                    [
                        "http-equiv": "Content-Security-Policy",
                        "content": "default-src 'none'; style-src 'unsafe-inline'",
                    ]),
                .element("style", [:], Markup(trusted: String(decoding: PackageResources.style_css, as: UTF8.self))),
            ],
            body: .element(
                "body", ["class": "report"], body.header(beside: .element("p", ["class": "live"], text: written)),
                body.main(hasLinks: false), body.footer(written)))
    }

    /// A text as part of an address.
    public static func encoded(_ text: String) -> String { ModuleLink.encoded(text) }

    private static func document(title: String, head: [Markup], body: Markup) -> String {
        let head = Markup.element(
            "head", [:],
            [
                .element("meta", ["charset": "utf-8"]),
                .element("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"]),
                .element("meta", ["name": "color-scheme", "content": "light dark"]),
                .element("meta", ["name": "referrer", "content": "no-referrer"]), .element("title", [:], text: title),
            ] + head)
        return "<!doctype html>\n" + Markup.element("html", ["lang": "en"], head, body).source + "\n"
    }
}

/// What the live page and the report have in common.
private struct PageBody {
    let documents: RunDocuments

    func header(beside: Markup) -> Markup {
        .element(
            "header", [:], .element("h1", [:], text: documents.status.run),
            .element("p", ["class": "base"], text: "started from \(documents.status.base.path)"), beside)
    }

    func main(hasLinks: Bool) -> Markup {
        .element(
            "main", ["id": "main", "tabindex": "-1"],
            place(.overview, RunView.overview(documents.status, isLive: hasLinks)),
            .element("h2", [:], text: "Can it be trusted?"),
            .element(
                "div", ["class": "cards"],
                place(.confidence, RunView.confidence(documents.history, documents.predictions)),
                place(.record, RunView.record(documents.history, documents.backtests, documents.forecasts)),
                place(.accuracy, RunView.accuracy(documents.measurements, documents.predictions))),
            .element("h2", [:], text: "How do the weights move?"),
            place(.map, RunView.map(documents.modules, hasLinks: hasLinks)),
            place(.module, closeUps(hasLinks)),
            .element("h2", [:], text: "What came out"),
            place(.predictions, RunView.predictions(documents.predictions, documents.checkpoints)))
    }

    private func closeUps(_ hasLinks: Bool) -> Markup {
        .joined(documents.closeUps.map { RunView.module($0, among: hasLinks ? documents.modules : nil) })
    }

    private func place(_ view: RunView, _ content: Markup) -> Markup {
        .element("div", ["id": "view-\(view.rawValue)", "class": "view"], content)
    }

    func footer(_ text: String) -> Markup {
        .element("footer", [:], .element("p", [:], text: "alpharl \(documents.status.version). \(text)"))
    }
}

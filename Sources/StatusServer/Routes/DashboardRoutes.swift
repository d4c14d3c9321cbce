import Dashboard
import HTTPTypes
import Hummingbird
import StatusAPI
import Vocabulary

/// The dashboard at `/`, drawn here from the documents that `/v1` answers with.
struct DashboardRoutes: Sendable {
    let provider: any StatusProvider

    var list: [Route] {
        [.get("/", page), .get("/views/{view}", view)]
            + Page.files.map { file in .get(file.path) { _, _ in .page(file.bytes, type: file.type) } }
    }

    @Sendable private func page(_ request: Request, _ context: StatusContext) async throws -> Response {
        async let status = provider.status()
        async let checkpoints = provider.checkpoints()
        async let measurements = provider.measurements()
        async let forecasts = provider.forecasts()
        async let predictions = provider.predictions()
        let modules = try await provider.modules(at: nil, order: .byName)
        let history = try await provider.history()
        let documents = RunDocuments(
            status: try await status, checkpoints: try await checkpoints, measurements: try await measurements,
            modules: modules, forecasts: try await forecasts, predictions: try await predictions, history: history,
            backtests: try await backtests(of: history),
            closeUps: [try await closeUp(asked(request), among: modules)].compactMap(\.self))
        return .page(Array(Page.live(documents).utf8), type: Page.type)
    }

    @Sendable private func view(_ request: Request, _ context: StatusContext) async throws -> Response {
        let name = try context.parameters.require("view")
        guard let view = RunView(rawValue: name) else {
            let names = RunView.allCases.map(\.rawValue).joined(separator: ", ")
            throw StatusRefusal.notFound("there is no view \"\(name)\"; there are \(names)")
        }
        var response = Response.page(Array(try await markup(of: view, asked(request)).source.utf8), type: Page.type)
        response.headers[.alpharlVersion] = try await provider.status().version
        return response
    }

    private func markup(of view: RunView, _ module: TensorName?) async throws -> Markup {
        switch view {
        case .overview: return RunView.overview(try await provider.status())
        case .confidence: return RunView.confidence(try await provider.history(), try await provider.predictions())
        case .record:
            let history = try await provider.history()
            return RunView.record(history, try await backtests(of: history), try await provider.forecasts())
        case .accuracy: return RunView.accuracy(try await provider.measurements(), try await provider.predictions())
        case .map: return RunView.map(try await provider.modules(at: nil, order: .byName))
        case .module:
            let modules = try await provider.modules(at: nil, order: .byName)
            return RunView.module(try await closeUp(module, among: modules), among: modules)
        case .predictions:
            return RunView.predictions(try await provider.predictions(), try await provider.checkpoints())
        }
    }

    private func backtests(of history: RunHistory) async throws -> BacktestList {
        guard let model = history.shownModel else { return BacktestList(backtests: []) }
        return try await provider.backtests(of: model)
    }

    /// The module that the address names; where it names none that is tracked, the one that moved most.
    private func closeUp(_ asked: TensorName?, among modules: ModuleList) async throws -> ModuleHistory? {
        let known = asked.flatMap { asked in modules.modules.first { $0.name == asked }?.name }
        guard let name = known ?? modules.mostMoved else { return nil }
        return try await provider.module(named: name)
    }

    private func asked(_ request: Request) -> TensorName? {
        request.uri.queryParameters["module"].map { TensorName(String($0)) }
    }
}

extension Response {
    /// For a browser, with what it may do with it.
    fileprivate static func page(_ bytes: [UInt8], type: String) -> Response {
        var response = Response.bytes(bytes, type: type)
        response.headers[.contentSecurityPolicy] = Page.contentSecurityPolicy
        response.headers[.xContentTypeOptions] = "nosniff"
        response.headers[.named("Referrer-Policy")] = "no-referrer"
        response.headers[.named("Cross-Origin-Opener-Policy")] = "same-origin"
        response.headers[.named("Cross-Origin-Resource-Policy")] = "same-origin"
        return response
    }
}

extension HTTPField.Name {
    /// Of the daemon that drew a view: the page starts again when it changes.
    fileprivate static let alpharlVersion = named("Alpharl-Version")
}

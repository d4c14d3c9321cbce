import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
import LogEvents
import Logging
import NIOCore
import StatusAPI
import Vocabulary

/// Everything that the socket answers to.
struct StatusRoutes: Sendable {
    let provider: any StatusProvider
    let limits: ServerLimits
    let counters: ServerCounters

    var list: [Route] {
        [
            .get("/v1/status") { _, _ in try .json(await provider.status()) },
            .get("/v1/checkpoints") { _, _ in try .json(await provider.checkpoints()) },
            .get("/v1/modules", modules),
            .get("/v1/modules/{name}", module),
            .get("/v1/history") { _, _ in try .json(await provider.history()) },
            .get("/v1/backtests", backtests),
            .get("/v1/forecasts") { _, _ in try .json(await provider.forecasts()) },
            .get("/v1/predictions") { _, _ in try .json(await provider.predictions()) },
            .get("/v1/predictions/{id}", prediction),
            .post("/v1/predictions", requestPrediction),
            .get("/v1/metrics") { _, _ in try .json(await provider.measurements()) },
            .post("/v1/metrics", recordMetrics),
            .post("/v1/reload") { _, _ in try .json(await provider.reload()) },
            .put("/v1/log-level", setLogLevel),
            .get("/v1/events", events),
            .get("/metrics", metrics),
            .get("/healthz") { _, _ in try health(await provider.livenessProblem()) },
            .get("/readyz") { _, _ in try health(await provider.readinessProblem()) },
            .get("/openapi.json") { _, _ in .bytes(PackageResources.openapi_json) },
        ] + DashboardRoutes(provider: provider).list
    }

    /// The routes behind the answers to errors, as one function from request to response.
    func responder(writers: WriterRule) -> some HTTPResponder<StatusContext> {
        let list = list
        let router = Router(context: StatusContext.self, options: .autoGenerateHeadEndpoints)
        router.middlewares.add(ProblemMiddleware(routes: list))
        router.middlewares.add(BrowserRule())
        for route in list {
            router.on(RouterPath(route.path), method: route.method) { request, context in
                if route.access == .writer { try writers.admit(context, to: route) }
                return try await route.handler(request, context)
            }
        }
        return router.buildResponder()
    }
}

// MARK: - Handlers of more than one line

extension StatusRoutes {
    @Sendable private func modules(_ request: Request, _ context: StatusContext) async throws -> Response {
        let step = try request.uri.queryParameters["step"].map { text in
            guard let number = Int(text), number >= 0 else {
                throw StatusRefusal.badRequest(
                    "cannot list modules: step is \"\(text)\" (expected a whole number, 0 or more); "
                        + "GET /v1/checkpoints lists the steps")
            }
            return TrainingStep(number)
        }
        let order = try request.uri.queryParameters["sort"].map { text in
            guard let order = ModuleOrder(parsing: String(text)) else {
                let keys = ModuleOrder.Key.allCases.map(\.rawValue).joined(separator: ", ")
                throw StatusRefusal.badRequest(
                    "cannot sort modules: \"\(text)\" is no sort key; use one of \(keys), with - before it "
                        + "for the largest first")
            }
            return order
        }
        return try .json(await provider.modules(at: step, order: order ?? .byName))
    }

    @Sendable private func module(_ request: Request, _ context: StatusContext) async throws -> Response {
        let name = try context.parameters.require("name")
        return try .json(await provider.module(named: TensorName(name.removingPercentEncoding ?? name)))
    }

    @Sendable private func backtests(_ request: Request, _ context: StatusContext) async throws -> Response {
        let model = request.uri.queryParameters["model"].map { ModelName(String($0)) }
        return try .json(await provider.backtests(of: model))
    }

    @Sendable private func prediction(_ request: Request, _ context: StatusContext) async throws -> Response {
        let text = try context.parameters.require("id")
        guard let id = Int(text) else {
            throw StatusRefusal.notFound(
                "there is no prediction \"\(text)\": an id is a whole number; GET /v1/predictions lists them")
        }
        return try .json(await provider.prediction(id: id))
    }

    @Sendable private func requestPrediction(_ request: Request, _ context: StatusContext) async throws -> Response {
        let body = try await request.document(PredictionRequest.self, limit: limits.bodyBytes) ?? PredictionRequest()
        let accepted = try await provider.requestPrediction(body)
        var response = try Response.json(accepted, status: .accepted)
        response.headers[.location] = "/v1/predictions/\(accepted.id)"
        return response
    }

    @Sendable private func recordMetrics(_ request: Request, _ context: StatusContext) async throws -> Response {
        guard let posts = try await request.document(OneOrMany<MetricPost>.self, limit: limits.bodyBytes)?.elements
        else {
            throw StatusRefusal.badRequest(
                "cannot record a metric: the body is empty; send {\"step\": 120, \"accuracy\": 0.41} or a list of these"
            )
        }
        return try .json(await provider.recordMetrics(posts))
    }

    @Sendable private func setLogLevel(_ request: Request, _ context: StatusContext) async throws -> Response {
        guard let wanted = try await request.document(LogLevelDocument.self, limit: limits.bodyBytes) else {
            throw StatusRefusal.badRequest(
                "cannot set the log level: the body is empty; send {\"level\": \"debug\"}")
        }
        try await provider.setLogLevel(wanted.level)
        return try .json(wanted)
    }

    @Sendable private func events(_ request: Request, _ context: StatusContext) async throws -> Response {
        let resumed = try request.headers[.lastEventID].map { text in
            guard let id = Int(text), id >= 0 else {
                throw StatusRefusal.badRequest(
                    "cannot resume the events: Last-Event-ID is \"\(text)\" (expected the id of an event); leave it out "
                        + "to start with the next event")
            }
            return id
        }
        let count = try request.uri.queryParameters["last"].map { text in
            guard let count = Int(text), count >= 0 else {
                throw StatusRefusal.badRequest(
                    "cannot go back in the events: last is \"\(text)\" (expected how many, 0 or more); leave it out to "
                        + "start with the next event")
            }
            return count
        }
        let streams = EventStreams(provider: provider, limits: limits, counters: counters)
        return try await streams.open(for: request, after: resumed, orLast: count ?? 0, logger: context.logger)
    }

    @Sendable private func metrics(_ request: Request, _ context: StatusContext) async throws -> Response {
        var metrics = try await provider.metrics()
        metrics.families += counters.families
        let text = PrometheusText.render(metrics)
        return .bytes(Array(text.utf8), type: PrometheusText.contentType)
    }

    private func health(_ problem: String?) throws -> Response {
        if let problem { throw StatusRefusal.unavailable(problem) }
        return try .json(HealthDocument())
    }
}

extension WriterRule {
    /// Lets a writer through and logs who it is.
    ///
    /// - Throws: `StatusRefusal.forbidden`
    func admit(_ context: StatusContext, to route: Route) throws(StatusRefusal) {
        let name = "\(route.method.rawValue) \(route.path)"
        guard let peer = context.peer else {
            throw .forbidden("\(name) refused: the kernel did not say who asks; connect over the daemon's socket")
        }
        let who: Logger.Metadata = ["user": "\(peer.user)", "process": "\(peer.process)"]
        guard allows(peer) else {
            context.logger.tell(.requestRefused, "\(name) refused", who)
            throw .forbidden(
                "\(name) refused: user \(peer.user) may only read (root, the daemon's own user and members of "
                    + "socket.group may write); ask one of them, or join the group and connect again")
        }
        context.logger.tell(.requestAccepted, name, who)
    }
}

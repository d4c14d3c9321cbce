import Foundation
import StatusAPI
import Synchronization
import Testing
import Vocabulary

@testable import StatusServer

@Suite struct RoutesTests {
    @Test func everyQuestionIsAnsweredWithItsDocument() async throws {
        try await RunningServer.with { server in
            let client = server.client
            let answers = try await onThread {
                (
                    try client.get("/v1/status", as: RunStatus.self),
                    try client.get("/v1/checkpoints", as: CheckpointList.self),
                    try client.get("/v1/forecasts", as: ForecastList.self),
                    try client.get("/v1/predictions", as: PredictionList.self),
                    try client.get("/v1/predictions/1", as: PredictionDocument.self),
                    try client.get("/healthz", as: HealthDocument.self),
                    try client.get("/readyz", as: HealthDocument.self)
                )
            }
            #expect(answers.0 == Documents.status)
            #expect(answers.1 == Documents.checkpoints)
            #expect(answers.2 == Documents.forecasts)
            #expect(answers.3.predictions == [Documents.prediction, Documents.pendingPrediction])
            #expect(answers.4 == Documents.prediction)
            #expect(answers.5 == HealthDocument())
            #expect(answers.6 == HealthDocument())
        }
    }

    @Test func headersSayWhatTheAnswerIs() async throws {
        try await RunningServer.with { server in
            let answer = try await exchange(
                "GET /v1/status HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", with: server.path)
            let head = answer.components(separatedBy: "\r\n\r\n")[0].lowercased()
            #expect(head.hasPrefix("http/1.1 200 ok\r\n"))
            #expect(head.contains("\r\ncontent-type: application/json"))
            #expect(head.contains("\r\ncache-control: no-store"))
            #expect(head.contains(#/\r\ndate: [a-z]{3}, \d\d [a-z]{3} \d{4} \d\d:\d\d:\d\d gmt/#))
            #expect(answer.hasSuffix("}\n"), "one line for a terminal")
        }
    }

    @Test func headHasNoBody() async throws {
        try await RunningServer.with { server in
            let answer = try await exchange(
                "HEAD /v1/status HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", with: server.path)
            #expect(answer.hasPrefix("HTTP/1.1 200 OK"))
            #expect(answer.hasSuffix("\r\n\r\n"))
        }
    }

    @Test func twoRequestsShareAConnection() async throws {
        try await RunningServer.with { server in
            let request = "GET /healthz HTTP/1.1\r\nHost: x\r\n"
            let answer = try await exchange(
                request + "\r\n" + request + "Connection: close\r\n\r\n", with: server.path)
            #expect(answer.components(separatedBy: "HTTP/1.1 200 OK").count == 3)
        }
    }

    @Test func modulesAreAskedForByStepAndOrder() async throws {
        try await RunningServer.with { server in
            let client = server.client
            let list = try await onThread {
                try client.get("/v1/modules?step=120&sort=-energy_share", as: ModuleList.self)
            }
            #expect(list == Documents.modules)
            let asked = server.provider.state.withLock { $0.modulesAsked }
            #expect(asked?.step == TrainingStep(120))
            #expect(asked?.order == ModuleOrder(key: .energyShare, isDescending: true))
            _ = try await onThread { try client.get("/v1/modules", as: ModuleList.self) }
            #expect(server.provider.state.withLock { $0.modulesAsked?.step } == nil)
        }
    }

    @Test func historyBacktestsAndOneModuleAreAnswered() async throws {
        try await RunningServer.with { server in
            let client = server.client
            let answers = try await onThread {
                (
                    try client.get("/v1/history", as: RunHistory.self),
                    try client.get("/v1/backtests", as: BacktestList.self),
                    try client.get("/v1/backtests?model=line", as: BacktestList.self),
                    try client.get("/v1/modules/model.layers.0.self_attn.q%5Fproj.weight", as: ModuleHistory.self)
                )
            }
            #expect(answers.0 == Documents.history)
            let measured = try await onThread { try client.get("/v1/metrics", as: RunMeasurements.self) }
            #expect(measured == Documents.measurements)
            #expect(answers.1 == Documents.backtests)
            #expect(answers.2.backtests.map(\.model) == ["line"])
            #expect(answers.3 == Documents.module, "the name is percent-decoded")
            try await expectProblem(404, "GET", "/v1/modules/model.layers.9.weight", server)
        }
    }

    @Test(arguments: ["step=-1", "step=x", "step=99999999999999999999", "sort=colour", "sort=--sigma"])
    func modulesRefuseWhatTheyDoNotKnow(query: String) async throws {
        try await RunningServer.with { server in
            try await expectProblem(400, "GET", "/v1/modules?\(query)", server)
        }
    }

    @Test func predictionIsAcceptedWithItsIdAndPlace() async throws {
        try await RunningServer.with { server in
            let body = #"{"target_step": 300, "format": "adapter", "force": true}"#
            let answer = try await exchange(
                "POST /v1/predictions HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
                    + body, with: server.path)
            #expect(answer.hasPrefix("HTTP/1.1 202 Accepted"))
            #expect(answer.lowercased().contains("\r\nlocation: /v1/predictions/7\r\n"))
            #expect(answer.hasSuffix("{\"format\":\"adapter\",\"id\":7,\"target_step\":300}\n"))
            let expected = PredictionRequest(targetStep: TrainingStep(300), format: .adapter, force: true)
            #expect(server.provider.state.withLock { $0.requests } == [expected])
        }
    }

    @Test func predictionWithoutABodyLeavesTheChoiceToTheDaemon() async throws {
        try await RunningServer.with { server in
            let client = server.client
            let nothing: PredictionRequest? = nil
            _ = try await onThread { try client.send("POST", "/v1/predictions", nothing, as: PredictionAccepted.self) }
            #expect(server.provider.state.withLock { $0.requests } == [PredictionRequest()])
        }
    }

    @Test func refusalsOfTheProviderBecomeProblems() async throws {
        try await RunningServer.with { server in
            server.provider.refuse(StatusRefusal.conflict("confidence is 0.31 (threshold 0.50); wait, or use force"))
            let problem = try await expectProblem(409, "POST", "/v1/predictions", server, body: "{}")
            #expect(problem.title == "Conflict")
            #expect(problem.detail == "confidence is 0.31 (threshold 0.50); wait, or use force")
            server.provider.refuse(StatusRefusal.unavailable("the first scan is under way; try again"))
            try await expectProblem(503, "GET", "/v1/status", server)
        }
    }

    @Test func faultOfTheDaemonIs500WithoutItsInnards() async throws {
        struct Secret: Error {}
        try await RunningServer.with { server in
            server.provider.refuse(Secret())
            let problem = try await expectProblem(500, "GET", "/v1/status", server)
            #expect(problem.detail?.contains("Secret") == false)
        }
    }

    @Test func metricsAreOneOrMany() async throws {
        try await RunningServer.with { server in
            let client = server.client
            let accepted = try await onThread {
                let one = MetricPost(subject: .step(TrainingStep(120)), accuracy: 0.41)
                let other = MetricPost(subject: .prediction(1), accuracy: 0.5)
                return (
                    try client.send("POST", "/v1/metrics", one, as: MetricsAccepted.self),
                    try client.send("POST", "/v1/metrics", [one, other], as: MetricsAccepted.self)
                )
            }
            #expect(accepted.0.accepted == 1)
            #expect(accepted.1.accepted == 2)
            #expect(server.provider.state.withLock { $0.metrics.map(\.accuracy) } == [0.41, 0.41, 0.5])
        }
    }

    @Test func logLevelAndReloadReachTheProvider() async throws {
        try await RunningServer.with { server in
            let client = server.client
            let answers = try await onThread {
                (
                    try client.send("PUT", "/v1/log-level", LogLevelDocument(level: .debug), as: LogLevelDocument.self),
                    try client.send("POST", "/v1/reload", PredictionRequest?.none, as: ReloadAnswer.self)
                )
            }
            #expect(answers.0.level == .debug)
            #expect(answers.1.changed == ["log.level"])
            #expect(server.provider.state.withLock { $0.level } == .debug)
        }
    }

    @Test func healthAndReadinessDiffer() async throws {
        try await RunningServer.with { server in
            server.provider.state.withLock { $0.readiness = "the first scan is under way" }
            let client = server.client
            _ = try await onThread { try client.get("/healthz", as: HealthDocument.self) }
            let problem = try await expectProblem(503, "GET", "/readyz", server)
            #expect(problem.detail == "the first scan is under way")
            server.provider.state.withLock { $0.liveness = "factorisation has not moved for 900 s" }
            try await expectProblem(503, "GET", "/healthz", server)
        }
    }
}

/// Sends a request, expects a problem document with `status`, and returns it.
@discardableResult
func expectProblem(
    _ status: Int, _ method: String, _ path: String, _ server: RunningServer, body: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
) async throws -> ProblemDocument {
    let length = body.isEmpty ? "" : "Content-Length: \(body.utf8.count)\r\n"
    let answer = try await exchange(
        "\(method) \(path) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\(length)\r\n\(body)", with: server.path)
    let parts = answer.components(separatedBy: "\r\n\r\n")
    #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(answer.prefix(200))", sourceLocation: sourceLocation)
    #expect(
        parts[0].lowercased().contains("\r\ncontent-type: application/problem+json"), sourceLocation: sourceLocation)
    let problem = try JSONCoding.decode(ProblemDocument.self, from: Data((parts.count > 1 ? parts[1] : "").utf8))
    #expect(problem.status == status, sourceLocation: sourceLocation)
    return problem
}

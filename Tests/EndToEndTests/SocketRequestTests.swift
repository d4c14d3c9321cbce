import Foundation
import StatusAPI
import TestSupport
import Testing
import Vocabulary

extension EndToEnd {
    /// Requests that change something, on the socket of a daemon that has seen six checkpoints.
    @Suite struct SocketRequestTests {
        private let run: RunFolder
        private let daemon: LiveDaemon

        init() throws {
            run = try RunFolder()
            try run.publish(ExampleRun.steps.prefix(6))
            daemon = try LiveDaemon(run)
            try daemon.waitUntilRecorded(144)
            try daemon.waitUntilIdle(recorded: 6)
        }

        private func refusal(_ body: () throws -> Void) throws -> ProblemDocument {
            let error = try #require(throws: StatusClientError.self) { try body() }
            guard case .refused(_, let problem) = error else { throw error }
            return problem
        }

        private func ask(_ request: StatusAPI.PredictionRequest) throws -> PredictionAccepted {
            try daemon.client.send("POST", "/v1/predictions", request, as: PredictionAccepted.self)
        }

        @Test func predictionThatIsNotProvenIsRefusedWithTheReasonAndWrittenWhenForced() throws {
            let problem = try refusal { _ = try ask(.init(targetStep: TrainingStep(288))) }
            #expect(problem.status == 409)
            #expect(try #require(problem.detail).contains("not confident enough"), "\(problem)")
            #expect(try daemon.predictions().isEmpty)

            let accepted = try ask(.init(targetStep: TrainingStep(288), force: true))
            #expect(accepted.targetStep == TrainingStep(288))
            let event = try daemon.event { $0.kind == .prediction }
            guard case .prediction(let document) = event.body else { return }
            #expect(document.id == accepted.id && document.state == .emitted && document.forced)
            #expect(try daemon.predictions().map(\.id) == [accepted.id])
            let path = try #require(document.path)
            let manifest = try String(contentsOfFile: path + "/alpharl.json", encoding: .utf8)
            #expect(manifest.contains("\"forced\" : true"))
            let link = try FileManager.default.destinationOfSymbolicLink(atPath: run.emitted + "/latest")
            #expect(path.hasSuffix("/" + link))

            // The same once more is there already.
            let again = try refusal { _ = try ask(.init(targetStep: TrainingStep(288), force: true)) }
            #expect(again.status == 409 && again.detail?.contains("already") == true, "\(again)")
            try daemon.stop()
        }

        @Test func targetThatLiesBehindIsRefused() throws {
            let problem = try refusal { _ = try ask(.init(targetStep: TrainingStep(100), force: true)) }
            #expect(problem.status == 409 && problem.detail?.contains("144") == true, "\(problem)")
            try daemon.stop()
        }

        @Test func accuracyOfAPredictionShowsInTheStatus() throws {
            let accepted = try ask(.init(targetStep: TrainingStep(288), force: true))
            try daemon.event { $0.kind == .prediction }
            let post = MetricPost(subject: .prediction(accepted.id), accuracy: 0.4375)
            let answer = try daemon.client.send("POST", "/v1/metrics", post, as: MetricsAccepted.self)
            #expect(answer.accepted == 1)
            #expect(try daemon.status().predictions.map(\.accuracy) == [0.4375])
            let screen = try Alpharl.run(["status", "--socket", run.socket])
            #expect(screen.output.contains("accuracy 0.44 measured"), "\(screen.output)")

            let unknown = try refusal {
                _ = try daemon.client.send(
                    "POST", "/v1/metrics", MetricPost(subject: .prediction(99), accuracy: 0.5), as: MetricsAccepted.self
                )
            }
            #expect(unknown.status == 404 && unknown.detail?.contains("99") == true)
            try daemon.stop()
        }

        @Test func accuraciesOfStepsComeFromTheTrainerAndFromThePost() throws {
            #expect(try daemon.checkpoint(48).accuracy != nil, "trainer_state.json has it")
            let posts = [
                MetricPost(subject: .step(TrainingStep(48)), accuracy: 0.25),
                MetricPost(subject: .step(TrainingStep(72)), accuracy: 0.5),
            ]
            #expect(try daemon.client.send("POST", "/v1/metrics", posts, as: MetricsAccepted.self).accepted == 2)
            #expect(try daemon.checkpoint(48).accuracy == 0.25)
            #expect(try daemon.checkpoint(72).accuracy == 0.5)
            try daemon.event { $0.kind == .metric }
            try daemon.stop()
        }

        @Test func reloadAnswersWhatChangedAndKeepsTheOldOneWhenTheNewOneIsWrong() throws {
            let text = try String(contentsOfFile: run.configuration, encoding: .utf8)
            try Data((text + "[confidence]\nthreshold = 0.9\n").utf8).write(to: URL(filePath: run.configuration))
            let answer = try daemon.client.send("POST", "/v1/reload", Optional<Int>.none, as: ReloadAnswer.self)
            #expect(answer == ReloadAnswer(changed: ["confidence.threshold"], needsRestart: []))
            #expect(try daemon.status().forecast.threshold == 0.9)
            try Data((text + "[confidence]\nthreshold = 9\n").utf8).write(to: URL(filePath: run.configuration))
            let problem = try refusal {
                _ = try daemon.client.send("POST", "/v1/reload", Optional<Int>.none, as: ReloadAnswer.self)
            }
            #expect(problem.status == 409 && problem.detail?.contains("threshold") == true, "\(problem)")
            #expect(try daemon.status().forecast.threshold == 0.9)
            try daemon.stop()
        }
    }
}

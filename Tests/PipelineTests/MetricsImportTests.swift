import ConfigurationFile
import Forecasting
import Foundation
import StatusAPI
import TestSupport
import Testing
import TrajectoryStore
import Vocabulary

@testable import Pipeline

@Suite struct MetricsImportTests {
    private let fixture: ClosedLoopFixture
    private var context: RunContext { fixture.context }
    private var path: String { fixture.place.path("log.jsonl") }

    init() throws { fixture = try ClosedLoopFixture() }

    private func configure(key: String = "", scale: Double = 1, offset: Int = 0) {
        var configuration = context.configuration
        configuration.metrics.source = .file(path: path)
        configuration.metrics.key = key
        configuration.metrics.stepScale = scale
        configuration.metrics.stepOffset = offset
        _ = context.live.adopt(configuration)
    }

    private func known() throws -> [String] {
        try context.store.accuracies().map {
            "\($0.step) \($0.value) \($0.source.replacing(fixture.place.path, with: ""))"
        }
    }

    @Test func accuraciesComeWithTheKeyThatWasUsed() throws {
        configure()
        var metrics = MetricsImport()
        try metrics.importNew(context, layout: nil)
        #expect(try known().isEmpty)
        try fixture.place.write(
            "{\"step\": 10, \"reward\": 0.1, \"eval_accuracy\": 0.2, \"loss\": 3}\n", to: "log.jsonl")
        try metrics.importNew(context, layout: nil)
        #expect(try known() == ["10 0.2 /log.jsonl: eval_accuracy"])
        let accuracy = try StatusReport(context: context).status().accuracy
        #expect(accuracy.known == 1 && accuracy.value == 0.2 && accuracy.source == "\(path): eval_accuracy")
    }

    @Test func aBetterKeyThatTurnsUpLaterIsTakenForAllSteps() throws {
        configure()
        var metrics = MetricsImport()
        try fixture.place.write("{\"step\": 10, \"reward\": 0.1}\n", to: "log.jsonl")
        try metrics.importNew(context, layout: nil)
        #expect(try known() == ["10 0.1 /log.jsonl: reward"])
        try fixture.place.write(
            "{\"step\": 10, \"reward\": 0.1}\n{\"step\": 10, \"accuracy\": 0.7}\n{\"step\": 20, \"accuracy\": 0.8}\n",
            to: "log.jsonl")
        try metrics.importNew(context, layout: nil)
        #expect(try known() == ["10 0.7 /log.jsonl: accuracy", "20 0.8 /log.jsonl: accuracy"])
    }

    /// The log begins with rewards and has accuracies later: two curves, and no reward among the accuracies.
    @Test func rewardsAreACurveOfTheirOwn() throws {
        configure(scale: 2)
        var metrics = MetricsImport()
        try fixture.place.write("{\"step\": 1, \"reward\": 0.1}\n", to: "log.jsonl")
        try metrics.importNew(context, layout: nil)
        func measured() throws -> [String] {
            let all = try StoredAnswers(context: context).measurements()
            func text(_ series: MeasuredSeries) -> String {
                let name = series.source.map { String($0.split(separator: " ").last ?? "") } ?? "none"
                return ([name] + series.points.map { "\($0.step):\($0.value)" }).joined(separator: " ")
            }
            return [text(all.accuracy), text(all.reward)]
        }
        #expect(try measured() == ["reward 2:0.1", "none"], "what is the accuracy is not shown twice")
        try fixture.place.write(
            "{\"step\": 1, \"reward\": 0.1}\n{\"step\": 2, \"reward\": 0.3, \"eval_accuracy\": 0.7}\n{\"step\": 3, \"reward\": 0.2}\n",
            to: "log.jsonl")
        try metrics.importNew(context, layout: nil)
        #expect(try measured() == ["eval_accuracy 4:0.7", "reward 2:0.1 4:0.3 6:0.2"])
        _ = try MetricDesk(context: context).store([MetricPost(subject: .step(TrainingStep(5)), accuracy: 0.75)])
        #expect(try measured()[0] == "eval_accuracy 4:0.7 5:0.75", "what is posted belongs to it")
    }

    /// A reward of 5 beside accuracies below 1 would turn every line through them.
    @Test func earlyRewardsAreNoAccuraciesOnceThereAreSome() throws {
        configure()
        var metrics = MetricsImport()
        let rewards = (1...3).map { "{\"step\": \($0), \"reward\": \(4 + $0)}\n" }.joined()
        try fixture.place.write(rewards, to: "log.jsonl")
        try metrics.importNew(context, layout: nil)
        func ofRun() throws -> [Double] {
            try MeasuredAccuracies(context: context).ofRun(upTo: TrainingStep(6)).map(\.value)
        }
        #expect(try ofRun() == [5, 6, 7], "where there is nothing else a reward counts")
        let accuracies = (4...6).map { "{\"step\": \($0), \"eval_accuracy\": 0.\($0)}\n" }.joined()
        try fixture.place.write(rewards + accuracies, to: "log.jsonl")
        try metrics.importNew(context, layout: nil)
        #expect(try ofRun() == [0.4, 0.5, 0.6])
        let status = try StatusReport(context: context).status().accuracy
        #expect(status.known == 3 && status.value == 0.6)
        _ = try MetricDesk(context: context).store([MetricPost(subject: .step(TrainingStep(2)), accuracy: 0.2)])
        #expect(try ofRun() == [0.2, 0.4, 0.5, 0.6], "what is posted counts")
        #expect(try MeasuredAccuracies(context: context).ofRun(upTo: TrainingStep(3)).map(\.value) == [0.2])
    }

    @Test func stepsAreScaledAndMoved() throws {
        configure(key: "acc@1", scale: 2.5, offset: -5)
        var metrics = MetricsImport()
        try fixture.place.write(
            "{\"step\": 10, \"acc@1\": 0.1, \"accuracy\": 9}\n{\"step\": 1, \"acc@1\": 0.2}\n{\"step\": 4, \"acc@1\": 0.3}\n",
            to: "log.jsonl")
        try metrics.importNew(context, layout: nil)
        #expect(try known() == ["5 0.3 /log.jsonl: acc@1", "20 0.1 /log.jsonl: acc@1"])
    }

    @Test func aCorrectionThroughTheSocketIsNotUndoneByReadingTheFileAgain() throws {
        configure()
        try fixture.place.write(
            "{\"step\": 10, \"accuracy\": 0.1}\n{\"step\": 10, \"accuracy\": 0.2}\n", to: "log.jsonl")
        var metrics = MetricsImport()
        try metrics.importNew(context, layout: nil)
        _ = try MetricDesk(context: context).store([
            MetricPost(subject: .step(TrainingStep(10)), accuracy: 0.3)
        ])
        var restarted = MetricsImport()
        try restarted.importNew(context, layout: nil)
        #expect(try known() == ["10 0.3 api"])
    }

    @Test func aKeyThatIsNotThereIsToldOnceWithWhatIs() throws {
        configure(key: "score")
        try fixture.place.write("{\"step\": 10, \"accuracy\": 0.1}\nnonsense\n", to: "log.jsonl")
        var metrics = MetricsImport()
        for _ in 0..<3 { try metrics.importNew(context, layout: nil) }
        #expect(try known().isEmpty)
        let told = fixture.log.lines
        #expect(told.count { $0.contains("it has no score (got accuracy); set metrics.key") } == 1)
        #expect(told.count { $0.contains("1 lines are no JSON object") } == 1)
    }

    @Test func anotherSourceLeavesTheFileAlone() throws {
        try fixture.place.write("{\"step\": 10, \"accuracy\": 0.1}\n", to: "log.jsonl")
        var metrics = MetricsImport()
        try metrics.importNew(context, layout: nil)
        #expect(try known().isEmpty)
    }

    @Test func theTrainersOwnNumbersComeWithTheirKeyToo() throws {
        try fixture.link([24])
        try fixture.read()
        let checkpoint = try #require(try StatusReport(context: context).checkpoints().checkpoints.first)
        #expect(checkpoint.accuracySource == "trainer_state: eval_accuracy")
        #expect(checkpoint.accuracy == 0.3520822077989578)
        let reward = try StoredAnswers(context: context).measurements().reward
        #expect(reward.source == "trainer_state: reward" && reward.points.map(\.step.value) == [20, 21, 22, 23, 24])
    }
}

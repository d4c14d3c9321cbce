import ArgumentParser
import ConfigurationFile
import Files
import Foundation
import Logging
import Pipeline
import StatusAPI
import SystemdIntegration
import TrajectoryStore
import Vocabulary

struct PredictCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "predict",
        abstract: "Reads a run's checkpoints without a daemon and writes the one it would reach later.",
        discussion: """
            Example: alpharl predict /data/ckpts/qwen-math --base /models/Qwen2.5-7B --out predicted

            Writes OUT/step-TARGET-from-LAST. Exits with 75 when the run's own past does not prove the forecast, unless \
            --force is given.
            """)

    @Argument(help: "The folder that the trainer wrote its checkpoints to.")
    var run: String

    @Option(help: "The weights that the run started from.")
    var base: String

    @Option(help: "Where the prediction appears, in a folder of its own.")
    var out: String

    @Option(help: "Pretend that later checkpoints are not there: a retrospective check of a finished run.")
    var untilStep: Int?

    @Option(help: "The step to predict.")
    var targetStep: Int?

    @Option(help: "The step to predict, as a multiple of the last one.")
    var horizon: Double?

    @Option(help: "The step at which a line through the recent accuracies reaches this one.")
    var targetAccuracy: Double?

    @Option(
        help: """
            Accuracies, as metrics.source: trainer_state, verl, tensorboard, none, a .jsonl file (one object with "step" \
            a line) or a folder of event files; otherwise what the trainer wrote.
            """)
    var metrics: String?

    @Option(help: "The name of the accuracy; otherwise the first known one.")
    var metricKey = ""

    @Option(help: "A trajectory model by name; otherwise the one with the best record.")
    var model = "auto"

    @Option(help: "full, adapter, or both with a comma.")
    var format = "full"

    @Option(help: "Keep the factors in this file.")
    var store: String?

    @OptionGroup var reading: ReadingOptions

    @Flag(help: "Write the prediction below the threshold too, marked as such.")
    var force = false

    @Flag(help: "For programs.")
    var json = false

    func validate() throws {
        if let untilStep, untilStep < 1 { throw ValidationError("--until-step \(untilStep) is not a step above 0") }
        if let targetStep, targetStep < 1 { throw ValidationError("--target-step \(targetStep) is not a step above 0") }
        if let horizon, !(horizon > 1 && horizon <= 100) {
            throw ValidationError("--horizon \(horizon) is not above 1 and at most 100")
        }
        if let targetAccuracy, !(targetAccuracy > 0 && targetAccuracy.isFinite) {
            throw ValidationError("--target-accuracy \(targetAccuracy) is not a number above 0")
        }
        if [targetStep != nil, horizon != nil, targetAccuracy != nil].count(where: \.self) > 1 {
            throw ValidationError("--target-step, --horizon and --target-accuracy exclude each other")
        }
        if let metrics, metricsSource == nil {
            throw ValidationError(
                "--metrics \(metrics) is no file that ends in .jsonl, no folder of event files, and none of "
                    + "\(MetricsSource.words.joined(separator: ", "))")
        }
        if formats == nil { throw ValidationError("--format \(format) is none of full, adapter, full,adapter") }
    }

    mutating func run() async throws {
        let command = self
        try await OnceThread.run { try command.predict() }
    }

    private var formats: [PredictionFormat]? {
        let words = format.split(separator: ",").map(String.init)
        let formats = words.compactMap(PredictionFormat.init)
        return formats.count == words.count && !formats.isEmpty ? formats : nil
    }

    /// What `metrics.source` would say; nil for what it could not.
    private var metricsSource: MetricsSource? {
        guard let metrics else { return .auto }
        let path = ReadingOptions.absolute(metrics)
        if let source = MetricsSource(word: metrics) { return source }
        // The trainer's own file lies in every checkpoint, and the newest one has all rows.
        if metrics.hasSuffix("trainer_state.json") { return .trainerState }
        if metrics.hasSuffix(".jsonl") { return .file(path: path) }
        // What cannot be looked at is no folder, and said to be none.
        let status = try? FileTree().status(of: path, followingLinks: true)
        return status?.kind == .directory ? .events(path: path) : nil
    }

    private func predict() throws {
        LoggingSystem.bootstrap { label in
            JournalLogHandler(
                label: label, control: LogLevelControl(.warning),
                destination: .current(environment: ProcessInfo.processInfo.environment))
        }
        let configuration = try configuration()
        try RunSetup.requireFolder(configuration.run.watch)
        let bar = ProgressLine(isShown: TerminalDevice.errors.isScreen && !json)
        let context = try RunSetup.context(for: configuration, progress: RunProgress { bar.show($0) }) { _ in
            try store.map { try TrajectoryDatabase.open(path: ReadingOptions.absolute($0)) }
                ?? TrajectoryDatabase.inMemory()
        }
        defer { bar.clear() }
        let offline = OfflineRun(context: context)
        try offline.read(upTo: untilStep.map(TrainingStep.init))
        bar.clear()
        let report = try offline.report()
        if !json { StandardError.write(PredictionReport(report.status, report.forecasts).text) }
        let written = try offline.predict(
            OfflineRun.Request(
                targetStep: targetStep.map(TrainingStep.init), horizon: horizon, model: ModelName(model),
                formats: formats ?? [.full], force: force))
        bar.clear()
        try context.store.close()
        if json {
            let document = PredictDocument(status: report.status, forecasts: report.forecasts, predictions: written)
            print(String(decoding: try JSONCoding.encode(document), as: UTF8.self))
        } else {
            for prediction in written { print(prediction.path ?? "") }
        }
    }

    private func configuration() throws -> RunConfiguration {
        var configuration = RunConfiguration(watch: ReadingOptions.absolute(run), base: ReadingOptions.absolute(base))
        reading.apply(to: &configuration)
        configuration.forecast.model = model
        configuration.forecast.targetAccuracy = targetAccuracy ?? 0
        if let metricsSource { configuration.metrics.source = metricsSource }
        configuration.metrics.key = metricKey
        configuration.emit.directory = ReadingOptions.absolute(out)
        configuration.emit.keep = 1_000_000
        try reading.check(also: ["forecast.model": model])
        return configuration
    }
}

/// `alpharl predict --json`.
struct PredictDocument: Codable {
    var status: RunStatus
    var forecasts: ForecastList
    var predictions: [PredictionDocument]
}

/// The table of forecasts and their confidence.
struct PredictionReport {
    let status: RunStatus
    let forecasts: ForecastList

    init(_ status: RunStatus, _ forecasts: ForecastList) {
        self.status = status
        self.forecasts = forecasts
    }

    var text: String {
        let counts = status.checkpoints
        let steps = counts.firstStep.map { "steps \($0) to \(counts.lastStep ?? $0)" } ?? "none"
        let rejected = counts.rejected > 0 ? ", \(counts.rejected) rejected" : ""
        var lines = ["\(counts.recorded) checkpoints, \(steps), \(status.trajectory.modules) modules\(rejected)", ""]
        lines += table
        lines += ["", status.forecast.reason, ""]
        return lines.joined(separator: "\n")
    }

    private var table: [String] {
        let horizons = Array(Set(forecasts.forecasts.map(\.horizon))).sorted()
        var models: [ModelName] = []
        for forecast in forecasts.forecasts where !models.contains(forecast.model) { models.append(forecast.model) }
        let head = column("confidence", 12) + horizons.map { column("\(Figures.number($0))x", 8) }.joined()
        return [head]
            + models.map { model in
                column(model.text, 12)
                    + horizons.map { horizon in
                        let found = forecasts.forecasts.first { $0.model == model && $0.horizon == horizon }
                        let tested = (found?.pairs ?? 0) > 0
                        return column(tested ? Figures.share(found?.confidence ?? 0) : "-", 8)
                    }.joined()
            }
    }

    private func column(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }
}

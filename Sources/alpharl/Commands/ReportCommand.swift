import ArgumentParser
import Dashboard
import Foundation
import Pipeline
import StatusAPI
import StatusServer
import TrajectoryStore
import Vocabulary

struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Writes what the dashboard shows into one HTML file that needs nothing else.",
        discussion: """
            Example: alpharl report qwen-math -o qwen-math.html
            Example: alpharl report --store /var/lib/alpharl/qwen-math/store.sqlite -o qwen-math.html

            The file has its pictures and its style in it and no script: it can be mailed, or kept with a run's notes.
            With --store no daemon is asked.
            """)

    @OptionGroup var place: SocketOptions

    @Option(help: "Read this store instead of asking a daemon.")
    var store: String?

    @Option(name: .shortAndLong, help: "The file to write, replacing what is there; - for standard output.")
    var output: String

    @Option(
        help:
            "A module to look at closely, such as model.layers.0.mlp.down_proj.weight; may be repeated. Otherwise the one that moved most for its size."
    )
    var module: [String] = []

    func validate() throws {
        guard store == nil || (place.name == nil && place.socket == nil) else {
            throw ValidationError("--store reads a file: leave out RUN and --socket")
        }
    }

    func run() throws {
        let source: any ReportSource
        if let store { source = try StoreSource(path: store) } else { source = SocketSource(path: try place.find()) }
        let page = Page.report(
            try source.documents(closeUps: module.map { TensorName($0) }), origin: source.origin, now: Date())
        try write(Data(page.utf8))
    }

    private func write(_ page: Data) throws {
        guard output != "-" else { return FileHandle.standardOutput.write(page) }
        do {
            try page.write(to: URL(filePath: output), options: .atomic)
        } catch {
            throw Failure(
                "cannot write \(output): \(error.localizedDescription); check the folder and its free space",
                .cannotCreate)
        }
    }
}

/// Where a report's numbers come from.
private protocol ReportSource {
    /// Words that follow "read from".
    var origin: String { get }
    /// - Parameter names: modules to look at closely; none: the one that moved most.
    func documents(closeUps names: [TensorName]) throws -> RunDocuments
}

private struct SocketSource: ReportSource {
    let path: String

    var origin: String { "the daemon at \(path)" }

    func documents(closeUps names: [TensorName]) throws -> RunDocuments {
        let client = StatusClient(path: path)
        let history = try client.get("/v1/history", as: RunHistory.self)
        let modules = try client.get("/v1/modules", as: ModuleList.self)
        let model = history.shownModel.map { "?model=\($0)" } ?? ""
        return RunDocuments(
            status: try client.get("/v1/status", as: RunStatus.self),
            checkpoints: try client.get("/v1/checkpoints", as: CheckpointList.self),
            measurements: try client.get("/v1/metrics", as: RunMeasurements.self), modules: modules,
            forecasts: try client.get("/v1/forecasts", as: ForecastList.self),
            predictions: try client.get("/v1/predictions", as: PredictionList.self), history: history,
            backtests: try client.get("/v1/backtests\(model)", as: BacktestList.self),
            closeUps: try modules.chosen(names).map { name in
                try client.get("/v1/modules/\(Page.encoded(name.text))", as: ModuleHistory.self)
            })
    }
}

private struct StoreSource: ReportSource {
    let path: String
    private let answers: StoredAnswers

    init(path: String) throws {
        self.path = path
        answers = try StoredAnswers(store: TrajectoryDatabase.openForReading(path: path))
    }

    var origin: String { "the store \(path)" }

    func documents(closeUps names: [TensorName]) throws -> RunDocuments {
        let history = try answers.history()
        let modules = try answers.modules()
        return RunDocuments(
            status: try answers.status(version: BuildInformation.version), checkpoints: try answers.checkpoints(),
            measurements: try answers.measurements(), modules: modules, forecasts: try answers.forecasts(),
            predictions: try answers.predictions(),
            history: history, backtests: try answers.backtests(of: history.shownModel),
            closeUps: try modules.chosen(names).map(answers.module(named:)))
    }
}

extension ModuleList {
    /// - Throws: `Failure` for a module that is not tracked.
    fileprivate func chosen(_ names: [TensorName]) throws -> [TensorName] {
        guard !names.isEmpty else { return [mostMoved].compactMap(\.self) }
        for name in names where !modules.contains(where: { $0.name == name }) {
            let example = modules.first.map { " (such as \($0.name))" } ?? ""
            throw Failure("there is no module \(name): name one of the \(modules.count) tracked ones\(example)", .usage)
        }
        return names
    }
}

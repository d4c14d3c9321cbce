import ConfigurationFile
import Emission
import Files
import Foundation
import Logging
import Pipeline
import RunLayouts
import TestSupport
import TrajectoryStore

/// A run of the example's checkpoints, worked on in this process.
struct PipelineFixture {
    let place: TemporaryDirectory
    let context: RunContext

    /// - Parameters:
    ///   - steps: checkpoints that are there from the beginning.
    ///   - change: of the configuration.
    init(steps: some Sequence<Int>, _ change: (inout RunConfiguration) -> Void = { _ in }) throws {
        place = try TemporaryDirectory()
        let watched = try place.makeDirectory("watched")
        var configuration = RunConfiguration(watch: watched, base: try ExampleRun.base(), name: "test")
        configuration.emit.directory = place.path("emitted")
        configuration.store.path = place.path("store.sqlite")
        change(&configuration)
        context = try Self.context(configuration, .system)
        for step in steps { try add(step) }
    }

    /// A run of any folder and any base.
    init(
        watching folder: String, base: String, pattern: String = "", in place: TemporaryDirectory,
        _ change: (inout RunConfiguration) -> Void = { _ in }
    ) throws {
        var configuration = RunConfiguration(watch: folder, base: base, name: "test")
        configuration.run.pattern = pattern
        configuration.emit.directory = place.path("emitted")
        configuration.store.path = place.path("store.sqlite")
        change(&configuration)
        self.init(place, try Self.context(configuration, .system))
    }

    private init(_ place: TemporaryDirectory, _ context: RunContext) {
        self.place = place
        self.context = context
    }

    private static func context(_ configuration: RunConfiguration, _ calls: FileSystemCalls) throws -> RunContext {
        let base = try BaseWeights(directory: configuration.run.base, filter: configuration.factors.filter)
        let store = try TrajectoryDatabase.open(path: configuration.store.path)
        try store.claim(
            for: RunIdentity(
                name: configuration.run.name, basePath: configuration.run.base,
                baseFingerprint: base.fingerprint.description, watchPath: configuration.run.watch),
            programVersion: "0.0.0", now: WallClock.system.timestamp)
        var context = RunContext(
            configuration: configuration, store: store, base: base,
            program: ProgramIdentity(name: "alpharl", version: "0.0.0", commit: "unknown"))
        context.calls = calls
        context.log.logLevel = .critical
        return context
    }

    /// Adds a checkpoint, with the weights of another step where one is given.
    func add(_ step: Int, weightsOf other: Int? = nil) throws {
        let folder = context.configuration.run.watch + "/checkpoint-\(step)"
        try? FileManager.default.removeItem(atPath: folder)
        try FileManager.default.copyItem(atPath: ExampleRun.checkpoint(step), toPath: folder)
        guard let other else { return }
        let weights = try Data(contentsOf: URL(filePath: ExampleRun.checkpoint(other) + "/model.safetensors"))
        try weights.write(to: URL(filePath: folder + "/model.safetensors"))
    }

    func remove(_ step: Int) throws {
        try FileManager.default.removeItem(atPath: context.configuration.run.watch + "/checkpoint-\(step)")
    }

    /// Does everything that can be done now, with what a process knows that has just started.
    func pass(emits: Bool = true) throws {
        let atOnce = SettleRule(quiet: 0, longQuiet: 0, longAgo: 0)
        var pipeline = try RunPipeline(context: context, emits: emits, settle: atOnce)
        _ = try pipeline.pass()
    }

    /// The same run and a copy of its store, with other system calls and a folder of its own for predictions.
    func copy(named name: String, calls: FileSystemCalls) throws -> PipelineFixture {
        var configuration = context.configuration
        configuration.emit.directory = place.path("emitted-\(name)")
        configuration.store.path = place.path("store-\(name).sqlite")
        for suffix in ["", "-wal"]
        where FileManager.default.fileExists(atPath: context.configuration.store.path + suffix) {
            try FileManager.default.copyItem(
                atPath: context.configuration.store.path + suffix, toPath: configuration.store.path + suffix)
        }
        return PipelineFixture(place, try Self.context(configuration, calls))
    }

    var predictions: [PredictionRecord] { get throws { try context.store.predictions() } }

    /// The folders of predictions that are there, without the link to the newest.
    var emitted: [String] {
        let names = try? FileManager.default.contentsOfDirectory(atPath: context.configuration.emit.directory)
        return (names ?? []).filter { $0 != "latest" }.sorted()
    }

    func weights(of prediction: PredictionRecord) throws -> Data {
        try Data(contentsOf: URL(filePath: prediction.plan.path + "/model.safetensors"))
    }
}

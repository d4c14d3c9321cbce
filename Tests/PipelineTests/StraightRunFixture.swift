import ConfigurationFile
import Emission
import Files
import Foundation
import Logging
import RunLayouts
import Synchronization
import TestSupport
import TrajectoryStore
import Vocabulary

@testable import Pipeline

/// A straight run, worked on in this process, with a store of its own and clocks that a test moves.
final class StraightRunFixture {
    let place: TemporaryDirectory
    let run: StraightRun
    let context: RunContext
    private var pipeline: RunPipeline
    private let elapsed: ElapsedTime

    /// - Parameters:
    ///   - calls: everything but the store goes through them.
    ///   - steps: checkpoints that are there from the beginning.
    ///   - end: of the run, as the trainer's log says.
    init(
        calls: FileSystemCalls = .system, steps: some Sequence<Int> = StraightRun.steps.prefix(3), end: Int? = nil,
        _ change: (inout RunConfiguration) -> Void = { _ in }
    ) throws {
        place = try TemporaryDirectory(inMemory: true)
        run = try StraightRun(in: place, end: end)
        for step in steps { try run.add(step) }
        var configuration = RunConfiguration(watch: run.watched, base: run.base, name: "straight")
        configuration.emit.directory = place.path("emitted")
        configuration.store.path = place.path("store.sqlite")
        configuration.resources.threads = 1
        change(&configuration)
        let elapsed = ElapsedTime()
        self.elapsed = elapsed
        context = try Self.context(configuration, calls, elapsed)
        pipeline = try RunPipeline(context: context, settle: SettleRule.atOnce)
    }

    /// A run whose trainer also writes the accuracies of three steps to a file of its own, and says where the run ends.
    static func logging(steps: [Int]) throws -> StraightRunFixture {
        let fixture = try StraightRunFixture(steps: steps, end: 400) {
            $0.metrics.source = .file(path: $0.store.path + ".log.jsonl")
        }
        let rows = [10, 20, 30].map { "{\"step\": \($0), \"eval_accuracy\": 0.\($0)}\n" }.joined()
        let path = fixture.context.configuration.store.path + ".log.jsonl"
        try rows.write(toFile: path, atomically: false, encoding: .utf8)
        return fixture
    }

    /// The same run and a copy of its store, with other system calls and a folder of its own for predictions.
    ///
    /// - Parameters:
    ///   - keepsStore: false for the store that is there under that name, or a new one.
    ///   - keepsPredictions: whether a copy of the other one's folder of predictions is there.
    init(
        copying other: StraightRunFixture, named name: String, calls: FileSystemCalls, keepsStore: Bool = true,
        keepsPredictions: Bool = false
    ) throws {
        (place, run) = (other.place, other.run)
        var configuration = other.context.configuration
        configuration.emit.directory = place.path("emitted-\(name)")
        configuration.store.path = place.path("store-\(name).sqlite")
        for suffix in keepsStore ? ["", "-wal"] : [] {
            let file = other.context.configuration.store.path + suffix
            guard FileManager.default.fileExists(atPath: file) else { continue }
            try FileManager.default.copyItem(atPath: file, toPath: configuration.store.path + suffix)
        }
        if keepsPredictions, !other.emitted.isEmpty {
            try FileManager.default.copyItem(
                atPath: other.context.configuration.emit.directory, toPath: configuration.emit.directory)
        }
        elapsed = ElapsedTime()
        context = try Self.context(configuration, calls, elapsed)
        pipeline = try RunPipeline(context: context, settle: SettleRule.atOnce)
    }

    /// Takes the copy's store and predictions away: a sweep makes thousands.
    func removeCopy() throws {
        let configuration = context.configuration
        try context.store.close()
        for suffix in ["", "-wal", "-shm", ".lock"] {
            try? FileManager.default.removeItem(atPath: configuration.store.path + suffix)
        }
        try? FileManager.default.removeItem(atPath: configuration.emit.directory)
    }

    private static func context(
        _ configuration: RunConfiguration, _ calls: FileSystemCalls, _ elapsed: ElapsedTime
    ) throws -> RunContext {
        let base = try BaseWeights(
            directory: configuration.run.base, filter: configuration.factors.filter, calls: calls)
        let store = try TrajectoryDatabase.openReplacingDamaged(
            path: configuration.store.path, now: WallClock.system.timestamp)
        try store.claim(
            for: RunIdentity(
                name: configuration.run.name, basePath: configuration.run.base,
                baseFingerprint: base.fingerprint.description, watchPath: configuration.run.watch),
            programVersion: "0.0.0", now: WallClock.system.timestamp)
        var context = RunContext(
            configuration: configuration, store: store, base: base,
            program: ProgramIdentity(name: "alpharl", version: "0.0.0", commit: "unknown"))
        context.calls = calls
        context.clock = WallClock { Date(timeIntervalSince1970: 1_790_000_000) }
        context.steady = SteadyClock { elapsed.now }
        context.log.logLevel = .critical
        return context
    }

    /// One pass of the process that goes on.
    func pass() throws -> RunPipeline.PassOutcome { try pipeline.pass() }

    /// Passes until nothing waits, without waiting: time moves to when the next one is due. At most 50.
    func passUntilDone() throws {
        for _ in 0..<50 {
            let outcome = try pipeline.pass()
            if let wait = outcome.nextRetry {
                elapsed.advance(by: wait)
            } else if outcome.shouldRetry {
                elapsed.advance(by: .seconds(1))
            } else if context.progress.snapshot.unfinished.isEmpty {
                return
            }
        }
    }

    /// Records everything and decides, but writes no prediction.
    func recordOnly() throws {
        var offline = try RunPipeline(context: context, emits: false, settle: SettleRule.atOnce)
        _ = try offline.pass()
    }

    /// What a process that starts now makes of it.
    func startAnew() throws { pipeline = try RunPipeline(context: context, settle: SettleRule.atOnce) }

    func advance(by time: Duration) { elapsed.advance(by: time) }

    /// Factors, forecasts, decisions and predictions, without times and row numbers.
    var content: [String] { get throws { try context.store.canonicalDump() } }

    var emitted: [String] {
        let names = try? FileManager.default.contentsOfDirectory(atPath: context.configuration.emit.directory)
        return (names ?? []).sorted()
    }

    /// Every file of the predictions but the manifest, which holds a time, and the links.
    var predictedFiles: [String: [UInt8]] {
        get throws {
            var files: [String: [UInt8]] = [:]
            for folder in emitted where folder.hasPrefix("step-") {
                let path = context.configuration.emit.directory + "/" + folder
                for name in try FileManager.default.contentsOfDirectory(atPath: path) {
                    files["\(folder)/\(name)"] = [UInt8](try Data(contentsOf: URL(filePath: path + "/" + name)))
                }
            }
            return files
        }
    }

    /// The names in each prediction's folder.
    var predictedFolders: [[String]] {
        get throws {
            try emitted.filter { $0.hasPrefix("step-") }.map {
                try FileManager.default.contentsOfDirectory(atPath: context.configuration.emit.directory + "/" + $0)
            }
        }
    }

    /// Every place in which the status could say that something is wrong.
    var reasons: [String] {
        get throws {
            let progress = context.progress.snapshot
            return try progress.troubles.map(\.value) + progress.unfinished.map(\.reason)
                + context.store.checkpoints().compactMap(\.reason) + context.store.predictions().compactMap(\.reason)
        }
    }
}

extension SettleRule {
    /// Nothing is waited for.
    static let atOnce = SettleRule(quiet: 0, longQuiet: 0, longAgo: 0)
}

/// Time that passes when a test says so.
final class ElapsedTime: Sendable {
    private let value = Mutex(Duration.zero)

    var now: Duration { value.withLock { $0 } }
    func advance(by time: Duration) { value.withLock { $0 += time } }
}

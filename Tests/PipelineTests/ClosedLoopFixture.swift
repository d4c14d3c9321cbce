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

/// A run without its loop: a store in memory with predictions that were just published, and a log that is kept.
struct ClosedLoopFixture {
    let place: TemporaryDirectory
    let context: RunContext
    let log = KeptLog()

    init(_ change: (inout RunConfiguration) -> Void = { _ in }) throws {
        place = try TemporaryDirectory()
        var configuration = RunConfiguration(
            watch: try place.makeDirectory("watched"), base: try ExampleRun.base(), name: "test")
        configuration.emit.directory = place.path("predicted")
        configuration.socket.path = place.path("test.sock")
        change(&configuration)
        let base = try BaseWeights(directory: configuration.run.base, filter: configuration.factors.filter)
        let store = try TrajectoryDatabase.inMemory()
        try store.claim(
            for: RunIdentity(
                name: "test", basePath: configuration.run.base, baseFingerprint: base.fingerprint.description,
                watchPath: configuration.run.watch), programVersion: "0.0.0", now: WallClock.system.timestamp)
        var context = RunContext(
            configuration: configuration, store: store, base: base,
            program: ProgramIdentity(name: "alpharl", version: "0.0.0", commit: "unknown"))
        let log = log
        context.log = Logger(label: "test") { _ in log }
        self.context = context
    }

    /// Links a checkpoint of the example run into the watched folder.
    func link(_ steps: some Sequence<Int>) throws {
        for step in steps {
            try FileManager.default.createSymbolicLink(
                atPath: context.configuration.run.watch + "/checkpoint-\(step)",
                withDestinationPath: ExampleRun.checkpoint(step))
        }
    }

    /// Records what is linked.
    func read(emits: Bool = false) throws {
        let nothing = SettleRule(quiet: 0, longQuiet: 0, longAgo: 0)
        var pipeline = try RunPipeline(context: context, emits: emits, settle: nothing)
        _ = try pipeline.pass()
    }

    /// A published prediction with a command due, of a checkpoint that need not be recorded.
    @discardableResult
    func publish(from step: Int, to target: Int, by model: ModelName = "damped") throws -> PredictionID {
        let checkpoint =
            try context.store.activeCheckpoint(at: TrainingStep(step))?.id
            ?? context.store.notePending(
                SeenCheckpoint(
                    step: TrainingStep(step), directory: "/c/\(step)", layout: "huggingface", stamp: "{}", bytes: nil,
                    seenAt: context.clock.timestamp)
            ).id
        let id = try context.store.plan(
            PlannedPrediction(
                targetStep: TrainingStep(target), checkpoint: checkpoint, model: model, format: .full,
                path: place.path("predicted/step-\(target) from \(step)"), confidence: 0.5, isForced: false,
                requestedBy: "test", plannedAt: context.clock.timestamp))
        try context.store.markPublished(id, manifest: "{}", emittedAt: context.clock.timestamp, hookIsDue: true)
        return id
    }

    /// A shell script, to be started directly.
    func script(_ text: String) throws -> String {
        let path = try place.write("#!/bin/sh\n" + text, to: "hook.sh")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        return path
    }

    func setHook(_ command: [String], timeLimit: Duration = .seconds(60)) {
        var configuration = context.configuration
        configuration.emit.onEmit = command
        configuration.emit.onEmitTimeout = timeLimit
        _ = context.live.adopt(configuration)
    }

    var lastError: String? { context.progress.snapshot.lastError }
}

/// A log handler that keeps its lines.
final class KeptLog: LogHandler, Sendable {
    private let kept = Mutex<[String]>([])
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logLevel: Logger.Level {
        get { .trace }
        set {}
    }
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) {
        let metadata = (event.metadata ?? [:]).filter { $0.key != "message_id" }
        let details = metadata.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
        kept.withLock { $0.append("\(event.level): \(event.message)\(details)") }
    }

    var lines: [String] { kept.withLock { $0 } }
}

/// Blocking work off the pool that every asynchronous test of this process shares.
func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
    }
}

/// A named pipe: what processes write into it, line by line, until the last one that holds it has ended.
struct NamedPipe: Sendable {
    let path: String
    let lines: AsyncStream<String>

    init(_ path: String) throws {
        self.path = path
        try Tool.run("/usr/bin/env", ["mkfifo", path])
        let (lines, continuation) = AsyncStream<String>.makeStream()
        self.lines = lines
        // Opening waits for the first writer.
        Thread.detachNewThread {
            var splitter = LineSplitter()
            let handle = FileHandle(forReadingAtPath: path)
            while let piece = handle?.availableData, !piece.isEmpty {
                splitter.take(piece).forEach { continuation.yield($0) }
            }
            splitter.finish().forEach { continuation.yield($0) }
            continuation.finish()
        }
    }

    /// Everything that was written. Returns when all writers have ended.
    func whole() async -> [String] { await lines.reduce(into: []) { $0.append($1) } }
}

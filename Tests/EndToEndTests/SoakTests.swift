import ConfigurationFile
import Emission
import Files
import Foundation
import Logging
import Pipeline
import ServiceLifecycle
import StatusAPI
import StatusServer
import Synchronization
import TestSupport
import Testing
import TrajectoryStore
import Vocabulary

extension EndToEnd {
    /// Long service, shortened: nothing grows. `deploy/test --long`, which CI calls, sets the flag.
    @Suite(.enabled(if: ProcessInfo.processInfo.environment["ALPHARL_TEST_LONG"] == "1", "ALPHARL_TEST_LONG=1"))
    struct SoakTests {
        private static let hours = Int(ProcessInfo.processInfo.environment["ALPHARL_TEST_SOAK_HOURS"] ?? "") ?? 1

        /// An hour of service with clocks that the test moves: a look every 5 s, a checkpoint every 20 s of which the
        /// trainer keeps three, a prediction now and then, the run set back every 10 minutes, and each minute four clients
        /// that come, ask for everything and go. After the first half hour nothing may grow but the store.
        /// `ALPHARL_TEST_SOAK_HOURS` makes it more than one.
        @Test(.timeLimit(.minutes(10))) func anHourOfServiceGrowsNeitherInDescriptorsNorInMemory() async throws {
            let place = try TemporaryDirectory(inMemory: true)
            let service = try SimulatedService(in: place)
            let socket = place.path("run.sock")
            let logger = Logger(label: "soak") { _ in SwiftLogNoOpLogHandler() }
            let server = StatusService(
                listener: try ListeningSocket.bind(path: socket, mode: 0o600, group: nil),
                provider: RunStatusProvider(context: service.context, controls: service.controls),
                writers: try WriterRule.current(group: nil, path: socket), logger: logger)
            let group = ServiceGroup(configuration: .init(services: [server], logger: logger))
            let serving = Task { try await group.run() }
            let sizes = try await Self.onOwnThread {
                var sizes: [ProcessSize] = []
                for second in stride(from: 0, to: 3600 * Self.hours, by: 5) {
                    try service.work(at: second, of: 3600 * Self.hours)
                    if second % 60 == 40 { for _ in 0..<4 { try ask(socket) } }
                    if second % 900 == 895 { sizes.append(try ProcessSize.ofThisProcess()) }
                }
                return sizes
            }
            print("soak: \(try service.summary); after each quarter of an hour \(sizes)")
            await group.triggerGracefulShutdown()
            try await serving.value
            #expect(service.passes == 720 * Self.hours && service.rewinds == 6 * Self.hours - 1)
            #expect(try service.context.store.checkpointCounts()[.recorded, default: 0] > 20)
            #expect(try service.context.store.predictions().count > 5)
            let last = try #require(sizes.last)
            // The store's readers come and go with the clients, at most five at a time.
            #expect(last.descriptors <= sizes[0].descriptors + 5, "\(sizes)")
            // A checkpoint that is kept in mind takes some hundred bytes, and there are 180; what else is new is slack of
            // the allocator, which does not go on growing: the last half hour may not cost more than this.
            #expect(last.kilobytes - sizes[1].kilobytes < 24_576, "\(sizes)")
        }

        /// One client: a connection, every kind of answer, and the beginning of the events.
        private func ask(_ socket: String) throws {
            let client = StatusClient(path: socket)
            _ = try client.get("/v1/status", as: RunStatus.self)
            _ = try client.get("/v1/checkpoints", as: CheckpointList.self)
            _ = try client.get("/v1/history", as: RunHistory.self)
            _ = try client.get("/v1/predictions", as: PredictionList.self)
            _ = try client.get("/v1/modules", as: ModuleList.self)
            try client.followEvents(after: 0) { _ in false }
        }

        /// The clients wait for a server whose tasks need the threads that tests run on.
        private static func onOwnThread<Result: Sendable>(
            _ body: @escaping @Sendable () throws -> Result
        ) async throws -> Result {
            try await withCheckedThrowingContinuation { continuation in
                let thread = Thread { continuation.resume(with: Swift.Result { try body() }) }
                thread.stackSize = 8 << 20
                thread.start()
            }
        }

        /// All are noted before anything is read, so that the daemon is ready soon; then they are recorded in step order, and
        /// a restart goes on where it was.
        @Test(.timeLimit(.minutes(10))) func aThousandCheckpointsWaitingAtTheStart() throws {
            let source = try TemporaryDirectory(inMemory: true)
            let straight = try StraightRun(in: source)
            for number in 1...1000 { try straight.add(number * 10) }
            let run = try RunFolder(base: straight.base, watched: straight.watched)
            let began = Date()
            let daemon = try LiveDaemon(run)
            try daemon.poll("first scan") { try daemon.status().state != .starting }
            print("a thousand checkpoints: ready after \(Date().timeIntervalSince(began)) s")
            let counts = try daemon.status().checkpoints
            #expect(counts.recorded + counts.pending == 1000)
            try daemon.waitUntilRecorded(1000)
            try daemon.kill()
            let next = try LiveDaemon(run)
            try next.waitUntilRecorded(1500)
            print("a thousand checkpoints: 150 recorded and one restart after \(Date().timeIntervalSince(began)) s")
            let list = try next.checkpoints()
            let recorded = list.filter { $0.state == .recorded }.map(\.step.value)
            #expect(list.count == 1000 && recorded == (1...recorded.count).map { $0 * 10 })
            try next.stop()
        }
    }
}

/// What the kernel says of a process.
struct ProcessSize: CustomStringConvertible {
    let descriptors: Int
    let kilobytes: Int

    static func ofThisProcess() throws -> ProcessSize { try of("self") }

    static func of(_ process: String) throws -> ProcessSize {
        let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/fd").count
        let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") })
        return ProcessSize(descriptors: open, kilobytes: try #require(Int(line.filter(\.isNumber))))
    }

    var description: String { "\(descriptors) descriptors, \(kilobytes / 1024) MB" }
}

/// The daemon's work on a straight run, in this process, with clocks that go as fast as the work does.
// One thread at a time uses it: the test hands it to the one that works, and reads it when that has ended.
private final class SimulatedService: @unchecked Sendable {
    let context: RunContext
    private let run: StraightRun
    private let clock: SimulatedTime
    private var pipeline: RunPipeline
    private var number = 0
    private(set) var passes = 0
    private(set) var rewinds = 0

    init(in place: TemporaryDirectory) throws {
        run = try StraightRun(in: place)
        var configuration = RunConfiguration(watch: run.watched, base: run.base, name: "soak")
        configuration.emit.directory = place.path("emitted")
        configuration.emit.keep = 2
        configuration.store.path = place.path("store.sqlite")
        configuration.resources.threads = 1
        let base = try BaseWeights(directory: run.base, filter: configuration.factors.filter)
        let store = try TrajectoryDatabase.open(path: configuration.store.path)
        try store.claim(
            for: RunIdentity(
                name: "soak", basePath: run.base, baseFingerprint: base.fingerprint.description, watchPath: run.watched),
            programVersion: "0.0.0", now: WallClock.system.timestamp)
        var context = RunContext(
            configuration: configuration, store: store, base: base,
            program: ProgramIdentity(name: "alpharl", version: "0.0.0", commit: "unknown"))
        context.log.logLevel = .critical
        let clock = SimulatedTime()
        context.clock = WallClock { clock.date }
        context.steady = SteadyClock { clock.elapsed }
        self.clock = clock
        self.context = context
        pipeline = try RunPipeline(context: context)
    }

    var controls: RunControls {
        RunControls(
            wake: {}, reload: { throw StatusRefusal.conflict("nothing to reload") }, setLogLevel: { _ in },
            livenessProblem: { nil })
    }

    /// What the trainer does at this second, and the look of the daemon that follows.
    func work(at second: Int, of seconds: Int) throws {
        clock.set(second)
        if second % 600 == 590, second < seconds - 10 {
            // The trainer starts again from two saves ago, with other data.
            try [number - 1, number].forEach { try run.remove($0 * 10) }
            rewinds += 1
            number -= 2
            try run.add(number * 10, content: number * 10 + rewinds)
        } else if second % 20 == 0 {
            number += 1
            try run.add(number * 10, content: number * 10 + rewinds)
            let oldest = number - 3
            if FileManager.default.fileExists(atPath: run.folder(oldest * 10)) { try run.remove(oldest * 10) }
        }
        _ = try pipeline.pass()
        passes += 1
    }

    var summary: String {
        get throws {
            let counts = try context.store.checkpointCounts().map { "\($0.value) \($0.key.rawValue)" }.sorted()
            return "\(passes) looks, \(counts.joined(separator: ", ")), "
                + "\(try context.store.predictions().count) predictions, \(rewinds) rewinds"
        }
    }
}

private final class SimulatedTime: Sendable {
    private let start = Date()
    private let seconds = Mutex(0)

    func set(_ second: Int) { seconds.withLock { $0 = second } }
    var date: Date { start + Double(seconds.withLock { $0 }) }
    var elapsed: Duration { .seconds(seconds.withLock { $0 }) }
}

import ConfigurationFile
import Foundation
import Logging
import Pipeline
import ServiceLifecycle
import StatusAPI
import StatusServer
import Synchronization
import SystemdIntegration
import TrajectoryStore
import UnixSignals

/// Wires one run's services: the thread that works and the socket that answers.
struct Daemon {
    let configuration: RunConfiguration
    /// Of the configuration's file.
    let path: String
    let logLevel: LogLevelControl

    func run() async throws {
        let log = Logger(label: "alpharl")
        let environment = ProcessInfo.processInfo.environment
        let notifier = ReadinessNotifier(environment: environment, logger: log)
        let reporter = ReadinessReporter(notifier: notifier)
        let progress = RunProgress { reporter.report($0) }
        var context = try RunSetup.context(for: configuration, progress: progress, store: RunSetup.openStore)
        context.log = log
        let group = configuration.socket.group.isEmpty ? nil : configuration.socket.group
        let listener = try listener(environment, group)
        let service = try RunService(context: context)
        let provider = RunStatusProvider(context: context, controls: controls(of: service, context))
        let server = StatusService(
            listener: listener, provider: provider,
            writers: try WriterRule.current(group: group, path: configuration.socket.path), logger: log)
        let ledger = StartLedger(store: context.store)
        try ledger.noteStart()
        log.notice(
            "watching", metadata: ["run": "\(configuration.run.name)", "socket": "\(configuration.socket.path)"])
        for limitation in service.limitations { log.warning("\(limitation)") }
        for warning in configuration.warnings { log.warning("\(warning)") }
        let liveness = LivenessCheck(progress: progress)
        let watchdog = WatchdogService(
            environment: environment, processIdentifier: getpid(), notifier: notifier, logger: log,
            problem: { liveness.problem() })
        var services = ServiceGroupConfiguration(
            services: [
                .init(service: watchdog), .init(service: server), .init(service: HookService(context: context)),
                .init(service: TensorBoardService(context: context)),
                // Answers under way are finished whatever ended the run: cutting them off makes the server trap.
                .init(service: service, failureTerminationBehavior: .gracefullyShutdownGroup),
            ],
            gracefulShutdownSignals: [.sigterm, .sigint], logger: log)
        services.maximumGracefulShutdownDuration = .seconds(25)
        services.maximumCancellationDuration = .seconds(3)
        do { try await ServiceGroup(configuration: services).run() } catch {
            try? context.store.close()  // The first error is the one that says what to do.
            throw error
        }
        try ledger.noteCleanEnd()
        try context.store.close()
    }

    /// The one that systemd hands over, or one of our own.
    private func listener(_ environment: [String: String], _ group: String?) throws -> ListeningSocket {
        let inherited = try InheritedSockets.take(environment: environment, processIdentifier: getpid())
        guard inherited.count <= 1 else {
            throw Failure(
                "got \(inherited.count) sockets from systemd, expected one; give the unit one ListenStream=",
                .configuration)
        }
        if let first = inherited.first { return try ListeningSocket.adopt(descriptor: first.descriptor) }
        return try ListeningSocket.bind(
            path: configuration.socket.path, mode: configuration.socket.mode, group: group)
    }

    private func controls(of service: RunService, _ context: RunContext) -> RunControls {
        let reloading = ConfigurationReload(path: path, live: context.live, level: logLevel)
        let level = logLevel
        let liveness = LivenessCheck(progress: context.progress)
        return RunControls(
            wake: { service.wake() },
            reload: { try reloading.reload() },
            setLogLevel: { level.level = Logger.Level(rawValue: $0.rawValue) ?? .info },
            livenessProblem: { liveness.problem() })
    }
}

/// Whether the run's loop still turns: its heart has to beat within a deadline that a large module's factor fits in.
final class LivenessCheck: Sendable {
    private static let deadline = Duration.seconds(300)
    private let progress: RunProgress
    private let last: Mutex<(beat: UInt64, at: ContinuousClock.Instant)>

    init(progress: RunProgress) {
        self.progress = progress
        last = Mutex((progress.snapshot.heartbeat, ContinuousClock.now))
    }

    func problem() -> String? {
        let snapshot = progress.snapshot
        let quiet = last.withLock { last -> Duration in
            if last.beat != snapshot.heartbeat { last = (snapshot.heartbeat, ContinuousClock.now) }
            return ContinuousClock.now - last.at
        }
        guard quiet > Self.deadline else { return nil }
        return "the run's loop has not moved for \(quiet.components.seconds) s while \(snapshot.activity.rawValue)"
    }
}

/// `alpharl reload`: reads the file again, takes over what can change under way, and says what needs a restart.
struct ConfigurationReload: Sendable {
    let path: String
    let live: LiveConfiguration
    let level: LogLevelControl

    func reload() throws -> ReloadAnswer {
        let fresh: RunConfiguration
        do { fresh = try RunSetup.configuration(at: path) } catch {
            throw StatusRefusal.conflict("\(error); the old configuration stays in force")
        }
        let outcome = live.adopt(fresh)
        level.level = Logger.Level(fresh.log.level)
        return ReloadAnswer(changed: outcome.changed, needsRestart: outcome.needsRestart)
    }
}

/// Tells the service manager when the daemon is ready, and then what it does: one line, only when it changes.
final class ReadinessReporter: Sendable {
    private let notifier: ReadinessNotifier
    private let last = Mutex<(isReady: Bool, line: String)>((false, ""))

    init(notifier: ReadinessNotifier) { self.notifier = notifier }

    func report(_ snapshot: RunProgress.Snapshot) {
        guard notifier.isNotifying, snapshot.hasScanned else { return }
        let line =
            snapshot.lastError.map { "\(snapshot.headline); \($0)" }
            ?? "\(snapshot.activity.rawValue): \(snapshot.headline)"
        let (isFirst, isNews) = last.withLock { last in
            defer { last = (true, line) }
            return (!last.isReady, last.line != line)
        }
        if isFirst {
            notifier.ready(status: line)
        } else if isNews {
            snapshot.activity == .stopping ? notifier.stopping(status: line) : notifier.status(line)
        }
    }
}

import ConfigurationFile
import Foundation
import Logging
import Pipeline
import ServiceLifecycle
import StatusAPI
import StatusServer
import Synchronization
import TrajectoryStore
import UnixSignals

/// Wires one run's services: the thread that works and the socket that answers.
struct Daemon {
    let configuration: RunConfiguration
    /// Of the configuration's file.
    let path: String
    let logLevel: LogLevelBox

    func run() async throws {
        let log = Logger(label: "alpharl")
        var context = try RunSetup.context(for: configuration, store: RunSetup.openStore)
        context.log = log
        let group = configuration.socket.group.isEmpty ? nil : configuration.socket.group
        let listener = try ListeningSocket.bind(
            path: configuration.socket.path, mode: configuration.socket.mode, group: group)
        let service = try RunService(context: context)
        let provider = RunStatusProvider(context: context, controls: controls(of: service, context))
        let server = StatusService(
            listener: listener, provider: provider,
            writers: try WriterRule.current(group: group, path: configuration.socket.path), logger: log)
        log.notice(
            "watching", metadata: ["run": "\(configuration.run.name)", "socket": "\(configuration.socket.path)"])
        for limitation in service.limitations { log.warning("\(limitation)") }
        var services = ServiceGroupConfiguration(
            services: [.init(service: server), .init(service: service)], gracefulShutdownSignals: [.sigterm, .sigint],
            logger: log)
        services.maximumGracefulShutdownDuration = .seconds(25)
        services.maximumCancellationDuration = .seconds(3)
        try await ServiceGroup(configuration: services).run()
        try context.store.close()
    }

    private func controls(of service: RunService, _ context: RunContext) -> RunControls {
        let reloading = ConfigurationReload(path: path, inForce: configuration)
        let level = logLevel
        let liveness = LivenessCheck(progress: context.progress)
        return RunControls(
            wake: { service.wake() },
            reload: { try reloading.reload() },
            setLogLevel: { level.set(Logger.Level(rawValue: $0.rawValue) ?? .info) },
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

/// `alpharl reload`: reads the file again and says which keys differ. Nothing of a run can change under way yet.
struct ConfigurationReload: Sendable {
    let path: String
    let inForce: RunConfiguration

    func reload() throws -> ReloadAnswer {
        let fresh: RunConfiguration
        do { fresh = try RunSetup.configuration(at: path) } catch {
            throw StatusRefusal.conflict("\(error); the old configuration stays in force")
        }
        return ReloadAnswer(changed: [], needsRestart: fresh.keysThatDiffer(from: inForce))
    }
}

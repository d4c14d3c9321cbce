import ConfigurationFile
import Files
import Foundation
import Glibc
import LogEvents
import Logging
import Pipeline
import ServiceLifecycle
import StatusAPI
import StatusServer
import SystemdIntegration
import TrajectoryStore
import UnixSignals

/// Wires one run's services: the thread that works and the socket that answers.
struct Daemon {
    let configuration: RunConfiguration
    /// Of the configuration's file.
    let path: String
    let logLevel: LogLevelControl
    let bar: ProgressLine

    func run() async throws {
        var log = Logger(label: "alpharl")
        log[metadataKey: "run"] = "\(configuration.run.name)"
        let environment = ProcessInfo.processInfo.environment
        let notifier = ReadinessNotifier(environment: environment, logger: log)
        let reporter = ReadinessReporter(notifier: notifier)
        let vitals = Vitals(environment: environment)
        let progress = RunProgress(
            observer: {
                reporter.report($0)
                bar.show($0)
            }, heart: { vitals.run.beat() })
        var context = try RunSetup.context(for: configuration, progress: progress, store: RunSetup.openStore)
        context.log = log
        context.calls = context.calls.observed { vitals.run.beat() }
        let group = configuration.socket.group.isEmpty ? nil : configuration.socket.group
        let listener = try listener(environment, group)
        let service = try RunService(context: context, longestWait: min(.seconds(60), vitals.deadlines.base))
        let controls = controls(of: service, context, vitals, reporter)
        let server = StatusService(
            listener: listener, provider: RunStatusProvider(context: context, controls: controls),
            writers: try WriterRule.current(group: group, path: configuration.socket.path),
            observer: vitals.serverObserver { reporter.listening(progress.snapshot) }, logger: log)
        let ledger = StartLedger(store: context.store)
        try ledger.noteStart(endedByWatchdog: EndNote(storePath: configuration.store.path).take())
        introduce(service, to: log)
        let watchdog = WatchdogService(
            environment: environment, processIdentifier: getpid(), notifier: notifier, logger: log,
            problem: { vitals.check.problem() })
        let hooks = HookService(context: context, heart: vitals.hookHeart)
        let tensorBoard = TensorBoardService(context: context)
        do { try await Self.group(of: [watchdog, server, hooks, tensorBoard], service, log).run() } catch {
            try? context.store.close()  // The first error is the one that says what to do.
            throw error
        }
        try ledger.noteCleanEnd()
        try context.store.close()
    }

    /// The first is stopped last. Answers under way are finished whatever ended the run: cutting them off makes the server
    /// trap.
    private static func group(of services: [any Service], _ run: RunService, _ log: Logger) -> ServiceGroup {
        var group = ServiceGroupConfiguration(
            services: services.map { .init(service: $0) } + [
                .init(service: run, failureTerminationBehavior: .gracefullyShutdownGroup)
            ],
            gracefulShutdownSignals: [.sigterm, .sigint], logger: log)
        group.maximumGracefulShutdownDuration = .seconds(25)
        group.maximumCancellationDuration = .seconds(3)
        return ServiceGroup(configuration: group)
    }

    /// What somebody who reads the log has to know once.
    private func introduce(_ service: RunService, to log: Logger) {
        log.tell(.watching, nil, ["path": "\(configuration.run.watch)", "socket": "\(configuration.socket.path)"])
        if geteuid() == 0 { log.tell(.runningAsRoot) }
        for limitation in service.limitations { log.tell(.limitation, limitation) }
        for warning in configuration.warnings { log.tell(.configurationWarning, "\(warning)") }
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
        try RunSetup.refuseWriting("socket.path", at: configuration.socket.path, intoRun: configuration)
        return try ListeningSocket.bind(
            path: configuration.socket.path, mode: configuration.socket.mode, group: group)
    }

    private func controls(
        of service: RunService, _ context: RunContext, _ vitals: Vitals, _ reporter: ReadinessReporter
    ) -> RunControls {
        let reloading = ConfigurationReload(
            path: path, live: context.live, level: logLevel, reporter: reporter, progress: context.progress,
            log: context.log)
        let level = logLevel
        let log = context.log
        return RunControls(
            wake: { service.wake() },
            reload: { try reloading.reload() },
            setLogLevel: {
                level.level = Logger.Level(rawValue: $0.rawValue) ?? .info
                log.tell(.logLevelChanged, nil, ["level": "\($0.rawValue)"])
            },
            livenessProblem: { vitals.check.problem() })
    }
}

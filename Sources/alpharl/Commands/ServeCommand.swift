import ArgumentParser
import ConfigurationFile
import Foundation
import LogEvents
import Logging
import Pipeline
import ServiceLifecycle
import StatusServer
import SystemdIntegration
import TrajectoryStore
import UnixSignals
import Vocabulary

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Watches a run and predicts its later checkpoints: the daemon, in the foreground.",
        discussion: """
            Example: alpharl serve --config /etc/alpharl/qwen-math.toml

            Ends on SIGTERM or SIGINT. On a terminal, a bar shows what is being recorded or written. Beside a trainer on the same machine: chrt --idle 0 nice alpharl serve ...
            """)

    @Option(name: .customLong("config"), help: "The run's configuration, a TOML file (see config/alpharl.toml).")
    var path: String

    @Flag(help: "Process what is there in step order, emit what is due, and exit.")
    var once = false

    mutating func run() async throws {
        let logLevel = LogLevelControl(.info)
        let bar = ProgressLine(isShown: TerminalDevice.errors.isScreen)
        defer { bar.clear() }
        let environment = ProcessInfo.processInfo.environment
        let destination = LogDestination.current(environment: environment).interrupting { bar.printing($0) }
        LoggingSystem.bootstrap { JournalLogHandler(label: $0, control: logLevel, destination: destination) }
        do { try await serve(logLevel, bar) } catch {
            Self.tellManager(error, environment)
            throw error
        }
    }

    /// `systemctl status` shows why it ended.
    private static func tellManager(_ error: any Error, _ environment: [String: String]) {
        guard let failure = Failure(error) ?? Failure(unknown: error) else { return }
        ReadinessNotifier(environment: environment, logger: Logger(label: "alpharl")).status(failure.message)
    }

    private func serve(_ logLevel: LogLevelControl, _ bar: ProgressLine) async throws {
        let configuration = try RunSetup.configuration(at: path)
        logLevel.level = Logger.Level(configuration.log.level)
        if once { return try await runOnce(configuration, bar) }
        let daemon = Daemon(configuration: configuration, path: path, logLevel: logLevel, bar: bar)
        // Under systemd a new process takes over; elsewhere nobody would start one.
        let hasManager = ProcessInfo.processInfo.environment["NOTIFY_SOCKET"] != nil
        for _ in 0..<(hasManager ? 0 : Self.freshStarts) {
            do { return try await daemon.run() } catch let error as StoreError where error.isDamage {
                Logger(label: "alpharl").tell(.startingAnew, nil, ["reason": "\(error)"])
            }
        }
        try await daemon.run()
    }

    /// So often a damaged store is replaced without a new process; then the disk needs a person.
    private static let freshStarts = 3

    /// A signal ends them with everything that they started; they are then due again.
    private func runCommandsThatAreDue(_ context: RunContext) async throws {
        let commands = ServiceGroupConfiguration.ServiceConfiguration(
            service: HooksOnce(hooks: HookService(context: context)),
            successTerminationBehavior: .gracefullyShutdownGroup)
        var services = ServiceGroupConfiguration(
            services: [commands], gracefulShutdownSignals: [.sigterm, .sigint], logger: context.log)
        services.maximumGracefulShutdownDuration = .seconds(25)
        try await ServiceGroup(configuration: services).run()
    }

    /// - Throws: `Failure` when a prediction that is due could not be written.
    private func runOnce(_ configuration: RunConfiguration, _ bar: ProgressLine) async throws {
        try RunSetup.requireFolder(configuration.run.watch)
        let context = try RunSetup.context(
            for: configuration, progress: RunProgress { bar.show($0) }, store: RunSetup.openStore)
        try await OnceThread.run {
            var pipeline = try RunPipeline(context: context)
            var outcome = try pipeline.pass()
            while outcome.shouldRetry || outcome.nextLook != nil || (outcome.nextRetry != nil && !outcome.isStuck) {
                Thread.sleep(forTimeInterval: OnceThread.wait(for: outcome))
                outcome = try pipeline.pass()
            }
        }
        TensorBoardLog(context: context).keepUpToDate()
        try await runCommandsThatAreDue(context)
        bar.clear()
        let screen = StatusScreen(
            status: try StatusReport(context: context).status(), width: TerminalDevice.output.proseWidth)
        StandardOutput.write(screen.text(TerminalDevice.output.palette))
        let left = try context.store.nextPending()
        try context.store.close()
        if let reason = context.progress.snapshot.troubles[.prediction] { throw Failure(reason, .cannotCreate) }
        if let left {
            throw Failure(
                "the checkpoint of step \(left.step) is not recorded: \(left.reason ?? "it was not reached")",
                .inputOutput)
        }
    }
}

/// The commands that are due now, and no more.
private struct HooksOnce: Service {
    let hooks: HookService

    func run() async throws { await cancelWhenGracefulShutdown { await hooks.runAllDue() } }
}

/// Blocking work of a command, on a thread with room for it.
enum OnceThread {
    static func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let thread = Thread { continuation.resume(with: Result { try body() }) }
            thread.stackSize = 8 << 20
            thread.start()
        }
    }

    /// Seconds until a settling checkpoint may be read, or what failed may be tried again, 0.1...60.
    static func wait(for outcome: RunPipeline.PassOutcome) -> Double {
        let settled = outcome.nextLook.map { Double($0) / 1e9 - Date().timeIntervalSince1970 }
        let retry = outcome.nextRetry.map { Double($0.components.seconds) + 0.1 }
        return min(60, max(0.1, [settled, retry].compactMap(\.self).min() ?? 1))
    }
}

import Foundation
import Subprocess
import Synchronization

/// One run of the user's command, in a process group of its own, within a time limit.
///
/// When the limit has passed or the task is cancelled, the whole group gets SIGTERM, and SIGKILL after `grace`. What a
/// command leaves running when it ends by itself is left alone.
struct HookProcess: Sendable {
    enum End: Hashable, Sendable {
        case exited(Int32)
        case killed(signal: Int32)
        case timedOut
        /// The daemon is being stopped.
        case interrupted
        case notStarted(reason: String)
    }

    struct Outcome: Hashable, Sendable {
        let end: End
        let seconds: Double
        /// What it said last.
        let lastLine: String?
    }

    let command: HookCommand
    let timeLimit: Duration
    /// For what it may still want to do after SIGTERM.
    var grace = Duration.seconds(5)
    /// Set in the command's environment; nil takes a variable out.
    var environment: [String: String?] = [:]

    /// - Parameter onLine: told each line of standard output and standard error as it comes.
    func run(onLine: @escaping @Sendable (String) -> Void) async -> Outcome {
        let began = ContinuousClock.now
        let seen = Observations()
        let end = await withTaskGroup(of: End.self) { group in
            group.addTask {
                await execute(seen) { line in
                    seen.state.withLock { $0.lastLine = line }
                    onLine(line)
                }
            }
            group.addTask {
                do { try await Task.sleep(for: timeLimit) } catch { return .interrupted }
                return .timedOut
            }
            let first = await group.next() ?? .interrupted
            group.cancelAll()
            let second = await group.next() ?? .interrupted
            // The timer's word counts only where it came first; a cancelled command says how it was killed.
            if first == .timedOut { return End.timedOut }
            if Task.isCancelled { return .interrupted }
            return first == .interrupted ? second : first
        }
        if end == .timedOut || end == .interrupted, let leader = seen.state.withLock({ $0.leader }) {
            // Members that outlived the leader's SIGTERM. The number of a group with members is not given out again.
            kill(-leader, SIGKILL)
        }
        return Outcome(
            end: end, seconds: (ContinuousClock.now - began).inSeconds,
            lastLine: seen.state.withLock { $0.lastLine })
    }

    /// What is known of a command while it runs.
    private final class Observations: Sendable {
        let state = Mutex<(leader: pid_t?, lastLine: String?)>((nil, nil))
    }

    private func execute(
        _ seen: Observations, onLine: @escaping @Sendable (String) -> Void
    ) async -> End {
        do {
            let result = try await Subprocess.run(
                configuration, input: .none, output: .sequence, error: .combinedWithOutput
            ) { execution in
                seen.state.withLock { $0.leader = execution.processIdentifier.value }
                var splitter = LineSplitter()
                for try await buffer in execution.standardOutput {
                    splitter.take(Data(buffer: buffer)).forEach(onLine)
                }
                splitter.finish().forEach(onLine)
            }
            return switch result.terminationStatus {
            case .exited(let code): .exited(code)
            case .signaled(let signal): .killed(signal: signal)
            }
        } catch is CancellationError {
            return .interrupted
        } catch {
            return .notStarted(reason: "\(error)")
        }
    }

    private var configuration: Configuration {
        var options = PlatformOptions()
        options.processGroupID = 0
        options.teardownSequence = [.gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: grace)]
        let changes = environment.map { (Environment.Key(stringLiteral: $0.key), $0.value) }
        return Configuration(
            executable: command.program.contains("/") ? .path(literal(command.program)) : .name(command.program),
            arguments: Arguments(command.arguments),
            environment: .inherit.updating(Dictionary(uniqueKeysWithValues: changes)), platformOptions: options)
    }
}

/// A value of a type that is written as a string: the library's path type is that of a package which is no dependency of
/// ours.
private func literal<Value: ExpressibleByStringLiteral>(_ text: String) -> Value
where Value.StringLiteralType == String { Value(stringLiteral: text) }

import Foundation

/// Something that should have happened by now.
struct TooLate: Error, CustomStringConvertible {
    let description: String
}

/// How a process ended.
struct ProcessOutcome: Sendable, CustomStringConvertible {
    enum End: Hashable, Sendable {
        case exit(Int32)
        case signal(Int32)
    }

    let end: End
    let output: String
    let errors: String

    var description: String { "\(end), output: \(output)errors: \(errors)" }
    /// Nil when it was killed.
    var status: Int32? {
        if case .exit(let status) = end { return status }
        return nil
    }
}

/// A process of this test: nothing that it starts outlives it, and no wait is endless.
final class ChildProcess: @unchecked Sendable {  // `process` is started once, in `init`; the rest is locked.
    private let process = Process()
    private let ended = NSCondition()
    private var hasEnded = false
    let output = CapturedOutput()
    let errors = CapturedOutput()

    /// - Parameter environment: all of it; nothing is inherited.
    init(_ program: String, _ arguments: [String], environment: [String: String]) throws {
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.environment = environment
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output.pipe
        process.standardError = errors.pipe
        process.terminationHandler = { [weak self] _ in self?.noteEnd() }
        try process.run()
    }

    deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

    private func noteEnd() {
        ended.withLock {
            hasEnded = true
            ended.broadcast()
        }
    }

    var identifier: Int32 { process.processIdentifier }

    func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

    /// - Throws: `TooLate`; the process is then killed.
    func wait(seconds: Double) throws -> ProcessOutcome {
        let deadline = Date(timeIntervalSinceNow: seconds)
        let isInTime = ended.withLock {
            while !hasEnded { guard ended.wait(until: deadline) else { return false } }
            return true
        }
        guard isInTime else {
            send(SIGKILL)
            throw TooLate(
                description: "\(process.arguments ?? []) still runs after \(seconds) s; it said: \(errors.text)")
        }
        let closing = Date(timeIntervalSinceNow: 10)
        let status = process.terminationStatus
        return ProcessOutcome(
            end: process.terminationReason == .exit ? .exit(status) : .signal(status),
            output: output.wholeText(before: closing), errors: errors.wholeText(before: closing))
    }
}

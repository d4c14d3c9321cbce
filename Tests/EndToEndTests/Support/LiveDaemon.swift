import Foundation
import StatusAPI
import StatusServer
import TestSupport
import Testing
import TrajectoryStore
import Vocabulary

/// `alpharl serve` on a run, listening. Killed when the last reference goes away.
final class LiveDaemon: Sendable {
    let run: RunFolder
    let process: ChildProcess
    let client: StatusClient

    /// - Parameters:
    ///   - user: whom it runs as; nil: as the tests do.
    ///   - variables: added to its environment.
    init(_ run: RunFolder, as user: Int? = nil, adding variables: [String: String] = [:]) throws {
        self.run = run
        let serve = ["serve", "--config", run.configuration]
        let environment = Alpharl.environment(home: run.place.path).merging(variables) { $1 }
        process =
            try user.map {
                try ChildProcess(
                    "/usr/bin/setpriv", ["--reuid=\($0)", "--clear-groups", Alpharl.path] + serve,
                    environment: environment)
            } ?? ChildProcess(Alpharl.path, serve, environment: environment)
        let socket = run.socket
        client = StatusClient { try UnixConnection(path: socket) }
        guard process.errors.contains("watching", before: Date(timeIntervalSinceNow: 60)) else {
            throw TooLate(description: "the daemon does not listen; it said: \(process.errors.text)")
        }
        _ = try status()  // It serves, so it also handles signals.
    }

    /// What a trainer or a person would see on the socket.
    func status() throws -> RunStatus { try client.get("/v1/status", as: RunStatus.self) }

    func checkpoints() throws -> [CheckpointDocument] {
        try client.get("/v1/checkpoints", as: CheckpointList.self).checkpoints
    }

    func checkpoint(_ step: Int) throws -> CheckpointDocument {
        try #require(try checkpoints().last { $0.step == TrainingStep(step) })
    }

    func predictions() throws -> [PredictionDocument] {
        try client.get("/v1/predictions", as: PredictionList.self).predictions
    }

    /// Follows the run's events, from its first one on, until one fits.
    @discardableResult
    func event(after id: Int = 0, _ fits: (RunEvent) -> Bool) throws -> RunEvent {
        let limit = Date(timeIntervalSinceNow: 120)
        let socket = run.socket
        let patient = StatusClient { try DeadlineConnection(path: socket, deadline: limit) }
        var found: RunEvent?
        try patient.followEvents(after: id) { event in
            if fits(event) { found = event }
            return found == nil
        }
        guard let found else { throw TooLate(description: "the event stream ended: \(process.errors.text)") }
        return found
    }

    /// Waits until a checkpoint is recorded and the judgement on it is out.
    func waitUntilRecorded(_ step: Int) throws {
        var isRecorded = false
        try event { event in
            if case .checkpoint(let document) = event.body {
                isRecorded = isRecorded || (document.step.value == step && document.state == .recorded)
            }
            return isRecorded
        }
    }

    /// Waits until nothing is left to do for what the trainer has written so far.
    func waitUntilIdle(recorded count: Int) throws {
        try poll("\(count) recorded checkpoints and nothing left to do") { try isIdle(recorded: count) }
    }

    /// Whether that many are recorded, decided upon, and every prediction that is due is written.
    func isIdle(recorded count: Int) throws -> Bool {
        guard try status().checkpoints.recorded == count else { return false }
        let store = try TrajectoryDatabase.openForReading(path: run.store)
        return try store.undecided().isEmpty && store.predictions(in: .planned).isEmpty
            && [.watching, .degraded].contains(status().state)
    }

    /// Asks the daemon again and again: each question is answered at its pace.
    func poll(_ what: String, until isTrue: () throws -> Bool) throws {
        let deadline = Date(timeIntervalSinceNow: 120)
        while try !isTrue() {
            guard Date() < deadline else {
                throw TooLate(description: "no \(what) in time; the daemon said: \(process.errors.text)")
            }
        }
    }

    func kill() throws {
        process.send(SIGKILL)
        #expect(try process.wait(seconds: 30).end == .signal(SIGKILL))
    }

    /// Ends it as systemd does.
    @discardableResult
    func stop() throws -> ProcessOutcome {
        process.send(SIGTERM)
        let outcome = try process.wait(seconds: 60)
        #expect(outcome.end == .exit(0), "\(outcome)")
        return outcome
    }
}

/// A connection on which silence is no failure until a deadline.
private final class DeadlineConnection: ByteStream {
    private let connection: UnixConnection
    private let deadline: Date

    init(path: String, deadline: Date) throws {
        connection = try UnixConnection(path: path, timeoutSeconds: 1)
        self.deadline = deadline
    }

    func write(_ bytes: [UInt8]) throws { try connection.write(bytes) }

    func read(upTo count: Int) throws -> [UInt8] {
        while true {
            guard Date() < deadline else { throw TooLate(description: "no such event came") }
            do { return try connection.read(upTo: count) } catch StatusClientError.timedOut { continue }
        }
    }
}

import Foundation
import Glibc
import Logging
import StatusAPI
import StatusServer
import Vocabulary

/// The real server on a real socket, once in a process: what a client sends goes through all that stands between the
/// kernel and an answer. The daemon behind it knows nothing and says so.
final class FuzzServer: Sendable {
    static let shared = FuzzServer()

    private let path: String

    private init() {
        path = NSTemporaryDirectory() + "/alpharl-fuzz-\(getpid())/fuzz.sock"
        do {
            let listener = try ListeningSocket.bind(path: path, mode: 0o600, group: nil)
            var limits = ServerLimits()
            limits.idle = .milliseconds(200)
            let logger = Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() }
            let service = StatusService(
                listener: listener, provider: IgnorantProvider(),
                writers: try WriterRule.current(group: nil, path: path),
                limits: limits, logger: logger)
            Task {
                do { try await service.run() } catch { fatalError("The server ended: \(error).") }
            }
        } catch { fatalError("No server: \(error).") }
    }

    /// Sends the bytes on a connection of their own and closes that direction.
    ///
    /// - Returns: everything that came back until the server closed the connection, or had nothing to say for a second: a
    ///   stream of events with another request behind it goes on for as long as somebody reads. Ends the process when
    ///   the server does not answer others then, within a minute: tests share their processors.
    func answer(to bytes: [UInt8]) -> [UInt8] {
        let (received, hasEnded) = exchange(bytes, patience: 1)
        if hasEnded { return received }
        let question = Array("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".utf8)
        let (health, isAlive) = exchange(question, patience: 60)
        claim(isAlive && health.starts(with: "HTTP/1.1 200 ".utf8), "The server does not answer any more.")
        return received
    }

    private func exchange(_ bytes: [UInt8], patience: Int) -> (received: [UInt8], hasEnded: Bool) {
        let descriptor = connect(patience: patience)
        defer { close(descriptor) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let sent = uninterrupted {
                rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            }
            // A server that refuses a request may close while it is still being sent.
            guard sent > 0 else { break }
            rest = rest.dropFirst(sent)
        }
        shutdown(descriptor, Int32(SHUT_WR))
        var received: [UInt8] = []
        var room = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = uninterrupted { recv(descriptor, &room, room.count, 0) }
            guard count > 0 else { return (received, count == 0 || errno == ECONNRESET) }
            received += room.prefix(count)
            claim(received.count < 64 << 20, "An answer without an end.")
        }
    }

    /// libFuzzer's clock is a signal.
    private func uninterrupted(_ call: () -> Int) -> Int {
        while true {
            let result = call()
            if result >= 0 || errno != EINTR { return result }
        }
    }

    private func connect(patience: Int) -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var limit = timeval(tv_sec: patience, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        claim(path.utf8.count < MemoryLayout.size(ofValue: address.sun_path), "\(path) is too long.")
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = uninterrupted {
            withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Int(Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)))
                }
            }
        }
        claim(result == 0, "No connection to \(path): errno \(errno).")
        return descriptor
    }
}

/// Takes every question and knows no answer.
private struct IgnorantProvider: StatusProvider {
    private var nothing: StatusRefusal { .notFound("there is nothing here") }

    func status() throws -> RunStatus { throw nothing }
    func checkpoints() throws -> CheckpointList { throw nothing }
    func modules(at step: TrainingStep?, order: ModuleOrder) throws -> ModuleList { throw nothing }
    func forecasts() throws -> ForecastList { throw nothing }
    func predictions() throws -> PredictionList { throw nothing }
    func prediction(id: Int) throws -> PredictionDocument { throw nothing }
    func measurements() throws -> RunMeasurements { throw nothing }
    func history() throws -> RunHistory { throw nothing }
    func backtests(of model: ModelName?) throws -> BacktestList { throw nothing }
    func module(named name: TensorName) throws -> ModuleHistory { throw nothing }
    func requestPrediction(_ request: PredictionRequest) throws -> PredictionAccepted { throw nothing }
    func recordMetrics(_ posts: [MetricPost]) throws -> MetricsAccepted { throw nothing }
    func reload() throws -> ReloadAnswer { throw nothing }
    func setLogLevel(_ level: LogLevelDocument.Level) {}
    func metrics() throws -> RunMetrics { throw nothing }
    func latestEventID() -> Int { 0 }
    func events(after id: Int, limit: Int) -> [RunEvent] { [] }
    func eventSignals() -> AsyncStream<Void> { AsyncStream { _ in } }
    func livenessProblem() -> String? { nil }
    func readinessProblem() -> String? { nil }
}

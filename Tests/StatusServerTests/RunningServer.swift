import Foundation
import Glibc
import Logging
import ServiceLifecycle
import StatusAPI
import Testing

@testable import StatusServer

/// A server on a socket in a folder of its own, for the length of `body`. Ends it by graceful shutdown, as SIGTERM does.
struct RunningServer {
    let path: String
    let provider: ScriptedProvider
    let service: StatusService
    let group: ServiceGroup

    @discardableResult
    static func with<Result>(
        limits: ServerLimits = ServerLimits(), mode: UInt32 = 0o600, writers: WriterRule? = nil,
        observer: ServerObserver = .none,
        _ body: (RunningServer) async throws -> Result
    ) async throws -> Result {
        try await withTemporaryFolder { folder in
            let path = folder + "/run.sock"
            let listener = try ListeningSocket.bind(path: path, mode: mode, group: nil)
            return try await with(
                listener: listener, path: path, limits: limits, writers: writers, observer: observer, body)
        }
    }

    @discardableResult
    static func with<Result>(
        listener: ListeningSocket, path: String, limits: ServerLimits, writers: WriterRule?,
        observer: ServerObserver = .none,
        _ body: (RunningServer) async throws -> Result
    ) async throws -> Result {
        let provider = ScriptedProvider()
        let rule = try writers ?? WriterRule.current(group: nil, path: path)
        let service = StatusService(
            listener: listener, provider: provider, writers: rule, limits: limits, observer: observer,
            logger: silentLogger)
        let group = ServiceGroup(
            configuration: .init(
                services: [service], logger: silentLogger))
        let running = Task { try await group.run() }
        do {
            let result = try await body(RunningServer(path: path, provider: provider, service: service, group: group))
            await group.triggerGracefulShutdown()
            try await running.value
            return result
        } catch {
            await group.triggerGracefulShutdown()
            try await running.value
            throw error
        }
    }

    /// What SIGTERM does.
    func stop() async { await group.triggerGracefulShutdown() }

    var client: StatusClient { StatusClient(path: path, timeoutSeconds: 20) }
}

let silentLogger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// A folder under /tmp with a short name (a socket's path has at most 107 bytes), removed afterwards.
func withTemporaryFolder<Result>(_ body: (String) async throws -> Result) async throws -> Result {
    let folder = "/tmp/alpharl-" + String(UInt64.random(in: 0...UInt64.max), radix: 36)
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try await body(folder)
}

/// Runs blocking code on a thread of its own: the server under test needs the cooperative ones.
func onThread<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Swift.Result { try body() }) }
    }
}

/// Sends `text` as it is and returns everything until the server closes.
func exchange(_ text: String, with path: String) async throws -> String {
    try await onThread {
        let connection = try UnixConnection(path: path, timeoutSeconds: 20)
        try connection.write(Array(text.utf8))
        var answer: [UInt8] = []
        while case let bytes = try connection.read(upTo: 65536), !bytes.isEmpty { answer += bytes }
        return String(decoding: answer, as: UTF8.self)
    }
}

extension UnixConnection {
    func finishWriting() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Whether the server closes the connection although nothing of its answer is read.
    func waitForHangUp(milliseconds: Int32) -> Bool {
        var entry = pollfd(fd: descriptor, events: 0, revents: 0)
        return poll(&entry, 1, milliseconds) == 1 && Int32(entry.revents) & POLLHUP != 0
    }
}

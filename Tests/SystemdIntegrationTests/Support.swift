import Foundation
import Glibc
import Logging
import Synchronization

@testable import SystemdIntegration

/// A datagram socket as the service manager has one, bound to a path of its own.
final class DatagramReceiver: Sendable {
    struct Failure: Error { let call: String }

    let address: String
    private let descriptor: Int32

    init(abstract: Bool = false) throws {
        let name = "alpharl-notify-" + String(UInt64.random(in: 0...UInt64.max), radix: 36)
        address = (abstract ? "@" : "/tmp/") + name
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var value = sockaddr_un()
        value.sun_family = sa_family_t(AF_UNIX)
        let path = abstract ? [0] + Array(name.utf8) : Array(address.utf8)
        withUnsafeMutableBytes(of: &value.sun_path) { $0.copyBytes(from: path) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + path.count + (abstract ? 0 : 1))
        let result = withUnsafePointer(to: &value) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
        }
        guard result == 0 else { throw Failure(call: "bind") }
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit {
        close(descriptor)
        if address.hasPrefix("/") { unlink(address) }
    }

    /// Waits at most 20 s.
    func next() throws -> String {
        guard let text = receive(flags: 0) else { throw Failure(call: "recv") }
        return text
    }

    func nextIfThere() -> String? { receive(flags: Int32(MSG_DONTWAIT)) }

    private func receive(flags: Int32) -> String? {
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = recv(descriptor, &buffer, buffer.count, flags)
        return count < 0 ? nil : String(decoding: buffer.prefix(count), as: UTF8.self)
    }
}

/// Keeps what was logged, as `level text`.
final class Recorder: Sendable {
    private let kept = Mutex<[String]>([])
    private let entries = Mutex<[JournalEntry]>([])

    var lines: [String] { kept.withLock { $0 } }
    var journal: [JournalEntry] { entries.withLock { $0 } }

    func keep(_ line: String) { kept.withLock { $0.append(line) } }
    func keep(_ entry: JournalEntry) { entries.withLock { $0.append(entry) } }

    var logger: Logger { logger(journal: nil) }

    /// - Parameter journal: what the journal answers; nil for none.
    func logger(journal: Int32?, control: LogLevelControl = LogLevelControl(.trace)) -> Logger {
        let take: @Sendable (JournalEntry) -> Int32 = { [self] in
            keep($0)
            return journal ?? 0
        }
        let destination = LogDestination(journal: journal == nil ? nil : take) { [self] in keep($0) }
        return Logger(label: "test") { JournalLogHandler(label: $0, control: control, destination: destination) }
    }
}

extension Logger {
    static var silent: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }
}

/// Runs blocking code on a thread of its own.
func onThread<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Swift.Result { try body() }) }
    }
}

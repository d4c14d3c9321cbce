import Glibc

/// A datagram socket as the service manager has one, bound to a path of its own.
public final class DatagramReceiver: Sendable {
    public struct Failure: Error {
        let call: String

        public init(call: String) { self.call = call }
    }

    public let address: String
    private let descriptor: Int32

    public init(abstract: Bool = false) throws {
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
    public func next() throws -> String {
        guard let text = receive(flags: 0) else { throw Failure(call: "recv") }
        return text
    }

    public func nextIfThere() -> String? { receive(flags: Int32(MSG_DONTWAIT)) }

    private func receive(flags: Int32) -> String? {
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = recv(descriptor, &buffer, buffer.count, flags)
        return count < 0 ? nil : String(decoding: buffer.prefix(count), as: UTF8.self)
    }
}

import Foundation
import Glibc
import ServiceLifecycle
import StatusAPI
import Synchronization
import Testing

@testable import StatusServer

@Suite struct LimitTests {
    @Test func connectionsOverTheLimitWaitForTheirTurn() async throws {
        var limits = ServerLimits()
        limits.connections = 1
        try await RunningServer.with(limits: limits) { server in
            let path = server.path
            let request = Array("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n".utf8)
            let (first, second) = try await onThread {
                let first = try LineReader(path: path)
                try first.connection.write(request)
                #expect(try first.next() == "HTTP/1.1 200 OK")
                let second = try LineReader(path: path)
                try second.connection.write(request)
                // The second is in the kernel's queue; the first is still served.
                try first.connection.write(request)
                while try first.next() != "HTTP/1.1 200 OK" {}
                return (Kept(first), second)
            }
            first.drop()
            let line = try await onThread { try second.next() }
            #expect(line == "HTTP/1.1 200 OK")
        }
    }

    @Test func clientThatTakesNothingOfAnAnswerIsCutOff() async throws {
        var limits = ServerLimits()
        limits.stalledAnswer = .milliseconds(50)
        try await RunningServer.with(limits: limits) { server in
            server.provider.state.withLock { $0.moduleCount = 20_000 }
            let path = server.path
            let isCutOff = try await onThread {
                let connection = try UnixConnection(path: path)
                try connection.write(Array("GET /v1/modules HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
                return connection.waitForHangUp(milliseconds: 20_000)
            }
            #expect(isCutOff)
            #expect(server.service.stalledClients == 1)
        }
    }

    @Test func largeAnswerArrivesWhole() async throws {
        try await RunningServer.with { server in
            server.provider.state.withLock { $0.moduleCount = 20_000 }
            let client = server.client
            let list = try await onThread { try client.get("/v1/modules", as: ModuleList.self) }
            #expect(list.modules.count == 20_000)
        }
    }

    @Test func cancellationEndsTheServerToo() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/s.sock"
            let listener = try ListeningSocket.bind(path: path, mode: 0o600, group: nil)
            let service = StatusService(
                listener: listener, provider: ScriptedProvider(),
                writers: try WriterRule.current(group: nil, path: path), logger: silentLogger)
            let running = Task { try await service.run() }
            _ = try await onThread { try StatusClient(path: path).get("/healthz", as: HealthDocument.self) }
            running.cancel()
            _ = await running.result
            #expect(try SocketCalls.facts(of: path) == nil)
        }
    }
}

/// Holds a value until it is dropped.
private final class Kept<Value: Sendable>: Sendable {
    private let value: Mutex<Value?>

    init(_ value: Value) { self.value = Mutex(value) }

    func drop() { value.withLock { $0 = nil } }
}

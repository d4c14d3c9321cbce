import Foundation
import Glibc
import TestSupport
import Testing

@testable import SystemdIntegration

@Suite struct InheritedSocketsTests {
    private func take(_ environment: [String: String], first: Int32 = 3) throws -> [InheritedSockets.Socket] {
        try InheritedSockets.take(environment: environment, processIdentifier: 42, firstDescriptor: first)
    }

    @Test func socketsComeInOrderWithTheirNamesAndAreClosedOnExec() throws {
        // Two descriptors next to each other, high above what the process uses otherwise.
        let source = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        let first = fcntl(source, F_DUPFD, 700)
        try #require(dup2(source, first + 1) == first + 1)
        defer { for descriptor in [source, first, first + 1] { close(descriptor) } }
        try #require(fcntl(first, F_GETFD) & FD_CLOEXEC == 0)
        let environment = ["LISTEN_PID": "42", "LISTEN_FDS": "2", "LISTEN_FDNAMES": "status:other"]
        let sockets = try take(environment, first: first)
        #expect(
            sockets == [
                .init(descriptor: first, name: "status"), .init(descriptor: first + 1, name: "other"),
            ])
        #expect(fcntl(first, F_GETFD) & FD_CLOEXEC != 0)
        #expect(
            try take(["LISTEN_PID": "42", "LISTEN_FDS": "1"], first: first) == [.init(descriptor: first, name: "")])
    }

    @Test func whatIsMeantForOthersIsLeftAlone() throws {
        #expect(try take([:]).isEmpty)
        #expect(try take(["LISTEN_FDS": "1"]).isEmpty)
        #expect(try take(["LISTEN_PID": "41", "LISTEN_FDS": "1"]).isEmpty)
        #expect(try take(["LISTEN_PID": "42", "LISTEN_FDS": "0"]).isEmpty)
    }

    @Test(arguments: [
        ["LISTEN_PID": "me", "LISTEN_FDS": "1"], ["LISTEN_PID": "42"], ["LISTEN_PID": "42", "LISTEN_FDS": "-1"],
        ["LISTEN_PID": "42", "LISTEN_FDS": "999999999999"],
        ["LISTEN_PID": "42", "LISTEN_FDS": "1", "LISTEN_FDNAMES": "a:b"],
    ])
    func nonsenseIsRefused(environment: [String: String]) {
        #expect(throws: SystemdError.self) { try take(environment) }
    }

    @Test func closedDescriptorIsRefused() {
        #expect(throws: SystemdError.badDescriptor(903, number: EBADF)) {
            try take(["LISTEN_PID": "42", "LISTEN_FDS": "1"], first: 903)
        }
    }

    private static let activator = "/usr/bin/systemd-socket-activate"

    @Test(.enabled(if: access(activator, X_OK) == 0, "needs systemd-socket-activate"))
    func realActivatorSpeaksTheProtocolThatIsParsed() async throws {
        let path = "/tmp/alpharl-activate-" + String(UInt64.random(in: 0...UInt64.max), radix: 36)
        defer { unlink(path) }
        let output = try await onThread {
            let process = Process()
            process.executableURL = URL(filePath: Self.activator)
            process.arguments = [
                "-l", path, "--fdname=status", "/bin/sh", "-c", "env; echo PID=$$; echo FD3=$(readlink /proc/$$/fd/3)",
            ]
            let output = Pipe()
            process.standardOutput = output
            let messages = Pipe()
            process.standardError = messages
            try process.run()
            // It says "Listening on PATH as 3." once it does.
            _ = messages.fileHandleForReading.availableData
            let client = try connect(to: path)
            defer { close(client) }
            let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            return text
        }
        var variables: [String: String] = [:]
        for line in output.split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1)
            if parts.count == 2 { variables[String(parts[0])] = String(parts[1]) }
        }
        let process = try #require(variables["PID"].flatMap { Int32($0) }, "\(output)")
        #expect(variables["FD3"]?.hasPrefix("socket:") == true)
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        let sockets = try InheritedSockets.take(
            environment: variables, processIdentifier: process, firstDescriptor: descriptor)
        #expect(sockets == [.init(descriptor: descriptor, name: "status")])
    }
}

private func connect(to path: String) throws -> Int32 {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
    let result = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
    }
    guard result == 0 else { throw DatagramReceiver.Failure(call: "connect") }
    return descriptor
}

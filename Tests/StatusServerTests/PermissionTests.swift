import Foundation
import Glibc
import StatusAPI
import Synchronization
import Testing

@testable import StatusServer

@Suite struct PermissionTests {
    private func peer(user: UInt32, group: UInt32 = 100, also: [UInt32] = []) -> Peer {
        Peer(process: 1, user: user, group: group, supplementaryGroups: also)
    }

    @Test func rootOwnUserAndGroupMembersMayWrite() {
        let rule = WriterRule(ownUser: 990, group: 44)
        #expect(rule.allows(peer(user: 0)))
        #expect(rule.allows(peer(user: 990)))
        #expect(rule.allows(peer(user: 1000, group: 44)))
        #expect(rule.allows(peer(user: 1000, also: [7, 44])))
        #expect(!rule.allows(peer(user: 1000, also: [7, 45])))
        #expect(!WriterRule(ownUser: 990, group: nil).allows(peer(user: 1000, group: 0, also: [44])))
    }

    @Test func kernelTellsWhoWeAre() async throws {
        var ends: [Int32] = [0, 0]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        defer { for end in ends { close(end) } }
        let peer = try #require(Peer.credentials(of: ends[0]))
        #expect(peer.process == getpid())
        #expect(peer.user == geteuid())
        #expect(peer.group == getegid())
        var groups = [gid_t](repeating: 0, count: 65536)
        let count = getgroups(Int32(groups.count), &groups)
        #expect(Set(peer.supplementaryGroups) == Set(groups.prefix(Int(count))))
        #expect(Peer.credentials(of: 900) == nil)
    }

    private static let canChangeUser =
        geteuid() == 0 && access("/usr/bin/setpriv", X_OK) == 0
        && access("/usr/bin/curl", X_OK) == 0

    /// Expects that curl gets the HTTP status `status` as user 65533 with the given groups.
    private func expect(
        _ status: String, _ server: RunningServer, _ arguments: [String], group: UInt32 = 65533,
        also: String = "--clear-groups", sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let path = server.path
        let got = try await onThread {
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/setpriv")
            process.arguments =
                ["--reuid=65533", "--regid=\(group)", also, "/usr/bin/curl", "-s", "-o", "/dev/null", "-w"]
                + ["%{http_code}", "--max-time", "20", "--unix-socket", path] + arguments
            let output = Pipe()
            process.standardOutput = output
            try process.run()
            process.waitUntilExit()
            return String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        }
        #expect(got == status, sourceLocation: sourceLocation)
    }

    @Test(.enabled(if: canChangeUser, "needs root, setpriv and curl"))
    func strangerMayReadAndNotWrite() async throws {
        try await RunningServer.with(mode: 0o666) { server in
            try await expect("200", server, ["http://x/v1/status"])
            try await expect("403", server, ["-d", "{}", "http://x/v1/predictions"])
            try await expect("403", server, ["-d", #"{"step":1,"accuracy":1}"#, "http://x/v1/metrics"])
            try await expect("403", server, ["-X", "POST", "http://x/v1/reload"])
            try await expect("403", server, ["-X", "PUT", "-d", #"{"level":"debug"}"#, "http://x/v1/log-level"])
            #expect(server.provider.state.withLock { $0.requests.isEmpty && $0.metrics.isEmpty && $0.level == nil })
        }
    }

    @Test(.enabled(if: canChangeUser, "needs root, setpriv and curl"))
    func memberOfTheGroupMayWriteAlsoBySupplementaryGroup() async throws {
        let rule = WriterRule(ownUser: geteuid(), group: 65432)
        try await RunningServer.with(mode: 0o666, writers: rule) { server in
            let post = ["-d", "{}", "http://x/v1/predictions"]
            try await expect("202", server, post, group: 65432)
            try await expect("202", server, post, also: "--groups=65431,65432")
            try await expect("403", server, post, also: "--groups=65431")
        }
    }

    @Test(.enabled(if: canChangeUser, "needs root, setpriv and curl"))
    func modeKeepsStrangersOut() async throws {
        try await RunningServer.with(mode: 0o660) { server in
            try await expect("000", server, ["http://x/v1/status"])
        }
    }
}

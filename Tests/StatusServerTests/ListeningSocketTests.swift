import Foundation
import Glibc
import StatusAPI
import Testing

@testable import StatusServer

@Suite struct ListeningSocketTests {
    @Test(arguments: [UInt32(0o600), 0o660, 0o666])
    func fileHasExactlyTheModeWhateverTheUmask(mode: UInt32) async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/s.sock"
            let listener = try ListeningSocket.bind(path: path, mode: mode, group: nil)
            let facts = try #require(try SocketCalls.facts(of: path))
            #expect(facts.mode & 0o7777 == mode)
            #expect(facts.isSocket)
            withExtendedLifetime(listener) {}
        }
    }

    @Test func fileIsBornForItsOwnerAlone() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/s.sock"
            let descriptor = try SocketCalls.stream(subject: path)
            defer { close(descriptor) }
            try SocketCalls.bind(descriptor, to: path, mode: 0o600)
            #expect(try SocketCalls.facts(of: path)?.mode == UInt32(S_IFSOCK) | 0o600)
            // Nobody can connect before it listens.
            let client = try SocketCalls.stream(subject: path)
            defer { close(client) }
            #expect(SocketCalls.connect(client, to: path) == ECONNREFUSED)
        }
    }

    @Test func groupIsSetByNumberAndUnknownOnesAreRefused() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/s.sock"
            let own = getegid()
            let listener = try ListeningSocket.bind(path: path, mode: 0o660, group: String(own))
            #expect(try SocketCalls.facts(of: path)?.group == own)
            withExtendedLifetime(listener) {}
            #expect(throws: ListenerError.groupUnknown(path: folder + "/t.sock", group: "no-such-group")) {
                _ = try ListeningSocket.bind(path: folder + "/t.sock", mode: 0o660, group: "no-such-group")
            }
            #expect(try SocketCalls.facts(of: folder + "/t.sock") == nil)
        }
        #expect(SocketCalls.group(named: "root") == 0)
    }

    @Test func staleSocketIsReplaced() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/s.sock"
            // A daemon that was killed: its socket is bound, and nobody holds it any more.
            let dead = try SocketCalls.stream(subject: path)
            try SocketCalls.bind(dead, to: path, mode: 0o600)
            close(dead)
            let listener = try ListeningSocket.bind(path: path, mode: 0o600, group: nil)
            let client = try UnixConnection(path: path)
            withExtendedLifetime((listener, client)) {}
        }
    }

    @Test func liveSocketIsLeftAloneAndItsProcessNamed() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/s.sock"
            let listener = try ListeningSocket.bind(path: path, mode: 0o600, group: nil)
            #expect(throws: ListenerError.alreadyServed(path: path, process: getpid())) {
                _ = try ListeningSocket.bind(path: path, mode: 0o600, group: nil)
            }
            _ = try UnixConnection(path: path)
            withExtendedLifetime(listener) {}
        }
    }

    @Test func liveSocketWithAFullQueueIsLeftAlone() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/s.sock"
            let busy = try SocketCalls.stream(subject: path)
            defer { close(busy) }
            try SocketCalls.bind(busy, to: path, mode: 0o600)
            try #require(Glibc.listen(busy, 0) == 0)
            let waiting = try SocketCalls.stream(subject: path)
            defer { close(waiting) }
            try #require(SocketCalls.connect(waiting, to: path) == 0)
            #expect(throws: ListenerError.alreadyServed(path: path, process: nil)) {
                _ = try ListeningSocket.bind(path: path, mode: 0o600, group: nil)
            }
        }
    }

    @Test func anythingElseAtThePathStays() async throws {
        try await withTemporaryFolder { folder in
            try Data("precious".utf8).write(to: URL(filePath: folder + "/file"))
            try FileManager.default.createDirectory(atPath: folder + "/dir", withIntermediateDirectories: false)
            try FileManager.default.createSymbolicLink(atPath: folder + "/link", withDestinationPath: folder + "/file")
            for (name, kind) in [("file", "a file"), ("dir", "a folder"), ("link", "a symbolic link")] {
                let path = folder + "/" + name
                #expect(throws: ListenerError.occupied(path: path, by: kind)) {
                    _ = try ListeningSocket.bind(path: path, mode: 0o600, group: nil)
                }
            }
            #expect(try String(contentsOfFile: folder + "/file", encoding: .utf8) == "precious")
        }
    }

    @Test func pathHasAtMost107Bytes() async throws {
        try await withTemporaryFolder { folder in
            let longest = folder + "/" + String(repeating: "x", count: 107 - folder.utf8.count - 1)
            let listener = try ListeningSocket.bind(path: longest, mode: 0o600, group: nil)
            _ = try UnixConnection(path: longest)
            withExtendedLifetime(listener) {}
            #expect(throws: ListenerError.pathTooLong(path: longest + "x", bytes: 108)) {
                _ = try ListeningSocket.bind(path: longest + "x", mode: 0o600, group: nil)
            }
            for path in ["", folder + "/a\0b"] {
                #expect(throws: ListenerError.self) {
                    _ = try ListeningSocket.bind(path: path, mode: 0o600, group: nil)
                }
            }
        }
    }

    @Test func oneMissingFolderIsMadeAndMoreAreNot() async throws {
        try await withTemporaryFolder { folder in
            let listener = try ListeningSocket.bind(path: folder + "/new/s.sock", mode: 0o600, group: nil)
            withExtendedLifetime(listener) {}
            let deep = folder + "/a/b/s.sock"
            #expect(throws: ListenerError.folderMissing(path: deep, folder: folder + "/a/b")) {
                _ = try ListeningSocket.bind(path: deep, mode: 0o600, group: nil)
            }
        }
    }

    @Test func ownFileIsRemovedAtTheEndAndAnotherOnesIsNot() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/s.sock"
            let listener = try ListeningSocket.bind(path: path, mode: 0o600, group: nil)
            try listener.removeFile()
            #expect(try SocketCalls.facts(of: path) == nil)
            try listener.removeFile()

            let first = try ListeningSocket.bind(path: path, mode: 0o600, group: nil)
            try FileManager.default.moveItem(atPath: path, toPath: path + ".moved")
            let second = try ListeningSocket.bind(path: path, mode: 0o600, group: nil)
            try first.removeFile()
            _ = try UnixConnection(path: path)
            withExtendedLifetime((first, second)) {}
        }
    }

    @Test func serverRemovesItsSocketFile() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/s.sock"
            let listener = try ListeningSocket.bind(path: path, mode: 0o600, group: nil)
            try await RunningServer.with(listener: listener, path: path, limits: ServerLimits(), writers: nil) { _ in }
            #expect(try SocketCalls.facts(of: path) == nil)
            #expect(throws: StatusClientError.self) { _ = try UnixConnection(path: path) }
        }
    }

    @Test func inheritedSocketIsServedAndItsFileStays() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/s.sock"
            let descriptor = try SocketCalls.stream(subject: path)
            try SocketCalls.bind(descriptor, to: path, mode: 0o600)
            try SocketCalls.listen(descriptor, subject: path)
            // A request from before the daemon runs waits in the queue.
            let early = try LineReader(path: path)
            try early.connection.write(Array("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".utf8))
            let listener = try ListeningSocket.adopt(descriptor: descriptor)
            let answer = try await RunningServer.with(
                listener: listener, path: path, limits: ServerLimits(), writers: nil
            ) { _ in try await onThread { try early.rest() } }
            #expect(answer.hasPrefix("HTTP/1.1 200 OK"))
            #expect(try SocketCalls.facts(of: path)?.isSocket == true)
        }
    }

    @Test func onlyListeningUnixStreamSocketsAreAdopted() async throws {
        #expect(throws: ListenerError.notAListener(descriptor: 900, why: "it is not an open socket")) {
            _ = try ListeningSocket.adopt(descriptor: 900)
        }
        let internet = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(internet) }
        #expect(throws: ListenerError.notAListener(descriptor: internet, why: "it is not a Unix stream socket")) {
            _ = try ListeningSocket.adopt(descriptor: internet)
        }
        let unbound = try SocketCalls.stream(subject: "test")
        defer { close(unbound) }
        #expect(throws: ListenerError.notAListener(descriptor: unbound, why: "it does not listen")) {
            _ = try ListeningSocket.adopt(descriptor: unbound)
        }
    }

    @Test func everyErrorIsOneLineThatSaysWhatToDo() {
        let errors: [ListenerError] = [
            .pathTooLong(path: "/p", bytes: 200), .pathInvalid(path: "", why: "it is empty"),
            .folderMissing(path: "/p/s", folder: "/p"), .occupied(path: "/p", by: "a file"),
            .alreadyServed(path: "/p", process: 12), .folderLocked(path: "/p/s", folder: "/p"),
            .groupUnknown(path: "/p", group: "g"), .notAListener(descriptor: 3, why: "it does not listen"),
            .groupNotPermitted(path: "/p", group: "44"),
            .call("bind", subject: "/p", number: EACCES),
        ]
        for error in errors {
            #expect(error.description.contains("; "), "\(error)")
            #expect(!error.description.contains("\n"))
        }
        #expect(ListenerError.call("bind", subject: "/p", number: EACCES).isPermission)
    }
}

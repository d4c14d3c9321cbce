import Foundation
import Glibc
import StatusServer
import Testing

@testable import StatusAPI

/// Gives what a server would send, in the pieces that a test wants.
final class ScriptedStream: ByteStream, @unchecked Sendable {
    private var pieces: [[UInt8]]
    private(set) var written: [UInt8] = []

    init(_ pieces: [String]) { self.pieces = pieces.map { Array($0.utf8) } }

    /// The same text one byte at a time.
    convenience init(bytewise text: String) { self.init(text.unicodeScalars.map { String($0) }) }

    func write(_ bytes: [UInt8]) throws { written += bytes }
    func read(upTo count: Int) throws -> [UInt8] { pieces.isEmpty ? [] : pieces.removeFirst() }
}

@Suite struct ClientTests {
    private func body(_ text: String, bytewise: Bool) throws -> String {
        let stream = bytewise ? ScriptedStream(bytewise: text) : ScriptedStream([text])
        let client = StatusClient { stream }
        return String(decoding: try client.getBytes("/x"), as: UTF8.self)
    }

    @Test(arguments: [true, false])
    func bodyEndsWhereTheHeadSays(bytewise: Bool) throws {
        #expect(try body("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello more", bytewise: bytewise) == "hello")
        #expect(
            try body(
                "HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\nT: 1\r\n\r\n",
                bytewise: bytewise) == "hello")
        #expect(try body("HTTP/1.1 200 OK\r\n\r\nhello", bytewise: bytewise) == "hello")
        #expect(try body("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", bytewise: bytewise) == "")
    }

    @Test(arguments: [
        "", "HTTP/1.1 200 OK\r\n", "SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 99 x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", "HTTP/1.1 200 OK\r\nbad header\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7fffffffffffffff\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
        "HTTP/1.1 200 OK\r\nA: " + String(repeating: "x", count: 70_000),
    ])
    func answersThatAreNotHTTPAreRefused(text: String) {
        for bytewise in text.count < 1000 ? [true, false] : [false] {
            let error = #expect(throws: StatusClientError.self) { try body(text, bytewise: bytewise) }
            guard case .malformed(request: "GET /x", why: _) = error else {
                Issue.record("not malformed: \(String(describing: error))")
                continue
            }
        }
    }

    @Test func problemBecomesAnErrorWithItsDetail() throws {
        let json = #"{"type":"about:blank","title":"Conflict","status":409,"detail":"confidence is 0.31"}"#
        let stream = ScriptedStream(["HTTP/1.1 409 Conflict\r\nContent-Length: \(json.utf8.count)\r\n\r\n\(json)"])
        let problem = ProblemDocument(status: 409, title: "Conflict", detail: "confidence is 0.31")
        let expected = StatusClientError.refused(request: "POST /v1/predictions", problem: problem)
        #expect(throws: expected) {
            _ = try StatusClient { stream }.send(
                "POST", "/v1/predictions", PredictionRequest(), as: PredictionAccepted.self)
        }
        #expect(expected.description == "POST /v1/predictions refused: confidence is 0.31")
        let sent = String(decoding: stream.written, as: UTF8.self)
        #expect(sent.hasPrefix("POST /v1/predictions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"))
        #expect(sent.hasSuffix("Content-Length: 15\r\n\r\n{\"force\":false}"))
    }

    @Test func documentOfAnotherVersionIsRefusedWithTheKey() {
        let stream = ScriptedStream(["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"])
        let expected = StatusClientError.malformed(request: "GET /healthz", why: "the key \"status\" is missing")
        #expect(throws: expected) { _ = try StatusClient { stream }.get("/healthz", as: HealthDocument.self) }
    }

    @Test(arguments: ["\n", "\r\n", "\r"])
    func eventsAreParsedWhateverEndsTheLines(end: String) {
        let lines = [
            ": comment", "", "id: 3", "event: metric", "data: {\"a\":", "data:1}", "unknown: x", "", "data", "",
            "event: lost without data", "", "data: second", "",
        ]
        let bytes = Array(lines.map { $0 + end }.joined().utf8)
        var whole = ServerSentEventParser()
        let expected: [ServerSentEventParser.Message] = [
            .init(id: "3", event: "metric", data: "{\"a\":\n1}"), .init(id: "3", event: "message", data: ""),
            .init(id: "3", event: "message", data: "second"),
        ]
        #expect(whole.consume(bytes) == expected)
        var bytewise = ServerSentEventParser()
        #expect(bytes.flatMap { bytewise.consume([$0]) } == expected)
    }

    @Test func nobodyThereIsNotRunning() {
        let missing = #expect(throws: StatusClientError.self) {
            _ = try StatusClient(path: "/nonexistent/x.sock").getBytes("/v1/status")
        }
        #expect(missing == .notRunning(path: "/nonexistent/x.sock", why: "No such file or directory"))
    }

    @Test func silentServerTimesOut() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/silent.sock"
            let listener = try ListeningSocket.bind(path: path, mode: 0o600, group: nil)
            let error = await #expect(throws: StatusClientError.self) {
                try await onThread { _ = try StatusClient(path: path, timeoutSeconds: 1).getBytes("/v1/status") }
            }
            #expect(error == .timedOut(path: path, seconds: 1))
            withExtendedLifetime(listener) {}
        }
    }
}

@Suite struct SocketDiscoveryTests {
    private func make(_ folder: String, _ name: String) throws -> ListeningSocket {
        try ListeningSocket.bind(path: folder + "/" + name, mode: 0o600, group: nil)
    }

    private func discovery(_ folders: [String], fixed: String? = nil) -> SocketDiscovery {
        SocketDiscovery(fixed: fixed, folders: folders) { (try? UnixConnection(path: $0, timeoutSeconds: 1)) != nil }
    }

    @Test func placesComeInTheDocumentedOrder() throws {
        let environment = ["XDG_RUNTIME_DIR": "/run/user/1", "ALPHARL_SOCKET": "/e.sock"]
        #expect(try SocketDiscovery(socket: "/o.sock", environment: environment).find(run: "x") == "/o.sock")
        #expect(try SocketDiscovery(socket: nil, environment: environment).find(run: "x") == "/e.sock")
        let folders = SocketDiscovery(socket: nil, environment: environment).folders
        #expect(folders == ["/run/user/1/alpharl", "/run/alpharl"])
        #expect(SocketDiscovery(socket: nil, environment: ["XDG_RUNTIME_DIR": ""]).folders == ["/run/alpharl"])
    }

    @Test func onlyDaemonNeedsNoName() async throws {
        try await withTemporaryFolder { folder in
            let live = try make(folder, "math.sock")
            // What a killed daemon left, a file and another kind of name do not count.
            var dead: ListeningSocket? = try make(folder, "dead.sock")
            withExtendedLifetime(dead) {}
            dead = nil
            try Data().write(to: URL(filePath: folder + "/file.sock"))
            let other = try make(folder, "other")
            #expect(try discovery(["/nonexistent", folder]).find(run: nil) == folder + "/math.sock")
            withExtendedLifetime((live, other)) {}
        }
    }

    @Test func severalDaemonsAreListedAndOneIsFoundByName() async throws {
        try await withTemporaryFolder { folder in
            let sockets = try [make(folder, "math.sock"), make(folder, "code.sock")]
            let found = discovery([folder])
            #expect(throws: SocketDiscoveryError.several(["code", "math"])) { try found.find(run: nil) }
            #expect(try found.find(run: "math") == folder + "/math.sock")
            let unknown = SocketDiscoveryError.unknownRun("maths", running: ["code", "math"], folders: [folder])
            #expect(throws: unknown) { try found.find(run: "maths") }
            #expect(unknown.description.contains("(running: code, math)"))
            withExtendedLifetime(sockets) {}
        }
    }

    @Test func nobodyRunningSaysWhereItLooked() {
        let error = SocketDiscoveryError.none(folders: ["/nonexistent"])
        #expect(throws: error) { try discovery(["/nonexistent"]).find(run: nil) }
        #expect(error.description.contains("/nonexistent"))
    }

    @Test func sameRunInTwoFoldersIsOneAndTheFirstCounts() async throws {
        try await withTemporaryFolder { first in
            try await withTemporaryFolder { second in
                let sockets = try [make(first, "math.sock"), make(second, "math.sock")]
                #expect(try discovery([first, second]).find(run: nil) == first + "/math.sock")
                withExtendedLifetime(sockets) {}
            }
        }
    }
}

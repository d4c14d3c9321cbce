import Foundation
import StatusAPI
import Synchronization
import Testing

@testable import StatusServer

@Suite struct BadRequestTests {
    @Test func unknownPathIs404() async throws {
        try await RunningServer.with { server in
            let problem = try await expectProblem(404, "GET", "/v2/nothing", server)
            #expect(problem.detail == "there is no /v2/nothing; GET /openapi.json lists what there is")
            try await expectProblem(404, "GET", "/v1/predictions/99", server)
            try await expectProblem(404, "GET", "/v1/predictions/one", server)
            try await expectProblem(404, "GET", "/v1/predictions/1/files", server)
        }
    }

    /// Found by fuzzing: such a client, gone before its body came, ended the daemon.
    @Test(arguments: ["Content-Length: 5\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n5\r\nab"])
    func aQuestionForEventsWithABodyIsRefused(rest: String) async throws {
        try await RunningServer.with { server in
            let request = "GET /v1/events HTTP/1.1\r\nHost: x\r\n\(rest)"
            for _ in 0..<50 {
                let answer = try await onThread {
                    let connection = try UnixConnection(path: server.path, timeoutSeconds: 20)
                    try connection.write(Array(request.utf8))
                    return String(decoding: try connection.read(upTo: 1024), as: UTF8.self)
                }
                #expect(answer.hasPrefix("HTTP/1.1 400 "))
            }
        }
    }

    @Test func wrongMethodIs405AndSaysWhichWouldDo() async throws {
        try await RunningServer.with { server in
            let answer = try await exchange(
                "DELETE /v1/predictions HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", with: server.path)
            #expect(answer.hasPrefix("HTTP/1.1 405 "))
            #expect(answer.lowercased().contains("\r\nallow: get, head, post\r\n"))
            try await expectProblem(405, "GET", "/v1/reload", server)
            try await expectProblem(405, "PUT", "/v1/status", server)
        }
    }

    @Test(arguments: [
        (#"{"target_step": "#, "JSON"), (#"[]"#, "expected an object but found an array"),
        (#"{"target_step": -1}"#, "at target_step: -1.0 is not a whole number"),
        (#"{"target_step": 1.5}"#, "at target_step: 1.5 is not a whole number"),
        (#"{"format": "zip"}"#, #""zip" is none of "full", "adapter""#),
        (#"{"target_stop": 1}"#, #"unknown key "target_stop""#),
        (#"{"force": "yes"}"#, "at force: expected true or false but found a string instead"), ("\u{0}", "JSON"),
    ])
    func badBodyIs400AndSaysWhy(body: String, why: String) async throws {
        try await RunningServer.with { server in
            let problem = try await expectProblem(400, "POST", "/v1/predictions", server, body: body)
            #expect(problem.detail?.contains(why) == true, "\(problem)")
            #expect(server.provider.state.withLock { $0.requests }.isEmpty)
        }
    }

    @Test(arguments: [
        #"{"accuracy": 0.4}"#, #"{"step": 1}"#, #"{"step": 1, "accuracy": "x"}"#, #"{"step": 1, "accuracy": 1e999}"#,
        #"[{"step": 1, "accuracy": 0.1}, {"step": -1, "accuracy": 0.1}]"#, "7", "null",
    ])
    func badMetricIs400AndNothingIsRecorded(body: String) async throws {
        try await RunningServer.with { server in
            try await expectProblem(400, "POST", "/v1/metrics", server, body: body)
            #expect(server.provider.state.withLock { $0.metrics }.isEmpty)
        }
    }

    @Test func deeplyNestedBodyIs400() async throws {
        try await RunningServer.with { server in
            let body = String(repeating: "[", count: 100_000)
            try await expectProblem(400, "POST", "/v1/metrics", server, body: body)
        }
    }

    @Test func bodyOverTheLimitIs413WhetherDeclaredOrNot() async throws {
        var limits = ServerLimits()
        limits.bodyBytes = 1000
        limits.linger = .seconds(1)
        try await RunningServer.with(limits: limits) { server in
            let body = String(repeating: " ", count: 1001)
            try await expectProblem(413, "POST", "/v1/metrics", server, body: body)
            // Declared, but never sent: answered at once, and the connection ends.
            let declared = try await exchange(
                "POST /v1/metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\n", with: server.path)
            #expect(declared.hasPrefix("HTTP/1.1 413 "))
            let chunked = try await exchange(
                "POST /v1/metrics HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" + body + "\r\n",
                with: server.path)
            #expect(chunked.hasPrefix("HTTP/1.1 413 "))
        }
    }

    @Test(arguments: [
        "this is not HTTP\r\n\r\n", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}", "GET / HTTP/9.9\r\n\r\n",
        "GET /v1/status HTTP/1.1\r\nno colon here\r\n\r\n", "POST /v1/metrics HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        "POST /v1/metrics HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ])
    func garbageIsAnsweredWith400AndTheConnectionEnds(text: String) async throws {
        try await RunningServer.with { server in
            let answer = try await exchange(text, with: server.path)
            #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 400 "), "\(answer.prefix(200))")
            let client = server.client
            _ = try await onThread { try client.get("/healthz", as: HealthDocument.self) }
        }
    }

    /// Requests with bytes changed, cut out or put in, whole and cut off: the server must end each and go on.
    @Test func mutatedRequestsNeverHurt() async throws {
        let requests = [
            "GET /v1/modules?step=120&sort=-sigma HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
            "POST /v1/metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 28\r\n\r\n"
                + #"{"step": 12, "accuracy": .4}"#,
            "PUT /v1/log-level HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n11\r\n"
                + #"{"level":"debug"}"# + "\r\n0\r\n\r\n",
        ].map { Array($0.utf8) }
        try await RunningServer.with { server in
            let path = server.path
            try await onThread {
                var random = SplitMix(state: 7)
                for round in 0..<300 {
                    var bytes = requests[round % requests.count]
                    for _ in 0..<Int.random(in: 1...6, using: &random) {
                        let place = Int.random(in: 0..<bytes.count, using: &random)
                        let count = Int.random(in: 0...min(3, bytes.count - place), using: &random)
                        let new = (0..<Int.random(in: 0...3, using: &random)).map { _ in
                            UInt8.random(in: 0...255, using: &random)
                        }
                        bytes.replaceSubrange(place..<place + count, with: new)
                        if bytes.isEmpty { bytes = [0] }
                    }
                    let connection = try UnixConnection(path: path, timeoutSeconds: 20)
                    try connection.write(bytes)
                    connection.finishWriting()
                    while try !connection.read(upTo: 65536).isEmpty {}
                }
            }
            let client = server.client
            _ = try await onThread { try client.get("/healthz", as: HealthDocument.self) }
        }
    }

    @Test func headOverTheLimitIs431() async throws {
        try await RunningServer.with { server in
            let answer = try await exchange(
                "GET /v1/status HTTP/1.1\r\nHost: x\r\nX: \(String(repeating: "a", count: 20_000))\r\n\r\n",
                with: server.path)
            #expect(answer.hasPrefix("HTTP/1.1 431 "), "\(answer.prefix(200))")
            #expect(answer.contains("application/problem+json"))
        }
    }

    @Test func idleConnectionIsClosed() async throws {
        var limits = ServerLimits()
        limits.idle = .milliseconds(20)
        try await RunningServer.with(limits: limits) { server in
            for unfinished in ["", "GET /v1/sta"] {
                let answer = try await exchange(unfinished, with: server.path)
                #expect(answer.isEmpty)
            }
        }
    }
}

/// SplitMix64: the same numbers on every machine.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

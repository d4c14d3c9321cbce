import Foundation
import HTTPTypes
import StatusAPI
import Synchronization
import Testing

@testable import StatusServer

@Suite struct BrowserRuleTests {
    @Test(arguments: [
        "", "localhost", "localhost:8080", "LOCALHOST.", "127.0.0.1:8080", "[::1]:8080", "x", "alpharl:80",
        "run.localhost",
        "%2Frun%2Falpharl%2Frun.sock",
    ])
    func hostsWithoutAPublicNameAreServed(host: String) {
        #expect(BrowserRule.isLocal(host))
    }

    @Test(arguments: [
        "evil.example", "evil.example:8080", "127.0.0.1.evil.example", "localhost.evil.example", "10.0.0.1.x",
    ])
    func aPublicNameIsMisdirected(host: String) {
        #expect(!BrowserRule.isLocal(host))
    }

    private func refusal(
        _ method: HTTPRequest.Method, site: String? = nil, mode: String? = nil, origin: String? = nil
    ) -> StatusRefusal? {
        do {
            try BrowserRule.admit(method: method, host: "localhost:8080", site: site, mode: mode, origin: origin)
            return nil
        } catch { return error }
    }

    @Test func readingFromThePageItselfAndFromOtherClientsIsAllowed() {
        #expect(refusal(.get) == nil)
        #expect(refusal(.post) == nil, "curl")
        #expect(refusal(.get, site: "same-origin", mode: "cors") == nil)
        #expect(refusal(.get, site: "none", mode: "navigate") == nil, "typed into the address bar")
        #expect(refusal(.get, site: "cross-site", mode: "navigate") == nil, "a link that somebody followed")
    }

    @Test(arguments: [("cross-site", "cors"), ("cross-site", "no-cors"), ("same-site", "cors")])
    func anotherSitesPageIsRefused(site: String, mode: String) {
        #expect(refusal(.get, site: site, mode: mode)?.status == 403)
    }

    @Test func noPageMayChangeAnything() {
        #expect(refusal(.post, site: "same-origin", mode: "cors")?.status == 403)
        #expect(refusal(.put, origin: "http://evil.example")?.status == 403)
        #expect(refusal(.post, origin: "null")?.status == 403)
        #expect(refusal(.post, site: "cross-site", mode: "navigate")?.status == 403, "a form that was sent")
    }

    /// What a browser sends after `evil.example` was made to point at the forwarded port.
    @Test func aReboundNameGetsNothing() async throws {
        try await RunningServer.with { server in
            let answer = try await exchange(
                "GET /v1/status HTTP/1.1\r\nHost: evil.example:8080\r\nConnection: close\r\n\r\n", with: server.path)
            #expect(answer.hasPrefix("HTTP/1.1 421 Misdirected Request\r\n"))
            #expect(answer.contains("http://localhost:PORT/") && !answer.contains("qwen-math"))
        }
    }

    @Test func aPostFromAnotherPageChangesNothing() async throws {
        try await RunningServer.with { server in
            let body = #"{"force": true}"#
            let answer = try await exchange(
                "POST /v1/predictions HTTP/1.1\r\nHost: localhost:8080\r\nOrigin: https://evil.example\r\n"
                    + "Content-Type: text/plain\r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n"
                    + body,
                with: server.path)
            #expect(answer.hasPrefix("HTTP/1.1 403 Forbidden\r\n"))
            #expect(server.provider.state.withLock { $0.requests.isEmpty })
        }
    }
}

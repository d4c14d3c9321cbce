import Foundation
import StatusAPI
import Testing

@testable import StatusServer

@Suite struct DashboardRoutesTests {
    private func get(_ path: String, _ server: RunningServer) async throws -> (head: String, body: String) {
        let answer = try await exchange(
            "GET \(path) HTTP/1.1\r\nHost: localhost:8080\r\nConnection: close\r\n\r\n", with: server.path)
        let parts = answer.components(separatedBy: "\r\n\r\n")
        return (parts[0].lowercased(), parts.dropFirst().joined(separator: "\r\n\r\n"))
    }

    @Test func thePageHasEveryViewAndAStrictPolicy() async throws {
        try await RunningServer.with { server in
            let (head, body) = try await get("/", server)
            #expect(head.hasPrefix("http/1.1 200 ok"))
            #expect(head.contains("content-type: text/html; charset=utf-8"))
            let policy = head.components(separatedBy: "content-security-policy: ").last ?? ""
            #expect(policy.hasPrefix("default-src 'none'; script-src 'self'; style-src 'self'"))
            #expect(!policy.contains("unsafe") && policy.contains("frame-ancestors 'none'"))
            #expect(head.contains("x-content-type-options: nosniff"))
            for view in ["overview", "confidence", "record", "accuracy", "map", "module", "predictions"] {
                #expect(body.contains("id=\"view-\(view)\""), "\(view)")
                let piece = try await get("/views/\(view)", server)
                #expect(piece.head.contains("alpharl-version: 0.1.0"))
                #expect(body.contains(piece.body), "the page is made of its views: \(view)")
            }
            #expect(body.contains("qwen-math") && body.contains(Documents.summary.path))
        }
    }

    @Test(arguments: [("/style.css", "text/css"), ("/app.js", "text/javascript"), ("/icon.svg", "image/svg+xml")])
    func itsFilesAreServed(path: String, type: String) async throws {
        try await RunningServer.with { server in
            let (head, body) = try await get(path, server)
            #expect(head.contains("content-type: \(type)") && !body.isEmpty)
        }
    }

    @Test func anUnknownViewIsAProblem() async throws {
        try await RunningServer.with { server in
            let problem = try await expectProblem(404, "GET", "/views/weather", server)
            #expect(problem.detail?.contains("overview") == true)
        }
    }

    /// An old address must still lead to a page, after the configuration has excluded a module for one.
    @Test func aModuleThatIsNotTrackedShowsTheOneThatMovedMost() async throws {
        try await RunningServer.with { server in
            let (_, body) = try await get("/views/module?module=gone.weight", server)
            #expect(body.contains("model.layers.0.self_attn.q_proj.weight"))
        }
    }
}

import HTTPTypes
import Hummingbird
import StatusAPI

/// What a browser may ask. The socket may be reached through a forwarded port (`ssh -L`), and then every page that the
/// user has open can send requests to it, which arrive with the user's own credentials (docs/decisions/0021).
///
/// - A request for a host with a public name is refused: its name was made to point at this machine (DNS rebinding).
/// - What a page of another origin asks is refused, but for a link that somebody follows.
/// - A browser may not change anything, whoever sits before it.
struct BrowserRule: RouterMiddleware {
    func handle(
        _ request: Request, context: StatusContext, next: (Request, StatusContext) async throws -> Response
    ) async throws -> Response {
        try Self.admit(
            method: request.method, host: request.head.authority ?? "", site: request.headers[.fetchSite],
            mode: request.headers[.fetchMode], origin: request.headers[.origin])
        return try await next(request, context)
    }

    /// - Parameters:
    ///   - site, mode: the headers `Sec-Fetch-Site` and `Sec-Fetch-Mode` (W3C Fetch Metadata); nil from other clients.
    ///   - origin: the header `Origin`.
    /// - Throws: `.misdirected`, `.forbidden`.
    static func admit(
        method: HTTPRequest.Method, host: String, site: String?, mode: String?, origin: String?
    ) throws(StatusRefusal) {
        guard isLocal(host) else {
            throw .misdirected(
                "this is not \(host): got a request for that host, expected localhost or an address; open the forwarded "
                    + "port as http://localhost:PORT/")
        }
        let isReading = method == .get || method == .head
        guard isReading || (site == nil && origin == nil) else {
            throw .forbidden("a page in a browser may only read; use curl or alpharl to change something")
        }
        guard let site, site == "cross-site" || site == "same-site" else { return }
        guard isReading, mode == "navigate" else {
            throw .forbidden("a page of another site may not ask this daemon; open it in a window of its own")
        }
    }

    /// Whether no public name leads here: no host, `localhost`, an address, a name without a dot, or what is no name at
    /// all, such as the encoded path of a socket.
    static func isLocal(_ host: String) -> Bool {
        if host.hasPrefix("[") || host.contains("%") { return true }
        var name = host.prefix { $0 != ":" }.lowercased()
        if name.hasSuffix(".") { name.removeLast() }
        let isAddress = name.allSatisfy { $0 == "." || ("0"..."9").contains($0) }
        return isAddress || !name.contains(".") || name.hasSuffix(".localhost")
    }
}

extension HTTPField.Name {
    static let fetchSite = named("Sec-Fetch-Site")
    static let fetchMode = named("Sec-Fetch-Mode")

    static func named(_ text: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(text) else { preconditionFailure("\(text) is a valid header name.") }
        return name
    }
}

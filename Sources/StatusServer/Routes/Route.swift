import HTTPTypes
import Hummingbird

/// One line of the list of routes.
struct Route: Sendable {
    typealias Handler = @Sendable (Request, StatusContext) async throws -> Response

    enum Access: Sendable {
        /// Whoever may connect.
        case reader
        /// Whom `WriterRule` allows.
        case writer
    }

    let method: HTTPRequest.Method
    /// As OpenAPI writes it, with `{name}` for a variable segment.
    let path: String
    let access: Access
    let handler: Handler

    static func get(_ path: String, _ handler: @escaping Handler) -> Route {
        Route(method: .get, path: path, access: .reader, handler: handler)
    }

    static func post(_ path: String, _ handler: @escaping Handler) -> Route {
        Route(method: .post, path: path, access: .writer, handler: handler)
    }

    static func put(_ path: String, _ handler: @escaping Handler) -> Route {
        Route(method: .put, path: path, access: .writer, handler: handler)
    }

    /// Whether `requested` is this route's path, whatever its variable segments are.
    func matches(_ requested: String) -> Bool {
        let own = path.split(separator: "/")
        let theirs = requested.split(separator: "/")
        return own.count == theirs.count && zip(own, theirs).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
    }
}

extension [Route] {
    /// The methods that `path` answers to, for `Allow` (RFC 9110, section 10.2.1); empty for an unknown path.
    func methods(for path: String) -> [String] {
        let methods = filter { $0.matches(path) }.map(\.method.rawValue)
        return (methods.contains("GET") ? methods + ["HEAD"] : methods).sorted()
    }
}

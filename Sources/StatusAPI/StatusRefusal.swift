/// Why a `StatusProvider` does not do what was asked. The text of each case is one line for the person who asked:
/// what failed: why (got, expected); what to do.
public enum StatusRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// The request makes no sense as it stands: 400.
    case badRequest(String)
    /// Whoever asks may not do this: 403.
    case forbidden(String)
    /// No such step, prediction or the like: 404.
    case notFound(String)
    /// The request is meant for another host: 421.
    case misdirected(String)
    /// The run's present state does not allow it, such as a confidence below the threshold: 409.
    case conflict(String)
    /// Not now, perhaps later, such as before the first scan has finished: 503.
    case unavailable(String)

    /// The HTTP status that it is answered with.
    public var status: Int {
        switch self {
        case .badRequest: 400
        case .forbidden: 403
        case .notFound: 404
        case .conflict: 409
        case .misdirected: 421
        case .unavailable: 503
        }
    }

    /// The status in words (RFC 9110, section 15).
    public var title: String {
        switch self {
        case .badRequest: "Bad Request"
        case .forbidden: "Forbidden"
        case .notFound: "Not Found"
        case .conflict: "Conflict"
        case .misdirected: "Misdirected Request"
        case .unavailable: "Service Unavailable"
        }
    }

    public var description: String {
        switch self {
        case .badRequest(let text), .forbidden(let text), .notFound(let text), .conflict(let text),
            .misdirected(let text), .unavailable(let text):
            text
        }
    }
}

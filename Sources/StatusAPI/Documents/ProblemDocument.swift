/// An error as RFC 9457 describes it, sent as `application/problem+json`.
public struct ProblemDocument: Codable, Hashable, Sendable, Error {
    /// `about:blank`: the HTTP status says what kind of problem it is (RFC 9457, section 4.2.1).
    public var type: String
    /// The status in words.
    public var title: String
    /// The HTTP status.
    public var status: Int
    /// One line: what failed: why; what to do.
    @Nullable public var detail: String?

    public init(status: Int, title: String, detail: String?) {
        type = "about:blank"
        self.title = title
        self.status = status
        self.detail = detail
    }

    public static let contentType = "application/problem+json"
}

/// `GET /healthz` and `GET /readyz` when all is well; otherwise 503 with a problem document.
public struct HealthDocument: Codable, Hashable, Sendable {
    /// Always `ok`.
    public var status: String

    public init() { status = "ok" }
}

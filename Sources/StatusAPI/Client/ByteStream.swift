/// A connection that blocks: what the client needs of a socket.
public protocol ByteStream: AnyObject {
    /// Sends all of `bytes`.
    func write(_ bytes: [UInt8]) throws
    /// At least one byte and at most `count`; empty when the other side has closed.
    func read(upTo count: Int) throws -> [UInt8]
}

/// Why a question to a daemon has no answer.
public enum StatusClientError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Nobody listens: the daemon does not run.
    case notRunning(path: String, why: String)
    /// The socket may not be opened by this user.
    case notPermitted(path: String)
    /// The daemon took too long.
    case timedOut(path: String, seconds: Int)
    /// The connection broke.
    case interrupted(path: String, why: String)
    /// What came back is not HTTP, or not the document that was asked for.
    case malformed(request: String, why: String)
    /// The daemon answered with a problem.
    case refused(request: String, problem: ProblemDocument)

    public var description: String {
        switch self {
        case .notRunning(let path, let why):
            "cannot reach the daemon: \(path): \(why); start it with `alpharl serve` or systemctl"
        case .notPermitted(let path):
            "cannot reach the daemon: \(path): permission denied; join the socket's group or ask its owner"
        case .timedOut(let path, let seconds):
            "no answer: \(path): nothing came within \(seconds) s; the daemon starts, hangs, or cannot start: its log "
                + "says which (journalctl -u 'alpharl@*')"
        case .interrupted(let path, let why):
            "the connection broke: \(path): \(why); try again"
        case .malformed(let request, let why):
            "the answer cannot be read: \(request): \(why); check that both programs have the same version"
        case .refused(let request, let problem):
            "\(request) refused: \(problem.detail ?? problem.title)"
        }
    }
}

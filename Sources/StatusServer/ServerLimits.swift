/// What one client may take at most. The defaults suit a local socket that a few hundred clients follow.
public struct ServerLimits: Hashable, Sendable {
    /// Open connections; further ones wait in the kernel's queue.
    public var connections = 512
    /// Of these, event streams; further ones are answered with 503.
    public var eventStreams = 128
    /// Bytes of a request's head.
    public var headBytes = 16 * 1024
    /// Bytes of a request's body.
    public var bodyBytes = 1024 * 1024
    /// A connection without a request, or with an unfinished one, is closed after this long.
    public var idle = Duration.seconds(60)
    /// A client that takes in nothing of an answer is cut off after this long.
    public var stalledAnswer = Duration.seconds(30)
    /// On shutdown, what is still open is cut off after this long.
    public var drain = Duration.seconds(3)
    /// On shutdown, how long connections that were just taken have to get to their handlers.
    public var handOver = Duration.milliseconds(100)
    /// On shutdown, a connection that has not asked anything yet has this long for its request, which is probably under
    /// way: with a socket from systemd, nothing is lost in a restart.
    public var firstRequest = Duration.milliseconds(300)
    /// After an answer that ends the connection, how long the rest of the request is still read.
    public var linger = Duration.seconds(2)
    /// Events that are read from the store and written to a stream at a time.
    public var eventsPerPage = 64
    /// A comment line keeps a quiet stream alive, and finds readers that have gone.
    public var heartbeat = Duration.seconds(15)

    public init() {}
}

import Hummingbird
import Logging
import NIOCore

/// What a handler knows besides the request: who asks, and on which connection.
struct StatusContext: RequestContext {
    struct Source: RequestContextSource {
        let connection: any Channel
        let peer: Peer?
        let logger: Logger
    }

    var coreContext: CoreRequestContextStorage
    let connection: any Channel
    /// Nil when the kernel did not tell.
    let peer: Peer?

    init(source: Source) {
        coreContext = CoreRequestContextStorage(source: source)
        connection = source.connection
        peer = source.peer
    }
}

import FoundationEssentials
import HTTPTypes
import Hummingbird
import HummingbirdCore
import LogEvents
import Logging
import NIOCore
import NIOHTTPTypes
import NIOPosix
import ServiceLifecycle
import StatusAPI
import Synchronization

/// Serves a `StatusProvider` over HTTP/1.1 on a Unix socket until the service group shuts down.
///
/// On graceful shutdown no more connections are taken, event streams end, answers under way are finished, and what is
/// left after `limits.drain` is cut off. Then the socket's file is removed if it is still ours.
public struct StatusService: Service, CustomStringConvertible {
    private typealias Connection = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

    private let listener: ListeningSocket
    private let responder: any HTTPResponder<StatusContext>
    private let limits: ServerLimits
    private let counters = ServerCounters()
    let provider: any StatusProvider
    let observer: ServerObserver
    private let logger: Logger

    /// The log names its services at level debug; without this it would print all that they hold.
    public var description: String { "StatusService" }

    public init(
        listener: ListeningSocket, provider: any StatusProvider, writers: WriterRule,
        limits: ServerLimits = ServerLimits(), observer: ServerObserver = .none, logger: Logger
    ) {
        self.listener = listener
        self.provider = provider
        self.observer = observer
        self.limits = limits
        self.logger = logger
        responder = StatusRoutes(provider: provider, limits: limits, counters: counters).responder(writers: writers)
    }

    /// Clients that were cut off because they took in nothing of an answer, since the start.
    public var stalledClients: Int { counters.stalledClients }

    /// Event streams that are open now.
    public var openStreams: Int { counters.openStreams }

    public func run() async throws {
        guard let descriptor = listener.takeDescriptor() else {
            preconditionFailure("A listening socket serves one StatusService, once.")
        }
        let threads = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        do {
            try await serve(descriptor, on: threads)
        } catch {
            try await threads.shutdownGracefully()
            throw error
        }
        try await threads.shutdownGracefully()
        do throws(ListenerError) {
            try listener.removeFile()
        } catch {
            // The next start removes what nobody answers on.
            logger.tell(.socketNotRemoved, "\(error)")
        }
    }
}

extension StatusService {
    /// One accepted connection, with whom it belongs to.
    private struct Accepted: Sendable {
        let channel: Connection
        let peer: Peer?
    }

    private func serve(_ descriptor: CInt, on threads: MultiThreadedEventLoopGroup) async throws {
        let connectionLimit = limits.connections
        let server = try await ServerBootstrap(group: threads)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        AvailableConnectionsChannelHandler(maxConnections: connectionLimit))
                }
            }
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .bind(descriptor) { channel in accept(channel) }
        logger.tell(.listening, "listening on \(listener.name)")
        observer.onListening()
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                group.addTask { await showLife(on: server.channel.eventLoop) }
                do {
                    try await server.executeThenClose { accepted in
                        for try await connection in accepted {
                            group.addTask { await handle(connection) }
                        }
                    }
                } catch {
                    logger.tell(.listeningEnded, "listening on \(listener.name) ended", ["reason": "\(error)"])
                    group.cancelAll()
                }
            }
        } onGracefulShutdown: {
            stopAccepting(server.channel)
        }
    }

    /// First no more connections are taken: with a socket from systemd the next process answers those that wait in the
    /// kernel's queue. Those that were just taken have a moment to get to their handler, and only then it ends.
    private func stopAccepting(_ channel: any Channel) {
        channel.setOption(.autoRead, value: false).whenComplete { _ in
            channel.eventLoop.scheduleTask(in: TimeAmount(limits.handOver)) { channel.close(promise: nil) }
        }
    }

    /// Runs on the connection's event loop.
    private func accept(_ channel: any Channel) -> EventLoopFuture<Accepted> {
        http(peer: nil, served: ServedMark()).setup(channel: channel, logger: logger).flatMapThrowing { connection in
            let peer = try channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(
                of: NIOBSDSocket.Handle.self
            ) { descriptor in
                // NIO accepts without it; a hook must not inherit a client's connection.
                _ = SocketCalls.setCloseOnExec(descriptor)
                return Peer.credentials(of: descriptor)
            }
            return Accepted(channel: connection, peer: peer ?? nil)
        }
    }

    private func handle(_ connection: Accepted) async {
        let channel = connection.channel.channel
        let served = ServedMark()
        await withGracefulShutdownHandler {
            await http(peer: connection.peer, served: served).handle(value: connection.channel, logger: logger)
        } onGracefulShutdown: {
            end(channel, after: served.isSet ? .zero : limits.firstRequest)
        }
    }

    /// Closes the connection after `patience`: at once when it is idle, else after the answer under way, at the latest
    /// after `limits.drain`.
    private func end(_ channel: any Channel, after patience: Duration) {
        let quiesce = channel.eventLoop.scheduleTask(in: TimeAmount(patience)) {
            channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        }
        let cutOff = channel.eventLoop.scheduleTask(in: TimeAmount(limits.drain)) { channel.close(promise: nil) }
        channel.closeFuture.whenComplete { _ in
            quiesce.cancel()
            cutOff.cancel()
        }
    }

    private func http(peer: Peer?, served: ServedMark) -> HTTP1Channel {
        HTTP1Channel(
            responder: { request, writer, channel in
                served.set()
                try await respond(request, writer, channel, peer)
            },
            configuration: HTTP1Channel.Configuration(
                additionalChannelHandlers: [
                    StalledAnswerHandler(limit: limits.stalledAnswer, counters: counters), MalformedRequestHandler(),
                ],
                idleTimeout: TimeAmount(limits.idle),
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: limits.headBytes, maxHeaderListSize: limits.headBytes, maxHeaderFieldCount: 100)
            ))
    }

    private func respond(
        _ request: Request, _ writer: consuming ResponseWriter, _ channel: any Channel, _ peer: Peer?
    ) async throws {
        let context = StatusContext(source: .init(connection: channel, peer: peer, logger: logger))
        var response = try await responder.respond(to: request, context: context)
        response.headers[.date] = HTTPDate.text(of: .now)
        try await writer.write(response: response.head, body: response.body)
        if Task.isShuttingDownGracefully { channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
        guard response.headers[.connection] == "close" else { return }
        let cutOff = channel.eventLoop.scheduleTask(in: TimeAmount(limits.linger)) { channel.close(promise: nil) }
        channel.closeFuture.whenComplete { _ in cutOff.cancel() }
    }
}

/// Whether a connection has asked anything yet.
private final class ServedMark: Sendable {
    private let value = Atomic(false)

    var isSet: Bool { value.load(ordering: .relaxed) }
    func set() { value.store(true, ordering: .relaxed) }
}

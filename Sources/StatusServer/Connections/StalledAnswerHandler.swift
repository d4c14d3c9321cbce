import NIOCore
import NIOHTTPTypes

/// Closes a connection whose client has taken in nothing of an answer for `limit`.
final class StalledAnswerHandler: ChannelOutboundHandler, RemovableChannelHandler {
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let limit: TimeAmount
    private let counters: ServerCounters
    private var waiting = 0
    private var deadline: Scheduled<Void>?

    init(limit: Duration, counters: ServerCounters) {
        self.limit = TimeAmount(limit)
        self.counters = counters
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let written = promise ?? context.eventLoop.makePromise(of: Void.self)
        waiting += 1
        if waiting == 1 { restart(context.channel) }
        let channel = context.channel
        written.futureResult.assumeIsolated().whenComplete { _ in
            self.waiting -= 1
            self.restart(channel)
        }
        context.write(data, promise: written)
    }

    func handlerRemoved(context: ChannelHandlerContext) { deadline?.cancel() }

    private func restart(_ channel: any Channel) {
        deadline?.cancel()
        guard waiting > 0 else { return }
        deadline = channel.eventLoop.scheduleTask(in: limit) { [counters] in
            counters.addStalledClient()
            channel.close(promise: nil)
        }
    }
}

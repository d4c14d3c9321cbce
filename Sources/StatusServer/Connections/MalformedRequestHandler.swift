import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTP1
import NIOHTTPTypes

/// Answers bytes that are no HTTP request with a problem document and closes the connection.
final class MalformedRequestHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// Requests that were read whole and not yet answered: their answers come first, so ours would be out of order.
    private var unanswered = 0
    private var isEnding = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .head = unwrapInboundIn(data) { unanswered += 1 }
        if !isEnding { context.fireChannelRead(data) }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) { unanswered -= 1 }
        context.write(data, promise: promise)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A broken connection cannot be answered; what the decoders refuse can.
        guard !isEnding, !(error is IOError), !(error is ChannelError) else { return context.fireErrorCaught(error) }
        isEnding = true
        guard unanswered == 0 else { return context.close(promise: nil) }
        let isTooLong = (error as? HTTPParserError) == .headerOverflow
        let status: HTTPResponse.Status = isTooLong ? .requestHeaderFieldsTooLarge : .badRequest
        let bytes = Response.problemBytes(
            status, "this is no HTTP/1.1 request that can be read: \(error); send one, such as GET /v1/status")
        let head = HTTPResponse(
            status: status,
            headerFields: [
                .contentType: "application/problem+json", .contentLength: String(bytes.count), .connection: "close",
            ])
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(ByteBuffer(bytes: bytes))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil))).assumeIsolated().whenComplete { _ in
            context.close(promise: nil)
        }
    }
}

import FoundationEssentials

/// Asks a daemon over its socket: one connection for each question, blocking, without an event loop.
public struct StatusClient: Sendable {
    /// Larger answers are refused.
    static let maximumAnswerBytes = 256 * 1024 * 1024

    private let connect: @Sendable () throws -> any ByteStream

    /// - Parameter connect: opens a new connection; throws `StatusClientError`.
    public init(connect: @escaping @Sendable () throws -> any ByteStream) { self.connect = connect }

    /// - Throws: `StatusClientError`; `.refused` when the daemon says no.
    public func get<Document: Decodable>(_ path: String, as type: Document.Type) throws -> Document {
        try decode(type, from: getBytes(path), request: "GET \(path)")
    }

    /// The answer as it is, for those who print it.
    public func getBytes(_ path: String) throws -> [UInt8] {
        try exchange(method: "GET", path: path, body: nil)
    }

    /// - Parameter method: `POST` or `PUT`.
    public func send<Document: Decodable>(
        _ method: String, _ path: String, _ body: (some Encodable)?, as type: Document.Type
    ) throws -> Document {
        let bytes = try body.map { Array(try JSONCoding.encode($0)) }
        return try decode(
            type, from: exchange(method: method, path: path, body: bytes ?? []), request: "\(method) \(path)")
    }

    /// Follows the events until the daemon stops or `handle` returns false.
    ///
    /// - Parameters:
    ///   - lastEventID: start after this event; nil starts with the next one.
    ///   - count: without `lastEventID`, start with so many of the recorded events.
    ///   - whenOpen: called once the daemon sends events, before the first one.
    /// - Returns: the id of the last event that was handled, to go on from.
    @discardableResult
    public func followEvents(
        after lastEventID: Int?, orLast count: Int = 0, whenOpen: () -> Void = {},
        _ handle: (RunEvent) throws -> Bool
    ) throws -> Int? {
        let request = "GET /v1/events"
        let resume = lastEventID.map { ["Last-Event-ID: \($0)"] } ?? []
        let path = lastEventID == nil && count > 0 ? "/v1/events?last=\(count)" : "/v1/events"
        var last = lastEventID
        var isOpen = false
        var parser = ServerSentEventParser()
        try perform(method: "GET", path: path, headers: resume, body: nil) { piece in
            if !isOpen { whenOpen() }
            isOpen = true
            for message in parser.consume(piece) {
                let event = try decode(RunEvent.self, from: Array(message.data.utf8), request: request)
                last = event.id
                if try !handle(event) { return false }
            }
            return true
        }
        return last
    }
}

extension StatusClient {
    private func exchange(method: String, path: String, body: [UInt8]?) throws -> [UInt8] {
        var answer: [UInt8] = []
        try perform(method: method, path: path, headers: [], body: body) { piece in
            guard answer.count + piece.count <= Self.maximumAnswerBytes else {
                throw HTTPFormatError(why: "it is larger than \(Self.maximumAnswerBytes) bytes")
            }
            answer += piece
            return true
        }
        return answer
    }

    /// Hands the pieces of a successful answer to `take` until it returns false.
    private func perform(
        method: String, path: String, headers: [String], body: [UInt8]?, _ take: ([UInt8]) throws -> Bool
    ) throws {
        let request = "\(method) \(path)"
        do {
            let stream = try connect()
            try stream.write(Self.requestBytes(method: method, path: path, headers: headers, body: body))
            var reader = HTTPAnswerReader(stream)
            let head = try reader.readHead()
            guard (200..<300).contains(head.status) else {
                throw StatusClientError.refused(request: request, problem: try Self.problem(head, &reader))
            }
            while let piece = try reader.readBody() {
                guard try take(piece) else { return }
            }
        } catch let error as HTTPFormatError {
            throw StatusClientError.malformed(request: request, why: error.why)
        }
    }

    private static func requestBytes(method: String, path: String, headers: [String], body: [UInt8]?) -> [UInt8] {
        var lines = ["\(method) \(path) HTTP/1.1", "Host: localhost", "Connection: close"] + headers
        if let body { lines += ["Content-Type: application/json", "Content-Length: \(body.count)"] }
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + (body ?? [])
    }

    /// The problem document, or one made of the status line when the body is something else.
    private static func problem(_ head: HTTPAnswerHead, _ reader: inout HTTPAnswerReader) throws -> ProblemDocument {
        var body: [UInt8] = []
        while body.count < 1 << 20, let piece = try reader.readBody() { body += piece }
        if let document = try? JSONCoding.decode(ProblemDocument.self, from: Data(body)) { return document }
        return ProblemDocument(status: head.status, title: head.reason, detail: nil)
    }

    private func decode<Document: Decodable>(
        _ type: Document.Type, from bytes: [UInt8], request: String
    ) throws -> Document {
        do {
            return try JSONCoding.decode(type, from: Data(bytes))
        } catch let error as DecodingError {
            throw StatusClientError.malformed(request: request, why: JSONCoding.explanation(of: error))
        }
    }
}

import FoundationEssentials
import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore
import StatusAPI

extension HTTPField.Name {
    /// Of the specification of server-sent events.
    static let lastEventID: HTTPField.Name = {
        guard let name = HTTPField.Name("Last-Event-ID") else {
            preconditionFailure("Last-Event-ID is a valid header name.")
        }
        return name
    }()
}

extension Response {
    /// One line of JSON.
    static func json(_ document: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        bytes(Array(try JSONCoding.encode(document)) + [UInt8(ascii: "\n")], status: status)
    }

    static func bytes(
        _ bytes: [UInt8], status: HTTPResponse.Status = .ok, type: String = "application/json"
    ) -> Response {
        Response(
            status: status,
            headers: [
                .contentType: type, .contentLength: String(bytes.count), .cacheControl: "no-store",
            ], body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    /// An error as RFC 9457 wants it.
    static func problem(_ status: HTTPResponse.Status, _ detail: String) -> Response {
        bytes(problemBytes(status, detail), status: status, type: ProblemDocument.contentType)
    }

    static func problemBytes(_ status: HTTPResponse.Status, _ detail: String) -> [UInt8] {
        let document = ProblemDocument(status: status.code, title: status.reasonPhrase, detail: detail)
        // Two strings and a whole number cannot fail to encode; the status alone still says what is wrong.
        guard let data = try? JSONCoding.encode(document) else { return [] }
        return Array(data) + [UInt8(ascii: "\n")]
    }
}

extension Request {
    /// The body as a document; nil when it is empty.
    ///
    /// - Throws: `NIOTooManyBytesError`, `DecodingError`
    func document<Document: Decodable>(_ type: Document.Type, limit: Int) async throws -> Document? {
        if let declared = headers[.contentLength].flatMap({ Int($0) }), declared > limit {
            throw NIOTooManyBytesError(maxBytes: limit)
        }
        let buffer = try await body.collect(upTo: limit)
        guard buffer.readableBytes > 0 else { return nil }
        return try JSONCoding.decode(type, from: Data(buffer.readableBytesView))
    }
}

/// A request body that may be one object or a list of them.
struct OneOrMany<Element: Decodable & Sendable>: Decodable, Sendable {
    let elements: [Element]

    init(from decoder: any Decoder) throws {
        if var list = try? decoder.unkeyedContainer() {
            var elements: [Element] = []
            while !list.isAtEnd { elements.append(try list.decode(Element.self)) }
            self.elements = elements
        } else {
            elements = [try Element(from: decoder)]
        }
    }
}

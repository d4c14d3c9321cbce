/// The status line and headers of an HTTP/1.1 answer, and how its body is delimited (RFC 9112, sections 4 to 7).
struct HTTPAnswerHead: Hashable, Sendable {
    enum Framing: Hashable, Sendable {
        case length(Int)
        case chunked
        case untilClose
    }

    let status: Int
    let reason: String
    /// Names in lower case; the last value of a repeated one.
    let headers: [String: String]

    /// - Parameter text: the head without the empty line that ends it.
    init(parsing text: String) throws(HTTPFormatError) {
        var lines = text.split(separator: "\r\n", omittingEmptySubsequences: false)[...]
        let first = lines.popFirst() ?? ""
        let parts = first.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count >= 2, parts[0].hasPrefix("HTTP/1."), let status = Int(parts[1]), (100...599).contains(status)
        else { throw HTTPFormatError(why: "the first line is \"\(first.prefix(80))\", not an HTTP status") }
        self.status = status
        reason = parts.count > 2 ? String(parts[2]) : ""
        var headers: [String: String] = [:]
        for line in lines {
            guard let colon = line.firstIndex(of: ":"), colon != line.startIndex else {
                throw HTTPFormatError(why: "a header line is \"\(line.prefix(80))\"")
            }
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            headers[line[..<colon].lowercased()] = String(value)
        }
        self.headers = headers
    }

    func framing() throws(HTTPFormatError) -> Framing {
        if status == 204 || status == 304 { return .length(0) }
        if let coding = headers["transfer-encoding"] {
            guard coding.lowercased() == "chunked" else {
                throw HTTPFormatError(why: "the transfer coding \"\(coding)\" is unknown")
            }
            return .chunked
        }
        guard let text = headers["content-length"] else { return .untilClose }
        guard let length = Int(text), length >= 0 else {
            throw HTTPFormatError(why: "the content length is \"\(text)\"")
        }
        return .length(length)
    }
}

/// What is wrong with an answer.
struct HTTPFormatError: Error, Hashable, Sendable {
    let why: String
}

/// Reads one answer from a stream, the body piece by piece as it comes.
struct HTTPAnswerReader {
    /// Larger heads are refused.
    static let maximumHeadBytes = 64 * 1024

    private let stream: any ByteStream
    private var buffer: ArraySlice<UInt8> = []
    private var framing = HTTPAnswerHead.Framing.length(0)
    private var isDone = false

    init(_ stream: any ByteStream) { self.stream = stream }

    mutating func readHead() throws -> HTTPAnswerHead {
        let ending = Array("\r\n\r\n".utf8)
        while true {
            if let end = buffer.firstRange(of: ending) {
                let text = String(decoding: buffer[..<end.lowerBound], as: UTF8.self)
                buffer = buffer[end.upperBound...]
                let head = try HTTPAnswerHead(parsing: text)
                if (100..<200).contains(head.status) { continue }
                framing = try head.framing()
                return head
            }
            guard buffer.count <= Self.maximumHeadBytes else { throw HTTPFormatError(why: "the head does not end") }
            guard try fill() else { throw HTTPFormatError(why: "the connection ended before the answer") }
        }
    }

    /// The next piece of the body; nil at its end.
    mutating func readBody() throws -> [UInt8]? {
        if isDone { return nil }
        switch framing {
        case .length(0):
            isDone = true
            return nil
        case .length(let left):
            guard try !buffer.isEmpty || fill() else {
                throw HTTPFormatError(why: "the connection ended \(left) bytes before the end of the answer")
            }
            let piece = take(left)
            framing = .length(left - piece.count)
            return piece
        case .chunked:
            return try readChunk()
        case .untilClose:
            guard try !buffer.isEmpty || fill() else {
                isDone = true
                return nil
            }
            return take(buffer.count)
        }
    }

    private mutating func readChunk() throws -> [UInt8]? {
        let line = try readLine()
        let digits = line.prefix { $0 != ";" && $0 != " " }
        guard let size = Int(digits, radix: 16), size >= 0, size <= 1 << 30 else {
            throw HTTPFormatError(why: "a chunk's size is \"\(line.prefix(40))\"")
        }
        if size == 0 {
            while try !readLine().isEmpty {}
            isDone = true
            return nil
        }
        while buffer.count < size + 2 {
            guard try fill() else { throw HTTPFormatError(why: "the connection ended inside a chunk") }
        }
        let chunk = take(size)
        guard take(2) == [13, 10] else { throw HTTPFormatError(why: "a chunk does not end where it says") }
        return chunk
    }

    private mutating func readLine() throws -> String {
        while true {
            if let end = buffer.firstRange(of: [13, 10]) {
                defer { buffer = buffer[end.upperBound...] }
                return String(decoding: buffer[..<end.lowerBound], as: UTF8.self)
            }
            guard buffer.count <= Self.maximumHeadBytes else { throw HTTPFormatError(why: "a line does not end") }
            guard try fill() else { throw HTTPFormatError(why: "the connection ended inside a line") }
        }
    }

    private mutating func take(_ count: Int) -> [UInt8] {
        let piece = Array(buffer.prefix(count))
        buffer = buffer.dropFirst(count)
        return piece
    }

    private mutating func fill() throws -> Bool {
        let bytes = try stream.read(upTo: 64 * 1024)
        buffer += bytes
        return !bytes.isEmpty
    }
}

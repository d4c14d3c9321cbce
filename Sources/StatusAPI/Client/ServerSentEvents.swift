/// Takes a stream of server-sent events apart, line by line (WHATWG HTML, section 9.2.6).
struct ServerSentEventParser {
    struct Message: Hashable, Sendable {
        /// The last `id:` so far.
        var id: String?
        var event: String
        var data: String
    }

    private var pending: [UInt8] = []
    private var isAfterCarriageReturn = false
    private var lastID: String?
    private var event = ""
    private var data: [String] = []

    init() {}

    /// The messages that `bytes` complete. Lines may end in LF, CR or CRLF; comments and unknown fields are skipped.
    mutating func consume(_ bytes: [UInt8]) -> [Message] {
        var messages: [Message] = []
        for byte in bytes {
            let isSecondOfPair = byte == 10 && isAfterCarriageReturn
            isAfterCarriageReturn = byte == 13
            if isSecondOfPair { continue }
            guard byte == 10 || byte == 13 else {
                pending.append(byte)
                continue
            }
            let line = String(decoding: pending, as: UTF8.self)
            pending.removeAll(keepingCapacity: true)
            if let message = take(line) { messages.append(message) }
        }
        return messages
    }

    private mutating func take(_ line: String) -> Message? {
        if line.isEmpty { return finish() }
        let colon = line.firstIndex(of: ":")
        var value = colon.map { line[line.index(after: $0)...] } ?? ""
        if value.first == " " { value = value.dropFirst() }
        switch colon.map({ line[..<$0] }) ?? line[...] {
        case "id" where !value.contains("\0"): lastID = String(value)
        case "event": event = String(value)
        case "data": data.append(String(value))
        default: break
        }
        return nil
    }

    private mutating func finish() -> Message? {
        defer {
            event = ""
            data = []
        }
        guard !data.isEmpty else { return nil }
        return Message(id: lastID, event: event.isEmpty ? "message" : event, data: data.joined(separator: "\n"))
    }
}

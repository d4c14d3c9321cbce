extension SummaryEvent {
    /// An event with more is refused: writers put at most a few hundred into one.
    public static let mostValues = 1 << 16

    /// Reads a record's payload. Cost and memory are linear in its length.
    public init(payload: ArraySlice<UInt8>) throws(WireProblem) {
        var event = SummaryEvent(wallTime: 0, content: .other)
        var values: [SummaryValue] = []
        var reader = WireReader(payload)
        while let (number, value) = try reader.field() {
            switch number {
            case 1: event.wallTime = value.double ?? event.wallTime
            case 2: event.step = value.varint.map { Int64(bitPattern: $0) } ?? event.step
            case 3: event.content = value.text.map { .fileVersion($0) } ?? event.content
            case 5:
                guard let summary = value.bytes else { break }
                try Self.addValues(of: summary, to: &values)
                event.content = .values(values)
            case 7: if let log = value.bytes, try Self.isStart(log) { event.content = .sessionStart }
            default: break
            }
        }
        self = event
    }

    /// `Summary`: repeated `Value` (1).
    private static func addValues(
        of summary: ArraySlice<UInt8>, to values: inout [SummaryValue]
    ) throws(WireProblem) {
        var reader = WireReader(summary)
        while let (number, value) = try reader.field() {
            guard number == 1, let bytes = value.bytes, let read = try SummaryValue(message: bytes) else { continue }
            guard values.count < mostValues else { throw .tooManyValues }
            values.append(read)
        }
    }

    /// `SessionLog`: `status` (1), START = 1.
    private static func isStart(_ log: ArraySlice<UInt8>) throws(WireProblem) -> Bool {
        var reader = WireReader(log)
        var status: UInt64 = 0
        while let (number, value) = try reader.field() { if number == 1 { status = value.varint ?? status } }
        return status == 1
    }
}

extension SummaryValue {
    /// `Summary.Value`: `tag` (1), `simple_value` (2), `tensor` (8), `metadata` (9).
    ///
    /// - Returns: nil for what is neither a number nor a text.
    init?(message: ArraySlice<UInt8>) throws(WireProblem) {
        var reader = WireReader(message)
        var content: Content?
        self.init(tag: "", .text([]))
        while let (number, value) = try reader.field() {
            switch number {
            case 1: tag = value.text ?? tag
            case 2: content = value.float.map { .scalar(Double($0)) } ?? content
            case 8: if let tensor = value.bytes { content = try TensorMessage(tensor).content ?? content }
            case 9: if let metadata = value.bytes { try take(metadata: metadata) }
            default: break
            }
        }
        guard let content else { return nil }
        self.content = content
    }

    /// `SummaryMetadata`: `display_name` (2), `summary_description` (3).
    private mutating func take(metadata: ArraySlice<UInt8>) throws(WireProblem) {
        var reader = WireReader(metadata)
        while let (number, value) = try reader.field() {
            switch number {
            case 2: displayName = value.text ?? displayName
            case 3: explanation = value.text ?? explanation
            default: break
            }
        }
    }
}

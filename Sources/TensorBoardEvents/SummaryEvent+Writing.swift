extension SummaryEvent {
    /// The event as a record, ready to be appended to a file.
    public var record: [UInt8] { RecordFraming.record(payload) }

    /// The event as a message. Scalars are written as float32, the type that TensorBoard keeps.
    public var payload: [UInt8] {
        var message = WireWriter()
        message.double(1, wallTime)
        message.varint(2, UInt64(bitPattern: step))
        switch content {
        case .fileVersion(let version): message.text(3, version)
        case .values(let values):
            message.message(5) { summary in
                for value in values { summary.message(1) { value.write(to: &$0) } }
            }
        case .sessionStart: message.message(7) { $0.varint(1, 1) }
        case .other: preconditionFailure("An event with other content can be read and not written.")
        }
        return message.bytes
    }
}

extension SummaryValue {
    fileprivate func write(to message: inout WireWriter) {
        message.text(1, tag)
        switch content {
        case .scalar(let number): message.float(2, Float(number))
        case .text(let texts):
            message.message(8) { tensor in
                tensor.varint(1, 7)
                tensor.message(2) { shape in shape.message(2) { $0.varint(1, UInt64(texts.count)) } }
                for text in texts { tensor.text(8, text) }
            }
        }
        message.message(9) { metadata in
            metadata.message(1) { $0.text(1, pluginName) }
            if !displayName.isEmpty { metadata.text(2, displayName) }
            if !explanation.isEmpty { metadata.text(3, explanation) }
        }
    }

    private var pluginName: String {
        switch content {
        case .scalar: "scalars"
        case .text: "text"
        }
    }
}

/// Puts the fields of a message together.
struct WireWriter {
    private(set) var bytes: [UInt8] = []

    mutating func varint(_ field: Int, _ number: UInt64) {
        key(field, 0)
        varint(number)
    }

    mutating func double(_ field: Int, _ number: Double) {
        key(field, 1)
        bytes += LittleEndian.bytes(number.bitPattern, count: 8)
    }

    mutating func float(_ field: Int, _ number: Float) {
        key(field, 5)
        bytes += LittleEndian.bytes(UInt64(number.bitPattern), count: 4)
    }

    mutating func text(_ field: Int, _ text: String) { add(field, Array(text.utf8)) }

    mutating func message(_ field: Int, _ body: (inout WireWriter) -> Void) {
        var inner = WireWriter()
        body(&inner)
        add(field, inner.bytes)
    }

    private mutating func add(_ field: Int, _ content: [UInt8]) {
        key(field, 2)
        varint(UInt64(content.count))
        bytes += content
    }

    private mutating func key(_ field: Int, _ type: UInt64) { varint(UInt64(field) << 3 | type) }

    private mutating func varint(_ number: UInt64) {
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}

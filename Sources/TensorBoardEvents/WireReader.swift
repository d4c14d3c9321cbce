/// Why a payload is not the message that was expected.
public enum WireProblem: Error, Hashable, Sendable, CustomStringConvertible {
    case endsInside
    case varintTooLong
    case badWireType(UInt64)
    case badFieldNumber
    /// More values in one event than `SummaryEvent.mostValues`.
    case tooManyValues

    public var description: String {
        switch self {
        case .endsInside: "a field reaches beyond the end of its message"
        case .varintTooLong: "a number has more than 64 bits"
        case .badWireType(let type): "wire type \(type), which Protocol Buffers 3 does not have"
        case .badFieldNumber: "a field has the number 0, or one above 2^29"
        case .tooManyValues: "more than \(SummaryEvent.mostValues) values in one event"
        }
    }
}

enum WireValue {
    case varint(UInt64)
    case fixed64(UInt64)
    case bytes(ArraySlice<UInt8>)
    case fixed32(UInt32)

    var double: Double? { if case .fixed64(let bits) = self { Double(bitPattern: bits) } else { nil } }
    var float: Float? { if case .fixed32(let bits) = self { Float(bitPattern: bits) } else { nil } }
    var varint: UInt64? { if case .varint(let number) = self { number } else { nil } }
    var bytes: ArraySlice<UInt8>? { if case .bytes(let bytes) = self { bytes } else { nil } }
    var text: String? { bytes.map { String(decoding: $0, as: UTF8.self) } }
}

/// Goes through the fields of a message of Protocol Buffers 3 (protobuf.dev/programming-guides/encoding), copying
/// nothing. What a field means is for the caller; fields that it does not know it passes over.
struct WireReader {
    private var rest: ArraySlice<UInt8>

    init(_ message: ArraySlice<UInt8>) { rest = message }

    var isAtEnd: Bool { rest.isEmpty }

    /// Nil at the end of the message.
    mutating func field() throws(WireProblem) -> (number: Int, value: WireValue)? {
        guard !rest.isEmpty else { return nil }
        let key = try varint()
        guard case 1..<(1 << 29) = key >> 3 else { throw .badFieldNumber }
        return (Int(key >> 3), try value(ofType: key & 7))
    }

    private mutating func value(ofType type: UInt64) throws(WireProblem) -> WireValue {
        switch type {
        case 0: return .varint(try varint())
        case 1: return .fixed64(LittleEndian.number(try take(8)))
        case 2: return .bytes(try take(try varint()))
        case 5: return .fixed32(UInt32(truncatingIfNeeded: LittleEndian.number(try take(4))))
        default: throw .badWireType(type)
        }
    }

    mutating func varint() throws(WireProblem) -> UInt64 {
        var number: UInt64 = 0
        for position in 0..<UInt64(10) {
            guard let byte = rest.popFirst() else { throw .endsInside }
            guard position < 9 || byte < 2 else { throw .varintTooLong }
            number |= UInt64(byte & 0x7F) << (7 * position)
            if byte < 0x80 { return number }
        }
        throw .varintTooLong
    }

    mutating func take(_ count: UInt64) throws(WireProblem) -> ArraySlice<UInt8> {
        guard count <= UInt64(rest.count) else { throw .endsInside }
        let taken = rest.prefix(Int(count))
        rest = rest.dropFirst(Int(count))
        return taken
    }
}

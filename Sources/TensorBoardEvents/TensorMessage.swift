/// `TensorProto` (TensorFlow, `core/framework/tensor.proto`), as far as a number or a text is in it: TensorFlow 2 and
/// others log a scalar as a tensor of one element, typed or as `tensor_content`.
struct TensorMessage {
    private var type: ElementType?
    /// `tensor_content`: the elements' bytes, little-endian.
    private var raw: ArraySlice<UInt8> = []
    private var elements = TypedElements()
    private var texts: [String] = []

    init(_ message: ArraySlice<UInt8>) throws(WireProblem) {
        var reader = WireReader(message)
        while let (number, value) = try reader.field() { try take(number, value) }
    }

    /// `dtype` (1), `tensor_content` (4), `float_val` (5), `double_val` (6), `int_val` (7), `string_val` (8),
    /// `int64_val` (10), `half_val` (13), `uint32_val` (16), `uint64_val` (17).
    private mutating func take(_ number: Int, _ value: WireValue) throws(WireProblem) {
        switch number {
        case 1: type = value.varint.flatMap(ElementType.init(rawValue:))
        case 4: raw = value.bytes ?? raw
        case 5: try elements.add(value) { (reader) throws(WireProblem) in LittleEndian.number(try reader.take(4)) }
        case 6: try elements.add(value) { (reader) throws(WireProblem) in LittleEndian.number(try reader.take(8)) }
        case 7, 10, 13, 16, 17: try elements.add(value) { (reader) throws(WireProblem) in try reader.varint() }
        case 8: if let text = value.text, texts.count < SummaryEvent.mostValues { texts.append(text) }
        default: break
        }
    }

    /// Nil where it is neither one number nor texts.
    var content: SummaryValue.Content? {
        guard let type else { return nil }
        if type == .string { return texts.isEmpty ? nil : .text(texts) }
        if raw.count == type.byteCount { return .scalar(type.number(LittleEndian.number(raw))) }
        guard raw.isEmpty, elements.count == 1 else { return nil }
        return .scalar(type.number(elements.first))
    }
}

/// Repeated numbers, packed or one by one: the first, and how many.
private struct TypedElements {
    var first: UInt64 = 0
    var count = 0

    mutating func add(
        _ value: WireValue, element: (inout WireReader) throws(WireProblem) -> UInt64
    ) throws(WireProblem) {
        switch value {
        case .varint(let bits), .fixed64(let bits): add(bits)
        case .fixed32(let bits): add(UInt64(bits))
        case .bytes(let packed):
            var reader = WireReader(packed)
            while !reader.isAtEnd { add(try element(&reader)) }
        }
    }

    private mutating func add(_ bits: UInt64) {
        if count == 0 { first = bits }
        count += 1
    }
}

/// The enumeration `DataType` (`core/framework/types.proto`), as far as it is a number or a text.
private enum ElementType: UInt64 {
    case float = 1, double, int32, uint8, int16, int8, string
    case int64 = 9
    case bfloat16 = 14
    case half = 19
    case uint32 = 22, uint64

    var byteCount: Int {
        switch self {
        case .double, .int64, .uint64: 8
        case .float, .int32, .uint32: 4
        case .int16, .bfloat16, .half: 2
        case .int8, .uint8: 1
        case .string: 0
        }
    }

    /// From the element's bits, or from the number as Protocol Buffers carry it (signs reach over all 64 bits).
    func number(_ bits: UInt64) -> Double {
        switch self {
        case .float: Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
        case .double: Double(bitPattern: bits)
        case .int32: Double(Int32(truncatingIfNeeded: bits))
        case .uint8: Double(UInt8(truncatingIfNeeded: bits))
        case .int16: Double(Int16(truncatingIfNeeded: bits))
        case .int8: Double(Int8(truncatingIfNeeded: bits))
        case .int64: Double(Int64(bitPattern: bits))
        case .bfloat16: Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits & 0xFFFF) << 16))
        case .half: Double(Float16(bitPattern: UInt16(truncatingIfNeeded: bits)))
        case .uint32: Double(UInt32(truncatingIfNeeded: bits))
        case .uint64: Double(bits)
        case .string: .nan
        }
    }
}

/// How an event file frames its records (TensorFlow, `lib/io/record_writer.cc`): the payload's length in 8 bytes, its
/// checksum in 4, the payload, the payload's checksum in 4; numbers little-endian.
public enum RecordFraming {
    /// Bytes in front of a payload and behind it.
    public static let headerSize = 12
    public static let footerSize = 4

    /// A whole record.
    public static func record(_ payload: [UInt8]) -> [UInt8] {
        let length = LittleEndian.bytes(UInt64(payload.count), count: 8)
        return length + LittleEndian.bytes(UInt64(MaskedCRC32C.checksum(length)), count: 4) + payload
            + LittleEndian.bytes(UInt64(MaskedCRC32C.checksum(payload)), count: 4)
    }

    /// The length of the payload that follows.
    ///
    /// - Parameters:
    ///   - header: at least `headerSize` bytes, the record's first ones.
    ///   - offset: where in the file the record begins, for the error.
    /// - Throws: `RecordProblem.badLength` where the checksum does not fit: nothing behind it can be found any more.
    public static func payloadLength(_ header: ArraySlice<UInt8>, at offset: Int64) throws(RecordProblem) -> UInt64 {
        precondition(header.count >= headerSize, "A record's header has \(headerSize) bytes; got \(header.count).")
        let length = header.prefix(8)
        guard LittleEndian.number(header.dropFirst(8).prefix(4)) == UInt64(MaskedCRC32C.checksum(length)) else {
            throw .badLength(offset: offset)
        }
        return LittleEndian.number(length)
    }

    /// - Parameter footer: at least `footerSize` bytes, those behind the payload.
    /// - Throws: `RecordProblem.badPayload`: the records behind it are where they should be.
    public static func check(
        _ payload: ArraySlice<UInt8>, footer: ArraySlice<UInt8>, at offset: Int64
    ) throws(RecordProblem) {
        precondition(footer.count >= footerSize, "A record's footer has \(footerSize) bytes; got \(footer.count).")
        guard LittleEndian.number(footer.prefix(4)) == UInt64(MaskedCRC32C.checksum(payload)) else {
            throw .badPayload(offset: offset)
        }
    }
}

/// Why a record cannot be used; `offset` is that of its first byte in the file.
public enum RecordProblem: Error, Hashable, Sendable, CustomStringConvertible {
    case badLength(offset: Int64)
    case badPayload(offset: Int64)

    public var description: String {
        switch self {
        case .badLength(let offset): "the length of the record at byte \(offset) does not have the checksum beside it"
        case .badPayload(let offset): "the content of the record at byte \(offset) does not have the checksum beside it"
        }
    }
}

enum LittleEndian {
    static func bytes(_ number: UInt64, count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: number >> (8 * UInt64($0))) }
    }

    /// Of at most 8 bytes.
    static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) } }
}

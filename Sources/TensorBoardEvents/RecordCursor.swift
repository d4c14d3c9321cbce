/// Goes through the records of bytes that are in memory, such as a piece of an event file.
public struct RecordCursor: Sendable {
    public enum Step: Hashable, Sendable {
        /// A whole record's payload.
        case payload(ArraySlice<UInt8>)
        /// A whole record whose payload is damaged; the cursor stands behind it.
        case damaged(RecordProblem)
        /// A record longer than was allowed; the cursor stands behind its header. `rest` bytes of it follow, in these bytes
        /// or not (at most `UInt64.max`).
        case tooLong(rest: UInt64)
        /// The bytes end here or within a record: what is missing may still be written.
        case end
    }

    private let bytes: [UInt8]
    private let start: Int64
    private let longest: Int
    /// How many of the bytes are done with.
    public private(set) var used = 0

    /// - Parameters:
    ///   - start: where in the file the bytes begin.
    ///   - longest: payload bytes above which a record is not looked at.
    public init(_ bytes: [UInt8], start: Int64 = 0, longest: Int = .max) {
        self.bytes = bytes
        self.start = start
        self.longest = longest
    }

    /// - Throws: `RecordProblem.badLength`; the cursor stays where it is.
    public mutating func next() throws(RecordProblem) -> Step {
        let left = bytes[used...]
        guard left.count >= RecordFraming.headerSize else { return .end }
        let offset = start + Int64(used)
        let length = try RecordFraming.payloadLength(left, at: offset)
        guard length <= UInt64(longest) else {
            used += RecordFraming.headerSize
            let rest = length.addingReportingOverflow(UInt64(RecordFraming.footerSize))
            return .tooLong(rest: rest.overflow ? .max : rest.partialValue)
        }
        let behind = left.dropFirst(RecordFraming.headerSize)
        guard UInt64(behind.count) >= length, behind.count - Int(length) >= RecordFraming.footerSize else {
            return .end
        }
        let payload = behind.prefix(Int(length))
        used = payload.endIndex + RecordFraming.footerSize
        do {
            try RecordFraming.check(payload, footer: bytes[payload.endIndex..<used], at: offset)
        } catch {
            return .damaged(error)
        }
        return .payload(payload)
    }
}

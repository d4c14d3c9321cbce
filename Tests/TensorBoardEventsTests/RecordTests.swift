import TensorBoardEvents
import TestSupport
import Testing

/// Records: checksums of published vectors, and what is done with damaged and unfinished bytes.
struct RecordTests {
    /// RFC 3720, appendix B.4, masked as TensorFlow does: 32 bytes of 0, of 0xFF, ascending, descending.
    @Test(
        arguments: [
            (Array(repeating: 0, count: 32), 0x8A91_36AA), (Array(repeating: 0xFF, count: 32), 0x62A8_AB43),
            (Array(0..<32), 0x46DD_794E), ((0..<32).reversed(), 0x113F_DB5C),
        ] as [([UInt8], UInt32)])
    func checksumsAreThoseOfTheStandard(bytes: [UInt8], plain: UInt32) {
        let masked = ((plain >> 15) | (plain << 17)) &+ 0xA282_EAD8
        #expect(MaskedCRC32C.checksum(bytes) == masked)
    }

    private let payloads: [[UInt8]] = [[], [1], Array(repeating: 7, count: 300)]
    private var file: [UInt8] { payloads.flatMap(RecordFraming.record) }

    private func all(_ bytes: [UInt8], longest: Int = .max) throws -> (
        read: [[UInt8]], last: RecordCursor.Step, used: Int
    ) {
        var cursor = RecordCursor(bytes, longest: longest)
        var read: [[UInt8]] = []
        while true {
            let step = try cursor.next()
            guard case .payload(let payload) = step else { return (read, step, cursor.used) }
            read.append(Array(payload))
        }
    }

    @Test func recordsAreReadAsTheyWereWritten() throws {
        let (read, last, used) = try all(file)
        #expect(read == payloads)
        #expect(last == .end)
        #expect(used == file.count)
    }

    @Test func aFileCutAnywhereGivesItsWholeRecordsAndWaitsAtTheirEnd() throws {
        let ends = [0, 16, 33, 349]
        for length in 0..<file.count {
            let (read, last, used) = try all(Array(file[..<length]))
            let whole = ends.lastIndex { $0 <= length } ?? 0
            #expect(read == Array(payloads.prefix(whole)))
            #expect(last == .end)
            #expect(used == ends[whole])
        }
    }

    @Test func aDamagedPayloadIsPassedOverAndADamagedLengthStops() throws {
        var bytes = file
        bytes[28] ^= 1
        var cursor = RecordCursor(bytes, start: 1000)
        _ = try cursor.next()
        #expect(try cursor.next() == .damaged(.badPayload(offset: 1016)))
        #expect(try cursor.next() == .payload(ArraySlice(payloads[2])))
        bytes[16] ^= 1
        cursor = RecordCursor(bytes, start: 1000)
        _ = try cursor.next()
        for _ in 0..<2 { #expect(throws: RecordProblem.badLength(offset: 1016)) { try cursor.next() } }
        #expect(cursor.used == 16)
    }

    @Test func aLongRecordIsAnnouncedAndNotLookedAt() throws {
        let (read, last, used) = try all(file, longest: 299)
        #expect(read.count == 2)
        #expect(last == .tooLong(rest: 304))
        #expect(used == 33 + RecordFraming.headerSize)
    }

    /// A correct checksum does not make a length true: nothing is allocated or added for it.
    @Test(arguments: [UInt64.max, UInt64.max - 3, UInt64(Int.max), 1 << 62, 1 << 32])
    func aLengthBeyondEverythingIsWaitedFor(length: UInt64) throws {
        let prefix = (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * UInt64($0))) }
        let checksum = MaskedCRC32C.checksum(prefix)
        let bytes = prefix + (0..<4).map { UInt8(truncatingIfNeeded: checksum >> (8 * UInt32($0))) } + [1, 2, 3, 4, 5]
        let step = try all(bytes).last
        let beyond = length > UInt64(Int.max)
        #expect(step == (beyond ? .tooLong(rest: .max) : .end))
    }

    @Test func noFlippedBitGoesUnnoticed() throws {
        for position in 0..<file.count * 8 {
            var bytes = file
            bytes[position / 8] ^= 1 << UInt8(position % 8)
            let read = (try? all(bytes).read) ?? []
            #expect(read.count < payloads.count, "bit \(position)")
        }
    }
}

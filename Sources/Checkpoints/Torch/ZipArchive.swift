import Files

/// The container of `torch.save`: a zip archive whose members are stored as they are, in a file or in a part of one.
///
/// Torch leaves sizes and checksums of local headers zero and pads their extra fields to align the data, so sizes come
/// from the directory at the end and positions from the local headers. Zip64 records are there even in tiny files. There
/// is no comment at the end. Nothing else is accepted: no compression, no encryption, no second disk, no member twice, no
/// overlap. Source: APPNOTE.TXT 6.3.10 (PKWARE), torch `serialization.py` and `caffe2/serialize` 2.4 to 2.13.
struct ZipArchive: Sendable {
    struct Member: Hashable, Sendable {
        let name: String
        /// Bytes.
        let size: Int
        /// Of its local header, from the beginning of the file.
        fileprivate let header: Int64
        fileprivate let nameBytes: Int
        /// Where the next member, or the directory, begins.
        fileprivate var end: Int64
    }

    let members: [String: Member]
    private let file: FileReader

    /// Reads the directory: three to four reads at the end of the range, of 98 bytes and the directory.
    ///
    /// - Parameter range: where in the file the archive lies; all of it without one.
    init(_ file: FileReader, in range: Range<Int64>? = nil) throws(CheckpointError) {
        self.file = file
        let range = range ?? 0..<file.identity.size
        let ending = try ZipEnding(file, in: range)
        let bytes = try file.bytes(count: Int(ending.directory.count), at: ending.directory.lowerBound)
        do {
            members = try ZipDirectory(
                fields: ByteFields(bytes: bytes), start: range.lowerBound, end: ending.directory.lowerBound
            ).members(count: ending.count)
        } catch { throw .archive(file: file.path, .badZip(error)) }
    }

    /// Where in the file a member's bytes lie. Reads its local header (30 bytes).
    func range(of member: Member) throws(CheckpointError) -> Range<Int64> {
        let fields = ByteFields(bytes: try file.bytes(count: 30, at: member.header))
        let start = member.header + 30 + Int64(fields.u16(26)) + Int64(fields.u16(28))
        guard fields.has(0x0403_4B50, at: 0), fields.u16(8) == 0, fields.u16(26) == member.nameBytes else {
            throw .archive(file: file.path, .badZip(.localHeader(member: member.name)))
        }
        guard start + Int64(member.size) <= member.end else {
            throw .archive(file: file.path, .badZip(.overlap(member: member.name)))
        }
        return start..<start + Int64(member.size)
    }

    /// A small member in full. `limit` bounds what is read.
    func bytes(of member: Member, limit: Int) throws(CheckpointError) -> [UInt8] {
        try file.bytes(count: min(member.size, limit), at: range(of: member).lowerBound)
    }
}

/// The records at the end of a zip archive.
private struct ZipEnding {
    let directory: Range<Int64>
    let count: Int

    /// The classic end record, the zip64 locator and the zip64 end record, as far as they are there.
    private static let length: Int64 = 22 + 20 + 56

    init(_ file: FileReader, in range: Range<Int64>) throws(CheckpointError) {
        let read = min(Self.length, Int64(range.count))
        let tailStart = range.upperBound - read
        let tail = ByteFields(bytes: try file.bytes(count: Int(read), at: tailStart))
        let end = tail.bytes.count - 22
        guard tail.has(0x0605_4B50, at: end), tail.u16(end + 20) == 0 else {
            throw .archive(file: file.path, try Self.problem(of: file, in: range))
        }
        do {
            (directory, count) = try Self.directory(tail, end, range, tailStart)
        } catch { throw .archive(file: file.path, .badZip(error)) }
    }

    private static func problem(of file: FileReader, in range: Range<Int64>) throws(CheckpointError) -> TorchProblem {
        // Protocol 2, then the magic number of the old form as a LONG1.
        let old: [UInt8] = [0x80, 0x02, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]
        let isOld =
            range.count >= old.count ? try file.bytes(count: old.count, at: range.lowerBound) == old : false
        return isOld ? .beforeZip : .noEndRecord(size: Int64(range.count))
    }

    /// - Parameter tailStart: where in the file the tail begins.
    private static func directory(
        _ tail: ByteFields, _ end: Int, _ range: Range<Int64>, _ tailStart: Int64
    ) throws(ZipProblem) -> (Range<Int64>, Int) {
        var (count, size, offset) = (UInt64(tail.u16(end + 10)), tail.u32(end + 12), tail.u32(end + 16))
        guard tail.u16(end + 4) == 0, tail.u16(end + 6) == 0, tail.u16(end + 8) == tail.u16(end + 10) else {
            throw .severalDisks
        }
        var directoryEnd = tailStart + Int64(end)
        let (locator, large) = (end - 20, end - 76)
        if tail.has(0x0706_4B50, at: locator) {
            directoryEnd = tailStart + Int64(large)
            guard tail.has(0x0606_4B50, at: large), tail.u32(locator + 4) == 0, tail.u32(locator + 16) <= 1,
                tail.u64(locator + 8) == UInt64(directoryEnd - range.lowerBound), tail.u64(large + 4) == 44
            else { throw .directoryOutOfPlace }
            guard tail.u32(large + 16) == 0, tail.u32(large + 20) == 0, tail.u64(large + 24) == tail.u64(large + 32)
            else { throw .severalDisks }
            let wide = (count: tail.u64(large + 32), size: tail.u64(large + 40), offset: tail.u64(large + 48))
            guard count == 0xFFFF || count == wide.count, size == 0xFFFF_FFFF || size == wide.size,
                offset == 0xFFFF_FFFF || offset == wide.offset
            else { throw .endsDisagree }
            (count, size, offset) = wide
        }
        guard size <= UInt64(TorchLimits.directoryBytes) else { throw .directoryTooLarge(bytes: size) }
        guard count <= UInt64(TorchLimits.members) else { throw .tooManyMembers(count) }
        guard offset <= UInt64(range.count), Int64(offset) + Int64(size) == directoryEnd - range.lowerBound else {
            throw .directoryOutOfPlace
        }
        return (directoryEnd - Int64(size)..<directoryEnd, Int(count))
    }
}

/// The central directory.
private struct ZipDirectory {
    let fields: ByteFields
    /// Of the archive, in the file.
    let start: Int64
    /// Of the members: where the directory begins.
    let end: Int64

    func members(count: Int) throws(ZipProblem) -> [String: ZipArchive.Member] {
        var list: [ZipArchive.Member] = []
        var position = 0
        for number in 0..<count {
            let (member, next) = try entry(number, at: position)
            list.append(member)
            position = next
        }
        guard position == fields.bytes.count else { throw .directoryOutOfPlace }
        list.sort { $0.header < $1.header }
        var members: [String: ZipArchive.Member] = [:]
        for index in list.indices {
            list[index].end = index + 1 < list.count ? list[index + 1].header : end
            let member = list[index]
            let least = member.header + 30 + Int64(member.nameBytes)
            guard least <= member.end, Int64(member.size) <= member.end - least else {
                throw .overlap(member: member.name)
            }
            guard members.updateValue(member, forKey: member.name) == nil else {
                throw .duplicateMember(member.name)
            }
        }
        return members
    }

    private func entry(_ number: Int, at position: Int) throws(ZipProblem) -> (ZipArchive.Member, next: Int) {
        guard fields.bytes.count - position >= 46, fields.has(0x0201_4B50, at: position) else {
            throw .directoryDamaged(member: number)
        }
        let (nameBytes, extraBytes) = (fields.u16(position + 28), fields.u16(position + 30))
        let next = position + 46 + nameBytes + extraBytes + fields.u16(position + 32)
        guard next <= fields.bytes.count,
            let name = String(validating: fields.bytes[position + 46..<position + 46 + nameBytes], as: UTF8.self)
        else { throw .directoryDamaged(member: number) }
        guard fields.u16(position + 8) & 1 == 0 else { throw .encrypted(member: name) }
        guard fields.u16(position + 10) == 0 else { throw .compressed(member: name) }
        var wide = WideFields(fields, position + 46 + nameBytes, extraBytes)
        guard let size = wide.value(fields.u32(position + 24)), let stored = wide.value(fields.u32(position + 20)),
            let offset = wide.value(fields.u32(position + 42)), size == stored
        else { throw .directoryDamaged(member: number) }
        // Both lie before the directory, so that neither sum below can overflow.
        guard size <= UInt64(end - start), offset <= UInt64(end - start) else { throw .overlap(member: name) }
        let member = ZipArchive.Member(
            name: name, size: Int(size), header: start + Int64(offset), nameBytes: nameBytes, end: end)
        return (member, next)
    }
}

/// The extra field 0x0001: 8 bytes for each number that the entry has no room for, in the order of the entry.
private struct WideFields {
    private let fields: ByteFields
    private var rest: Range<Int>?

    init(_ fields: ByteFields, _ start: Int, _ count: Int) {
        self.fields = fields
        var position = start
        while position + 4 <= start + count {
            let length = fields.u16(position + 2)
            guard position + 4 + length <= start + count else { return }
            if fields.u16(position) == 1 {
                rest = position + 4..<position + 4 + length
                return
            }
            position += 4 + length
        }
    }

    /// Nil where a number is said to be here and is not.
    mutating func value(_ narrow: UInt64) -> UInt64? {
        guard narrow == 0xFFFF_FFFF else { return narrow }
        guard let range = rest, range.count >= 8 else { return nil }
        rest = range.lowerBound + 8..<range.upperBound
        return fields.u64(range.lowerBound)
    }
}

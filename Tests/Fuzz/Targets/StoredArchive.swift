/// The container that `torch.save` writes, as small as it can be: a zip archive of members that are stored as they are.
enum StoredArchive {
    /// A pickle with eight storages of 64 bytes each, which it may refer to by the keys "0" to "7".
    static func around(pickle: [UInt8]) -> [UInt8] {
        let storages = (0..<8).map { ("a/data/\($0)", [UInt8](repeating: 0, count: 64)) }
        return of([("a/data.pkl", pickle)] + storages)
    }

    static func of(_ members: [(name: String, bytes: [UInt8])]) -> [UInt8] {
        var file: [UInt8] = []
        var directory: [UInt8] = []
        for (name, bytes) in members {
            let offset = file.count
            let sizes = number(bytes.count, 4) + number(bytes.count, 4) + number(name.utf8.count, 2) + number(0, 2)
            // Version, flags, method, time, date and checksum are zero, as far as anybody reads them.
            let common = number(0, 2) + number(0, 2) + number(0, 4) + number(0, 4) + sizes
            file += Array("PK\u{3}\u{4}".utf8) + number(20, 2) + common + Array(name.utf8) + bytes
            directory += Array("PK\u{1}\u{2}".utf8) + number(20, 2) + number(20, 2) + common + number(0, 10)
            directory += number(offset, 4) + Array(name.utf8)
        }
        let count = number(members.count, 2)
        return file + directory + Array("PK\u{5}\u{6}".utf8) + number(0, 4) + count + count
            + number(directory.count, 4) + number(file.count, 4) + number(0, 2)
    }

    private static func number(_ value: Int, _ bytes: Int) -> [UInt8] {
        (0..<bytes).map { $0 < 8 ? UInt8(truncatingIfNeeded: value >> (8 * $0)) : 0 }
    }
}

import Files
import Synchronization

/// One folder that holds one or two files in memory, behind the calls that readers make. Whoever asks for a byte outside
/// a file, or for a path outside the folder, ends the process: that is what a fuzzer looks for.
final class FileInMemory: Sendable {
    static let folder = "/fuzz"
    private let files: [String: [UInt8]]
    private let open = Mutex<[Int32: String]>([:])

    init(_ files: [String: [UInt8]]) { self.files = files }

    var calls: FileSystemCalls {
        var calls = FileSystemCalls.system
        calls.open = { (path, _, _) throws(SystemCallFailure) in
            guard self.content(at: path) != nil else { throw SystemCallFailure(2) }
            return self.open.withLock { open in
                let number = (open.keys.max() ?? 1000) + 1
                open[number] = path
                return number
            }
        }
        calls.close = { (descriptor) throws(SystemCallFailure) in self.open.withLock { $0[descriptor] = nil } }
        calls.statusOfDescriptor = { (descriptor) throws(SystemCallFailure) in
            try self.status(at: self.open.withLock { $0[descriptor] } ?? "")
        }
        calls.statusFollowingLinks = { (path) throws(SystemCallFailure) in try self.status(at: path) }
        calls.statusOfLink = { (path) throws(SystemCallFailure) in try self.status(at: path) }
        calls.list = { (_) throws(SystemCallFailure) in self.files.keys.sorted() }
        calls.dropFromPageCache = { (_, _, _) throws(SystemCallFailure) in }
        calls.read = { (descriptor, room, range, offset) throws(SystemCallFailure) in
            let path = self.open.withLock { $0[descriptor] } ?? ""
            let bytes = self.content(at: path) ?? []
            claim(
                offset >= 0 && range.count <= bytes.count && offset <= bytes.count - range.count,
                "\(range.count) bytes at \(offset) were asked of a file of \(bytes.count).")
            for (place, index) in range.enumerated() {
                room.storeBytes(of: bytes[Int(offset) + place], toByteOffset: index, as: UInt8.self)
            }
            return range.count
        }
        return calls
    }

    private func content(at path: String) -> [UInt8]? {
        guard path != Self.folder else { return nil }
        let name = path.dropFirst(Self.folder.count + 1)
        claim(
            path.hasPrefix(Self.folder + "/") && !name.contains("/") && name != "..",
            "A path outside the folder was asked for: \(path.debugDescription).")
        return files[String(name)]
    }

    private func status(at path: String) throws(SystemCallFailure) -> FileStatus {
        guard let bytes = content(at: path) else { throw SystemCallFailure(2) }
        let identity = FileIdentity(size: Int64(bytes.count), modificationTimeNanoseconds: 1, inode: 1, device: 1)
        return FileStatus(kind: .regular, identity: identity, mode: 0o644, owner: 0)
    }
}

import Glibc

/// An inotify instance: the only code that talks to inotify(7). Closed when the last reference goes away.
///
/// The descriptor never changes and the kernel serialises calls on it, so several threads may use it at once.
final class InotifyQueue: WatchKernel, Sendable {
    let descriptor: Int32

    /// Without IN_MODIFY: a checkpoint of 50 GB would be tens of thousands of events, and its end is told by the close.
    private static let mask =
        UInt32(IN_CREATE) | UInt32(IN_DELETE) | UInt32(IN_MOVED_FROM) | UInt32(IN_MOVED_TO) | UInt32(IN_CLOSE_WRITE)
        | UInt32(IN_ATTRIB) | UInt32(IN_DELETE_SELF) | UInt32(IN_MOVE_SELF) | UInt32(IN_ONLYDIR)
        | UInt32(IN_EXCL_UNLINK)

    /// - Throws: EMFILE where this user has `fs.inotify.max_user_instances` already.
    init() throws(SystemFailure) {
        let number = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
        guard number >= 0 else { throw SystemFailure(number: errno) }
        descriptor = number
    }

    deinit { close(descriptor) }

    func watch(_ path: String, followingLinks: Bool) throws(SystemFailure) -> WatchNumber {
        let mask = Self.mask | (followingLinks ? 0 : UInt32(IN_DONT_FOLLOW))
        let number = unsafe inotify_add_watch(descriptor, path, mask)
        guard number >= 0 else { throw SystemFailure(number: errno) }
        return number
    }

    func unwatch(_ number: WatchNumber) {
        // EINVAL: the kernel ended the watch first, because the folder is gone.
        _ = inotify_rm_watch(descriptor, number)
    }

    func contents(of path: String) throws(SystemFailure) -> [FolderEntry] { try FolderListing.entries(of: path) }

    /// All events that wait now, without blocking, but at most about a megabyte of them: a storm must not hold the
    /// caller for ever.
    func readEvents() throws(SystemFailure) -> [KernelEvent] {
        var events: [KernelEvent] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        for _ in 0..<16 {
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EAGAIN { break }
                if errno == EINTR { continue }
                throw SystemFailure(number: errno)
            }
            events += InotifyQueue.events(in: buffer[..<count])
        }
        return events
    }

    /// Takes the kernel's records apart: watch, mask, cookie and length of the name, 4 bytes each in this machine's
    /// order, then the name, padded with NUL.
    static func events(in bytes: ArraySlice<UInt8>) -> [KernelEvent] {
        var events: [KernelEvent] = []
        var rest = bytes
        while rest.count >= 16 {
            let word = { (index: Int) -> UInt32 in
                let start = rest.startIndex + 4 * index
                return rest[start..<start + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
            }
            let (watch, mask, length) = (Int32(bitPattern: word(0)), word(1), Int(word(3)))
            let name = rest.dropFirst(16).prefix(length).prefix { $0 != 0 }
            if let kind = kind(of: mask) {
                events.append(
                    KernelEvent(
                        watch: watch, kind: kind, isFolder: mask & UInt32(IN_ISDIR) != 0,
                        name: String(decoding: name, as: UTF8.self)))
            }
            rest = rest.dropFirst(16 + length)
        }
        return events
    }

    private static func kind(of mask: UInt32) -> KernelEvent.Kind? {
        let has = { (bits: UInt32) in mask & bits != 0 }
        if has(UInt32(IN_Q_OVERFLOW)) { return .lost }
        if has(UInt32(IN_IGNORED)) { return .ended }
        if has(UInt32(IN_DELETE_SELF) | UInt32(IN_MOVE_SELF) | UInt32(IN_UNMOUNT)) { return .folderGone }
        if has(UInt32(IN_CREATE) | UInt32(IN_MOVED_TO)) { return .appeared }
        if has(UInt32(IN_DELETE) | UInt32(IN_MOVED_FROM)) { return .disappeared }
        if has(UInt32(IN_CLOSE_WRITE) | UInt32(IN_ATTRIB)) { return .touched }
        return nil
    }
}

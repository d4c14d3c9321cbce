import CLinux
import Glibc
import Synchronization

/// A Unix socket that accepts connections: one that we bind, or one that systemd hands over.
///
/// Connections wait in the kernel's queue from the first moment on, so that nobody is refused before the server runs.
public final class ListeningSocket: Sendable {
    /// For messages: the path, or which descriptor was inherited.
    public let name: String
    /// The path that we made, with the file that we put there; nil for an inherited socket.
    private let ownFile: OwnFile?
    /// The descriptor until the server has taken it over.
    private let descriptor: Mutex<Int32?>

    private struct OwnFile {
        let path: String
        let facts: SocketCalls.FileFacts
    }

    private init(name: String, descriptor: Int32, ownFile: OwnFile?) {
        self.name = name
        self.ownFile = ownFile
        self.descriptor = Mutex(descriptor)
    }

    deinit {
        if let open = takeDescriptor() { close(open) }
    }

    /// The descriptor, once; whoever takes it closes it.
    func takeDescriptor() -> Int32? {
        descriptor.withLock { held in
            defer { held = nil }
            return held
        }
    }

    /// Removes the file that `bind` made, unless something else is at its path by now. An inherited socket's file
    /// belongs to whoever handed it over.
    public func removeFile() throws(ListenerError) {
        guard let ownFile else { return }
        let lock = try FolderLock(folder: Self.folder(of: ownFile.path), for: ownFile.path)
        if try SocketCalls.facts(of: ownFile.path)?.isSameFile(as: ownFile.facts) == true {
            try SocketCalls.remove(ownFile.path)
        }
        _ = consume lock
    }
}

extension ListeningSocket {
    /// Adopts a listening socket that another process made, such as systemd.
    ///
    /// - Throws: `ListenerError.notAListener`
    public static func adopt(descriptor: Int32) throws(ListenerError) -> ListeningSocket {
        guard let kind = SocketCalls.option(SO_TYPE, of: descriptor) else {
            throw .notAListener(descriptor: descriptor, why: "it is not an open socket")
        }
        guard SocketCalls.option(SO_DOMAIN, of: descriptor) == AF_UNIX, kind == Int32(SOCK_STREAM.rawValue) else {
            throw .notAListener(descriptor: descriptor, why: "it is not a Unix stream socket")
        }
        guard SocketCalls.option(SO_ACCEPTCONN, of: descriptor) == 1 else {
            throw .notAListener(descriptor: descriptor, why: "it does not listen")
        }
        guard SocketCalls.setCloseOnExec(descriptor) else {
            throw .call("fcntl", subject: "descriptor \(descriptor)", number: errno)
        }
        return ListeningSocket(name: "inherited descriptor \(descriptor)", descriptor: descriptor, ownFile: nil)
    }

    /// Makes a socket file with exactly the permissions `mode` and, when `group` is given, that group.
    ///
    /// The file is born with permissions for its owner alone and is widened before the socket listens, so that there
    /// is no moment at which more may connect than should. A socket that nobody answers on (its daemon was killed) is
    /// replaced; anything else at `path` stays. One missing folder is made, with permissions 0755.
    ///
    /// - Parameter group: name or number; nil leaves the process's group.
    /// - Throws: every case of `ListenerError` but `.notAListener`.
    public static func bind(path: String, mode: UInt32, group: String?) throws(ListenerError) -> ListeningSocket {
        try SocketAddress.check(path)
        let owner = try group.map { name throws(ListenerError) in
            guard let number = SocketCalls.group(named: name) else {
                throw .groupUnknown(path: path, group: name)
            }
            return number
        }
        let folder = folder(of: path)
        guard try SocketCalls.makeFolder(folder) else { throw .folderMissing(path: path, folder: folder) }
        let lock = try FolderLock(folder: folder, for: path)
        try removeStaleSocket(at: path)
        let listener = try make(path: path, mode: mode, group: owner)
        _ = consume lock
        return listener
    }

    private static func make(path: String, mode: UInt32, group: UInt32?) throws(ListenerError) -> ListeningSocket {
        let descriptor = try SocketCalls.stream(subject: path)
        do throws(ListenerError) {
            try SocketCalls.bind(descriptor, to: path, mode: 0o600)
            if let group { try SocketCalls.setGroup(of: path, to: group) }
            try SocketCalls.setMode(of: path, to: mode)
            guard let facts = try SocketCalls.facts(of: path), facts.isSocket else {
                throw .occupied(path: path, by: "something that just replaced the new socket")
            }
            try SocketCalls.listen(descriptor, subject: path)
            return ListeningSocket(name: path, descriptor: descriptor, ownFile: OwnFile(path: path, facts: facts))
        } catch {
            close(descriptor)
            throw error
        }
    }

    /// Leaves `path` free, or throws.
    private static func removeStaleSocket(at path: String) throws(ListenerError) {
        guard let facts = try SocketCalls.facts(of: path) else { return }
        guard facts.isSocket else { throw .occupied(path: path, by: facts.kind) }
        let probe = try SocketCalls.stream(subject: path)
        defer { close(probe) }
        guard SocketCalls.setNonBlocking(probe) else { throw .call("fcntl", subject: path, number: errno) }
        switch SocketCalls.connect(probe, to: path) {
        case ECONNREFUSED: try SocketCalls.remove(path)
        case ENOENT: return
        case 0: throw .alreadyServed(path: path, process: Peer.credentials(of: probe)?.process)
        case EAGAIN: throw .alreadyServed(path: path, process: nil)
        case EPROTOTYPE: throw .occupied(path: path, by: "a socket of another kind")
        case let number: throw .call("connect", subject: path, number: number)
        }
    }

    private static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}

extension SocketCalls.FileFacts {
    func isSameFile(as other: Self) -> Bool { device == other.device && inode == other.inode }
}

import CLinux
import Glibc

/// The system calls on Unix sockets and their files, each returning or throwing an `errno`. A descriptor is a plain
/// number here; `ListeningSocket` and `UnixConnection` own them.
enum SocketCalls {
    /// What `lstat` says of a path.
    struct FileFacts: Hashable, Sendable {
        let device: UInt64
        let inode: UInt64
        let mode: UInt32
        let group: UInt32

        var isSocket: Bool { mode & S_IFMT == S_IFSOCK }

        var kind: String {
            switch mode & S_IFMT {
            case S_IFREG: "a file"
            case S_IFDIR: "a folder"
            case S_IFLNK: "a symbolic link"
            case S_IFSOCK: "a socket"
            default: "something that is not a socket"
            }
        }
    }

    /// A new stream socket, closed on exec.
    static func stream(subject: String) throws(ListenerError) -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw .call("socket", subject: subject, number: errno) }
        return descriptor
    }

    /// Nil when nothing is there.
    static func facts(of path: String) throws(ListenerError) -> FileFacts? {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else {
            if errno == ENOENT { return nil }
            throw .call("lstat", subject: path, number: errno)
        }
        return FileFacts(
            device: UInt64(status.st_dev), inode: UInt64(status.st_ino), mode: status.st_mode, group: status.st_gid)
    }

    /// Creates the socket's file with the permissions `mode`, whatever the umask allows less.
    ///
    /// On Linux the file of a bound socket takes its permissions from the socket's own, which `fchmod` sets before
    /// (net/unix/af_unix.c, unix_bind_bsd); the umask of other threads is left alone.
    static func bind(_ descriptor: Int32, to path: String, mode: UInt32) throws(ListenerError) {
        guard fchmod(descriptor, mode) == 0 else { throw .call("fchmod", subject: path, number: errno) }
        let result = unsafe SocketAddress.with(path) { unsafe Glibc.bind(descriptor, $0, $1) }
        guard result == 0 else { throw .call("bind", subject: path, number: errno) }
    }

    static func setGroup(of path: String, to group: UInt32) throws(ListenerError) {
        guard unsafe lchown(path, uid_t.max, group) == 0 else {
            if errno == EPERM { throw .groupNotPermitted(path: path, group: String(group)) }
            throw .call("lchown", subject: path, number: errno)
        }
    }

    static func setMode(of path: String, to mode: UInt32) throws(ListenerError) {
        guard unsafe chmod(path, mode) == 0 else { throw .call("chmod", subject: path, number: errno) }
    }

    /// As many may wait as are served at a time; the kernel's own bound is net.core.somaxconn, 4096 unless changed.
    static func listen(_ descriptor: Int32, subject: String) throws(ListenerError) {
        guard Glibc.listen(descriptor, Int32(ServerLimits().connections)) == 0 else {
            throw .call("listen", subject: subject, number: errno)
        }
    }

    /// 0 or the `errno`.
    static func connect(_ descriptor: Int32, to path: String) -> Int32 {
        while true {
            let result = unsafe SocketAddress.with(path) { unsafe Glibc.connect(descriptor, $0, $1) }
            if result == 0 { return 0 }
            if errno != EINTR { return errno }
        }
    }

    static func remove(_ path: String) throws(ListenerError) {
        guard unsafe unlink(path) == 0 || errno == ENOENT else {
            throw .call("unlink", subject: path, number: errno)
        }
    }

    /// True when it was made or is there already; false when its own parent is missing.
    static func makeFolder(_ path: String) throws(ListenerError) -> Bool {
        if unsafe mkdir(path, 0o755) == 0 || errno == EEXIST { return true }
        if errno == ENOENT { return false }
        throw .call("mkdir", subject: path, number: errno)
    }

    static func setNonBlocking(_ descriptor: Int32) -> Bool {
        let flags = fcntl(descriptor, F_GETFL)
        return flags >= 0 && fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0
    }

    static func setCloseOnExec(_ descriptor: Int32) -> Bool { fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 }

    /// An integer option at the socket level, or nil when `descriptor` is no socket.
    static func option(_ name: Int32, of descriptor: Int32) -> Int32? {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        let result = unsafe getsockopt(descriptor, SOL_SOCKET, name, &value, &length)
        return result == 0 ? value : nil
    }

    /// The group's number: `name` itself when it is a number, else as the system knows it.
    static func group(named name: String) -> UInt32? {
        if let number = UInt32(name) { return number }
        var size = 4096
        while size <= 1 << 20 {
            var entry = unsafe Glibc.group()
            var found: UnsafeMutablePointer<Glibc.group>?
            var buffer = [CChar](repeating: 0, count: size)
            let result = unsafe getgrnam_r(name, &entry, &buffer, buffer.count, &found)
            if result != ERANGE { return unsafe found == nil ? nil : entry.gr_gid }
            size *= 4
        }
        return nil
    }
}

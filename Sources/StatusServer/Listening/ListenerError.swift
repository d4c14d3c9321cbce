import Glibc

/// Why there is no socket to serve on.
public enum ListenerError: Error, Hashable, Sendable, CustomStringConvertible {
    case pathTooLong(path: String, bytes: Int)
    case pathInvalid(path: String, why: String)
    case folderMissing(path: String, folder: String)
    case occupied(path: String, by: String)
    case alreadyServed(path: String, process: Int32?)
    case folderLocked(path: String, folder: String)
    case groupUnknown(path: String, group: String)
    case groupNotPermitted(path: String, group: String)
    case notAListener(descriptor: Int32, why: String)
    case call(String, subject: String, number: Int32)

    public var description: String {
        switch self {
        case .pathTooLong(let path, let bytes):
            "cannot listen on \(path): the path has \(bytes) bytes (a Unix socket's path has at most "
                + "\(SocketAddress.maximumPathBytes)); choose a shorter socket.path"
        case .pathInvalid(let path, let why):
            "cannot listen on \"\(path)\": \(why); choose another socket.path"
        case .folderMissing(let path, let folder):
            "cannot listen on \(path): the folder \(folder) does not exist; create it or choose another socket.path"
        case .occupied(let path, let what):
            "cannot listen on \(path): \(what) is in the way; move it or choose another socket.path"
        case .alreadyServed(let path, let process):
            "cannot listen on \(path): \(process.map { "process \($0)" } ?? "another process") already answers on it; "
                + "stop it or choose another socket.path"
        case .folderLocked(let path, let folder):
            "cannot listen on \(path): another process holds a lock on \(folder); try again, or end that process"
        case .groupUnknown(let path, let group):
            "cannot give \(path) to the group \"\(group)\": there is no such group; create it or change socket.group"
        case .groupNotPermitted(let path, let group):
            "cannot give \(path) to the group \(group): the daemon's user is no member of it; add it to the group, or "
                + "change socket.group"
        case .notAListener(let descriptor, let why):
            "cannot listen on the inherited descriptor \(descriptor): \(why); hand over one listening Unix stream socket"
        case .call(let call, let subject, let number):
            "\(call) failed for \(subject): \(ErrorNumber.words(number)); \(ErrorNumber.remedy(number))"
        }
    }

    /// Whether permissions are the reason, for an exit status.
    public var isPermission: Bool {
        switch self {
        case .groupNotPermitted: true
        case .call(_, _, let number): number == EACCES || number == EPERM
        default: false
        }
    }
}

/// What an `errno` means for a person.
enum ErrorNumber {
    static func words(_ number: Int32) -> String { unsafe String(cString: strerror(number)) }

    static func remedy(_ number: Int32) -> String {
        switch number {
        case EACCES, EPERM: "check the permissions of the socket and its folder"
        case ENOENT: "check that the daemon runs and that the path is right"
        case ECONNREFUSED: "start the daemon"
        case EMFILE, ENFILE: "raise the limit of open files"
        case EROFS: "choose a path on a file system that can be written"
        default: "check the path"
        }
    }
}

import Glibc

/// Names for the errno values that this program tells apart.
enum ErrorNumber {
    static let interrupted = EINTR
    static let exists = EEXIST
    static let inputOutput = EIO
    static let wouldBlock = EWOULDBLOCK
    static let invalid = EINVAL
    static let vanished: Set<Int32> = [ENOENT, ENOTDIR]
    /// Of an open file on a network: its server has removed it. Of a path: the server has lost its way for a moment.
    static let stale = ESTALE
    static let permission: Set<Int32> = [EACCES, EPERM]
    static let full: Set<Int32> = [ENOSPC, EDQUOT]
    static let cannotRenameWithoutReplacing: Set<Int32> = [EINVAL, ENOSYS, ENOTSUP]

    /// The C library's words, `No such file or directory`.
    static func words(_ number: Int32) -> String {
        var room = [CChar](repeating: 0, count: 256)
        guard unsafe strerror_r(number, &room, room.count) == 0 else { return "error \(number)" }
        return String(decoding: room.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// What went wrong with a file. `description` is one line: what failed: why; what to do.
public enum FileError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was being done, in words that fit after "cannot".
    public enum Operation: String, Hashable, Sendable {
        case open, read, write, rename, remove, list
        case flush = "flush to disk"
        case status = "look at"
        case makeDirectory = "make the folder"
        case makeLink = "make the symbolic link"
        case readLink = "read the symbolic link"
        case setMode = "set the permissions of"
        case measure = "measure the free space at"
        case resolve = "resolve the path"
    }

    /// A system call failed with this errno.
    case failed(Operation, path: String, number: Int32)
    /// EACCES on a file whose owner and mode could be read.
    case noPermission(Operation, path: String, owner: UInt32, mode: UInt32)
    /// The file ended before the bytes that were asked for.
    case truncated(path: String, offset: Int64, wanted: Int, got: Int)
    /// Something is there where nothing may be replaced.
    case alreadyExists(path: String)
    /// A file, folder or link was needed and something else is there.
    case wrongKind(path: String, got: FileStatus.Kind, expected: FileStatus.Kind)
    /// A name that would leave the folder it is used in: empty, `.`, `..`, or with a slash or a NUL.
    case unsafeName(String, folder: String)

    public var path: String {
        switch self {
        case .failed(_, let path, _), .noPermission(_, let path, _, _), .truncated(let path, _, _, _),
            .alreadyExists(let path), .wrongKind(let path, _, _):
            path
        case .unsafeName(let name, let folder): "\(folder)/\(name)"
        }
    }

    /// The file went away: a trainer's rotation, not a fault.
    public var isVanished: Bool {
        if case .failed(.read, _, ErrorNumber.stale) = self { return true }
        return number.map(ErrorNumber.vanished.contains) ?? false
    }

    /// The file server does not know the file any more, or not yet again.
    public var isStale: Bool { number == ErrorNumber.stale }

    public var isPermission: Bool {
        if case .noPermission = self { return true }
        return number.map(ErrorNumber.permission.contains) ?? false
    }

    /// No space or quota left.
    public var isFull: Bool { number.map(ErrorNumber.full.contains) ?? false }

    /// A system call failed, and may not the next time. What was found in the way stays there.
    public var mayPass: Bool {
        switch self {
        case .failed, .noPermission, .truncated: true
        case .alreadyExists, .wrongKind, .unsafeName: false
        }
    }

    private var number: Int32? {
        if case .failed(_, _, let number) = self { return number }
        return nil
    }

    public var description: String {
        switch self {
        case .failed(let operation, let path, let number):
            "cannot \(operation.rawValue) \(path): \(ErrorNumber.words(number)); \(remedy)"
        case .noPermission(let operation, let path, let owner, let mode):
            "cannot \(operation.rawValue) \(path): permission denied (owner uid \(owner), mode 0\(String(mode, radix: 8))); "
                + remedy
        case .truncated(let path, let offset, let wanted, let got):
            "cannot read \(path): it ends early (wanted \(wanted) bytes at offset \(offset), got \(got)); " + remedy
        case .alreadyExists(let path): "cannot publish \(path): something is there already; \(remedy)"
        case .wrongKind(let path, let got, let expected):
            "cannot use \(path): it is \(got.rawValue), expected \(expected.rawValue); \(remedy)"
        case .unsafeName(let name, let folder):
            "refused the file name \(name.debugDescription) in \(folder): it does not name a file of that folder; \(remedy)"
        }
    }

    private var remedy: String {
        switch self {
        case .truncated: "wait until its writer has finished, or write it again"
        case .alreadyExists, .wrongKind: "move it away or choose another place"
        case .unsafeName: "correct the file that contains this name"
        case .noPermission: "run as the user that owns it, or let that user's group read it"
        case .failed(_, _, let number): Self.remedy(for: number)
        }
    }

    private static func remedy(for number: Int32) -> String {
        switch number {
        case _ where ErrorNumber.vanished.contains(number):
            "check the path; if a trainer removed it there is nothing to do"
        case _ where ErrorNumber.permission.contains(number): "run as the user that owns it, or change its permissions"
        case _ where ErrorNumber.full.contains(number): "free space there or choose a directory on another disk"
        case EROFS: "choose a directory that can be written to"
        case EMFILE, ENFILE: "raise the limit of open files (ulimit -n, LimitNOFILE=)"
        case ErrorNumber.stale: "wait for the file server; if a trainer removed the file there is nothing to do"
        case EIO: "check the disk (dmesg) and try again"
        default: "try again, and check the file system if it stays"
        }
    }
}

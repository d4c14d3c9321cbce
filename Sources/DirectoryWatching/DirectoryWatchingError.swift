import Glibc

/// Why a folder cannot be waited for at all. What merely makes it slower is a limitation of the watcher, not an error.
public enum DirectoryWatchingError: Error, Equatable, Sendable, CustomStringConvertible {
    case cannotMakeWakePipe(number: Int32)
    case cannotWait(number: Int32)
    case relativeRoot(path: String)

    public var description: String {
        switch self {
        case .cannotMakeWakePipe(let number):
            "cannot watch a folder: no pipe for waking up: \(ErrorWords.text(number)); raise the limit of open files "
                + "(LimitNOFILE, ulimit -n)"
        case .cannotWait(let number):
            "cannot wait for changes: poll failed: \(ErrorWords.text(number)); restart the daemon"
        case .relativeRoot(let path):
            "cannot watch \(path): it is relative, and the process's directory may change; give an absolute path"
        }
    }
}

/// The C library's words for an errno.
enum ErrorWords {
    static func text(_ number: Int32) -> String {
        var room = [CChar](repeating: 0, count: 256)
        guard unsafe strerror_r(number, &room, room.count) == 0 else { return "error \(number)" }
        return String(decoding: room.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

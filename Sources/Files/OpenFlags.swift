import Glibc

/// The flags of open(2) that this target uses, by purpose.
enum OpenFlags {
    /// A folder that was made here: refuse a link in its place.
    static let folder = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW
    static let newFile = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW
    /// Without waiting for the writer of a pipe or the carrier of a terminal.
    static let reading = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY
}

import Glibc

/// What `stat(2)` says, as far as this program asks.
public struct FileStatus: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable {
        case regular = "a regular file"
        case directory = "a folder"
        case symbolicLink = "a symbolic link"
        case other = "a device, pipe or socket"
    }

    public let kind: Kind
    public let identity: FileIdentity
    /// Permission bits, 0...0o7777.
    public let mode: UInt32
    /// User id of the owner.
    public let owner: UInt32

    public init(kind: Kind, identity: FileIdentity, mode: UInt32, owner: UInt32) {
        self.kind = kind
        self.identity = identity
        self.mode = mode
        self.owner = owner
    }

    init(_ status: stat) {
        kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .regular
            case S_IFDIR: .directory
            case S_IFLNK: .symbolicLink
            default: .other
            }
        identity = FileIdentity(
            size: Int64(status.st_size),
            modificationTimeNanoseconds: Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec),
            inode: UInt64(status.st_ino), device: UInt64(status.st_dev))
        mode = UInt32(status.st_mode) & 0o7777
        owner = status.st_uid
    }
}

/// What tells one version of a file from another without reading it. Two equal identities are the same content
/// for any writer that does not set modification times back; the content hash is the proof.
public struct FileIdentity: Hashable, Sendable, Codable {
    /// Bytes, 0...
    public let size: Int64
    /// Since 1970-01-01 UTC; compare only among files of one server.
    public let modificationTimeNanoseconds: Int64
    public let inode: UInt64
    public let device: UInt64

    public init(size: Int64, modificationTimeNanoseconds: Int64, inode: UInt64, device: UInt64) {
        self.size = size
        self.modificationTimeNanoseconds = modificationTimeNanoseconds
        self.inode = inode
        self.device = device
    }
}

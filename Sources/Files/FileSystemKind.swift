/// Which kind of file system something lies on, by the magic number of `statfs(2)`.
public struct FileSystemKind: Hashable, Sendable, CustomStringConvertible {
    /// `ext4`, `nfs`, ...; the number in hexadecimal where it has no name here.
    public let name: String
    /// Other machines may write to it, inotify does not see what they do, and locks may not reach them.
    public let isNetwork: Bool

    public var description: String { name }

    /// - Parameter magic: `f_type`; only its low 32 bits count, since some kernels sign-extend it.
    public init(magic: Int64) {
        let number = UInt32(truncatingIfNeeded: magic)
        if let known = Self.known[number] {
            (name, isNetwork) = known
        } else {
            (name, isNetwork) = ("0x" + String(number, radix: 16), false)
        }
    }

    /// From linux/magic.h and the sources of the file systems that are not in the kernel tree.
    private static let known: [UInt32: (name: String, isNetwork: Bool)] = [
        0xEF53: ("ext4", false), 0x5846_5342: ("xfs", false), 0x9123_683E: ("btrfs", false),
        0x0102_1994: ("tmpfs", false), 0x8584_58F6: ("ramfs", false), 0x794C_7630: ("overlay", false),
        0x2FC1_2FC1: ("zfs", false), 0xF2F5_2010: ("f2fs", false), 0xCA45_1A4E: ("bcachefs", false),
        0x7371_7368: ("squashfs", false), 0x4D44: ("vfat", false), 0x2011_BAB0: ("exfat", false),
        0x6969: ("nfs", true), 0x0BD0_0BD0: ("lustre", true), 0xFF53_4D42: ("cifs", true), 0xFE53_4D42: ("smb2", true),
        0x00C3_6400: ("ceph", true), 0x4750_4653: ("gpfs", true), 0x1983_0326: ("beegfs", true),
        0x6573_5546: ("fuse", true), 0x0102_1997: ("9p", true), 0x5346_414F: ("afs", true), 0x6B41_4653: ("afs", true),
        0x7461_636F: ("ocfs2", true), 0x0116_1970: ("gfs2", true), 0xAAD7_AAEA: ("panfs", true),
        0x786F_4256: ("vboxsf", true), 0x2BAD_1DEA: ("inotifyfs", false),
    ]
}

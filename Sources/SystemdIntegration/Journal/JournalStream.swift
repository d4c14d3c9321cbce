import Glibc

/// Whether a descriptor goes to the journal: systemd names its device and inode in `$JOURNAL_STREAM`
/// (systemd.exec(5)).
public enum JournalStream {
    public static func isJournal(descriptor: Int32 = STDERR_FILENO, environment: [String: String]) -> Bool {
        guard let text = environment["JOURNAL_STREAM"] else { return false }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let device = UInt64(parts[0]), let inode = UInt64(parts[1]) else { return false }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { return false }
        return UInt64(status.st_dev) == device && UInt64(status.st_ino) == inode
    }
}

import Glibc

/// An exclusive lock on a folder for as long as the value lives (flock(2)): two daemons that start on one socket path
/// at the same moment must not both find it free. Nothing is left behind, also after SIGKILL.
struct FolderLock: ~Copyable {
    private let descriptor: Int32

    /// Waits at most two seconds.
    ///
    /// - Throws: `ListenerError.folderLocked`, `.call`
    init(folder: String, for path: String) throws(ListenerError) {
        let opened = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard opened >= 0 else { throw .call("open", subject: folder, number: errno) }
        var attempts = 0
        while flock(opened, LOCK_EX | LOCK_NB) != 0 {
            let number = errno
            attempts += 1
            guard number == EWOULDBLOCK || number == EINTR, attempts <= 40 else {
                close(opened)
                if number == EWOULDBLOCK { throw .folderLocked(path: path, folder: folder) }
                throw .call("flock", subject: folder, number: number)
            }
            usleep(50_000)
        }
        descriptor = opened
    }

    deinit { close(descriptor) }
}

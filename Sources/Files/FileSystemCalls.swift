/// What a system call failed with: the value of `errno`, always positive.
public struct SystemCallFailure: Error, Hashable, Sendable {
    public let number: Int32

    public init(_ number: Int32) { self.number = number }
}

/// The system calls this program makes on files, as closures, so that a test can fail the n-th one.
///
/// Every closure is one call of the kernel (`list` and `resolve` are one call of the C library), fails with its
/// errno, and knows nothing of retries or partial transfers: what is above it copes with those, where tests can see it.
/// Symbolic links are followed by `open`, `statusFollowingLinks`, `list` and `resolve` only.
public struct FileSystemCalls: Sendable {
    public typealias Call<Argument, Result> = @Sendable (Argument) throws(SystemCallFailure) -> Result
    public typealias Call2<First, Second, Result> = @Sendable (First, Second) throws(SystemCallFailure) -> Result

    /// `open(2)`: path, flags, mode of a file that it creates. Returns a descriptor that the caller closes.
    public var open: @Sendable (String, Int32, UInt32) throws(SystemCallFailure) -> Int32
    public var close: Call<Int32, Void>
    /// `pread(2)`: descriptor, room, which bytes of the room to fill, offset in the file. Returns how many bytes came,
    /// 0 at the end of the file.
    public var read: @Sendable (Int32, inout MutableRawSpan, Range<Int>, Int64) throws(SystemCallFailure) -> Int
    /// `write(2)`: returns how many of the bytes were taken, possibly fewer than offered.
    public var write: @Sendable (Int32, RawSpan) throws(SystemCallFailure) -> Int
    /// `fsync(2)` of a file or a folder.
    public var synchronize: Call<Int32, Void>
    /// `fchmod(2)`: descriptor, mode; not masked by umask.
    public var changeMode: Call2<Int32, UInt32, Void>
    /// `rename(2)`: from, to; replaces what is at `to`.
    public var rename: Call2<String, String, Void>
    /// `renameat2(2)` with RENAME_NOREPLACE: EEXIST where `to` is there, EINVAL where the file system cannot.
    public var renameWithoutReplacing: Call2<String, String, Void>
    /// `mkdir(2)`: path, mode (masked by umask).
    public var makeDirectory: Call2<String, UInt32, Void>
    public var unlink: Call<String, Void>
    public var removeDirectory: Call<String, Void>
    /// `symlink(2)`: what the link says, where the link is made.
    public var makeSymbolicLink: Call2<String, String, Void>
    /// `readlink(2)`.
    public var readSymbolicLink: Call<String, String>
    /// `stat(2)`.
    public var statusFollowingLinks: Call<String, FileStatus>
    /// `lstat(2)`.
    public var statusOfLink: Call<String, FileStatus>
    /// `fstat(2)`.
    public var statusOfDescriptor: Call<Int32, FileStatus>
    /// Names in a folder without `.` and `..`, in the order of the file system.
    public var list: Call<String, [String]>
    /// `realpath(3)`: absolute, without links, `.` and `..`.
    public var resolve: Call<String, String>
    /// Bytes that this user may still write on the file system of a path (`statvfs(2)`).
    public var availableBytes: Call<String, Int64>
    /// `f_type` of `statfs(2)`.
    public var fileSystemMagic: Call<String, Int64>
    /// `posix_fadvise(2)` with POSIX_FADV_DONTNEED: descriptor, offset, length.
    public var dropFromPageCache: @Sendable (Int32, Int64, Int64) throws(SystemCallFailure) -> Void
    /// `posix_fadvise(2)` with POSIX_FADV_WILLNEED: descriptor, offset, length.
    public var readAhead: @Sendable (Int32, Int64, Int64) throws(SystemCallFailure) -> Void
    /// `fcntl(2)` with F_SETFL: whether what is written to a descriptor from now on goes past the page cache (O_DIRECT). EINVAL
    /// where the file system cannot.
    public var bypassPageCache: Call2<Int32, Bool, Void>
    /// `flock(2)` with LOCK_EX | LOCK_NB: EWOULDBLOCK when somebody else holds it. Ends with the descriptor.
    public var lock: Call<Int32, Void>
}

extension FileSystemCalls {
    /// The same calls; `observe` is told after each write how many bytes it took.
    public func observingWrites(_ observe: @escaping @Sendable (Int) -> Void) -> FileSystemCalls {
        var calls = self
        let write = write
        calls.write = { descriptor, bytes throws(SystemCallFailure) in
            let count = try write(descriptor, bytes)
            observe(count)
            return count
        }
        return calls
    }
}

/// Runs a call again for as long as a signal interrupts it.
func uninterrupted<Result>(
    _ call: () throws(SystemCallFailure) -> Result
) throws(SystemCallFailure) -> Result {
    while true {
        do { return try call() } catch { if error.number != ErrorNumber.interrupted { throw error } }
    }
}

/// An open file or folder; closed when its owner goes away.
struct FileDescriptor: ~Copyable, Sendable {
    let number: Int32
    let path: String
    let calls: FileSystemCalls

    init(
        opening path: String, flags: Int32, mode: UInt32 = 0, calls: FileSystemCalls
    ) throws(FileError) {
        do {
            number = try uninterrupted { () throws(SystemCallFailure) in try calls.open(path, flags, mode) }
        } catch { throw FileError.explaining(.open, path, error, calls) }
        self.path = path
        self.calls = calls
    }

    deinit {
        // Writers flush before: close(2) has nothing to add, and on Linux the descriptor is gone even if it fails.
        do throws(SystemCallFailure) { try calls.close(number) } catch {}
    }

    func status() throws(FileError) -> FileStatus {
        do { return try uninterrupted { () throws(SystemCallFailure) in try calls.statusOfDescriptor(number) } } catch {
            throw FileError.failed(.status, path: path, number: error.number)
        }
    }

    func synchronize() throws(FileError) {
        do { try uninterrupted { () throws(SystemCallFailure) in try calls.synchronize(number) } } catch {
            throw FileError.failed(.flush, path: path, number: error.number)
        }
    }

    /// Not masked by umask.
    func setMode(_ mode: UInt32) throws(FileError) {
        do { try uninterrupted { () throws(SystemCallFailure) in try calls.changeMode(number, mode) } } catch {
            throw FileError.failed(.setMode, path: path, number: error.number)
        }
    }

    /// flock(2), exclusive and without waiting.
    func lock() throws(SystemCallFailure) {
        try uninterrupted { () throws(SystemCallFailure) in try calls.lock(number) }
    }

    /// Appends all of `bytes`, or fails after some of them.
    func append(_ bytes: RawSpan) throws(FileError) {
        var done = 0
        while done < bytes.byteCount {
            do throws(SystemCallFailure) {
                let count = try uninterrupted { () throws(SystemCallFailure) in
                    try calls.write(number, bytes.extracting(droppingFirst: done))
                }
                // A file that takes nothing and says nothing would be tried for ever.
                if count == 0 { throw SystemCallFailure(ErrorNumber.inputOutput) }
                done += count
            } catch { throw FileError.failed(.write, path: path, number: error.number) }
        }
    }

    /// Advice only.
    func readAhead(offset: Int64, length: Int64) {
        do throws(SystemCallFailure) { try calls.readAhead(number, offset, length) } catch {}
    }

    /// Advice only: a file system that does not take it costs nothing but memory that the kernel reclaims later.
    func dropFromPageCache(offset: Int64, length: Int64) {
        do throws(SystemCallFailure) { try calls.dropFromPageCache(number, offset, length) } catch {}
    }
}

extension FileError {
    /// Names owner and mode where permission is what is missing.
    static func explaining(
        _ operation: Operation, _ path: String, _ failure: SystemCallFailure, _ calls: FileSystemCalls
    ) -> FileError {
        if ErrorNumber.permission.contains(failure.number) {
            do throws(SystemCallFailure) {
                let status = try calls.statusFollowingLinks(path)
                return .noPermission(operation, path: path, owner: status.owner, mode: status.mode)
            } catch {
                // Not even its folder may be searched: the errno is all there is to say.
            }
        }
        return .failed(operation, path: path, number: failure.number)
    }
}

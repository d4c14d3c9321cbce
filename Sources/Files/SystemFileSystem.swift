import CLinux
import Glibc

extension FileSystemCalls {
    /// The kernel's own calls.
    public static let system = FileSystemCalls(
        open: { (path, flags, mode) throws(SystemCallFailure) in
            try checked(unsafe Glibc.open(path, flags, mode))
        },
        close: { (descriptor) throws(SystemCallFailure) in _ = try checked(Glibc.close(descriptor)) },
        read: { (descriptor, room, range, offset) throws(SystemCallFailure) in
            precondition(range.lowerBound >= 0 && range.upperBound <= room.byteCount, "Room for \(range) is needed.")
            let count = unsafe room.withUnsafeMutableBytes { bytes in
                let part = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[range])
                return unsafe Glibc.pread(descriptor, part.baseAddress, part.count, off_t(offset))
            }
            return try checked(count)
        },
        write: { (descriptor, bytes) throws(SystemCallFailure) in
            let count = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
            return try checked(count)
        },
        synchronize: { (descriptor) throws(SystemCallFailure) in _ = try checked(Glibc.fsync(descriptor)) },
        changeMode: { (descriptor, mode) throws(SystemCallFailure) in _ = try checked(Glibc.fchmod(descriptor, mode)) },
        rename: { (from, to) throws(SystemCallFailure) in _ = try checked(unsafe Glibc.rename(from, to)) },
        renameWithoutReplacing: { (from, to) throws(SystemCallFailure) in
            try succeeded(unsafe alpharl_rename_noreplace(from, to))
        },
        makeDirectory: { (path, mode) throws(SystemCallFailure) in _ = try checked(unsafe Glibc.mkdir(path, mode)) },
        unlink: { (path) throws(SystemCallFailure) in _ = try checked(unsafe Glibc.unlink(path)) },
        removeDirectory: { (path) throws(SystemCallFailure) in _ = try checked(unsafe Glibc.rmdir(path)) },
        makeSymbolicLink: { (target, path) throws(SystemCallFailure) in
            _ = try checked(unsafe Glibc.symlink(target, path))
        },
        readSymbolicLink: { (path) throws(SystemCallFailure) in try linkTarget(of: path) },
        statusFollowingLinks: { (path) throws(SystemCallFailure) in
            var status = stat()
            _ = try checked(unsafe stat(path, &status))
            return FileStatus(status)
        },
        statusOfLink: { (path) throws(SystemCallFailure) in
            var status = stat()
            _ = try checked(unsafe lstat(path, &status))
            return FileStatus(status)
        },
        statusOfDescriptor: { (descriptor) throws(SystemCallFailure) in
            var status = stat()
            _ = try checked(unsafe fstat(descriptor, &status))
            return FileStatus(status)
        },
        list: { (path) throws(SystemCallFailure) in try names(in: path) },
        resolve: { (path) throws(SystemCallFailure) in try resolved(path) },
        availableBytes: { (path) throws(SystemCallFailure) in
            var status = statvfs()
            _ = try checked(unsafe statvfs(path, &status))
            let (bytes, overflow) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
            return overflow ? Int64.max : Int64(clamping: bytes)
        },
        fileSystemMagic: { (path) throws(SystemCallFailure) in
            var magic: Int64 = 0
            try succeeded(unsafe alpharl_file_system_magic(path, &magic))
            return magic
        },
        dropFromPageCache: { (descriptor, offset, length) throws(SystemCallFailure) in
            try succeeded(Glibc.posix_fadvise(descriptor, off_t(offset), off_t(length), POSIX_FADV_DONTNEED))
        },
        readAhead: { (descriptor, offset, length) throws(SystemCallFailure) in
            try succeeded(Glibc.posix_fadvise(descriptor, off_t(offset), off_t(length), POSIX_FADV_WILLNEED))
        },
        bypassPageCache: { (descriptor, isWanted) throws(SystemCallFailure) in
            try succeeded(alpharl_bypass_page_cache(descriptor, isWanted))
        },
        lock: { (descriptor) throws(SystemCallFailure) in _ = try checked(flock(descriptor, LOCK_EX | LOCK_NB)) })
}

/// For calls that return -1 and set errno.
private func checked<Count: SignedInteger>(_ returned: Count) throws(SystemCallFailure) -> Count {
    if returned < 0 { throw SystemCallFailure(errno) }
    return returned
}

/// For calls that return the errno itself.
private func succeeded(_ returned: Int32) throws(SystemCallFailure) {
    if returned != 0 { throw SystemCallFailure(returned) }
}

private func names(in path: String) throws(SystemCallFailure) -> [String] {
    guard let folder = unsafe opendir(path) else { throw SystemCallFailure(errno) }
    defer { unsafe closedir(folder) }
    var found: [String] = []
    while true {
        errno = 0
        guard let entry = unsafe readdir(folder) else {
            if errno != 0 { throw SystemCallFailure(errno) }
            return found
        }
        let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
            unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        if name != "." && name != ".." { found.append(name) }
    }
}

private func linkTarget(of path: String) throws(SystemCallFailure) -> String {
    var room = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = try checked(unsafe readlink(path, &room, room.count))
    return String(decoding: room.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

private func resolved(_ path: String) throws(SystemCallFailure) -> String {
    guard let text = unsafe realpath(path, nil) else { throw SystemCallFailure(errno) }
    defer { unsafe free(text) }
    return unsafe String(cString: text)
}

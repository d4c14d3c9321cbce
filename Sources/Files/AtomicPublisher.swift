/// Makes files and folders appear whole or not at all, and stay after a power cut.
///
/// Everything is written into a sibling whose name begins with `temporaryPrefix`, flushed, renamed to its place
/// without replacing anything, and the folder around it flushed. What a crash leaves behind are such siblings only;
/// `removeLeftovers` takes them away. While a sibling is being written it is locked with flock(2), so that another
/// process's `removeLeftovers` leaves it alone (where the file system has such locks).
public struct AtomicPublisher: Sendable {
    /// No trainer and no server takes a name like this for a checkpoint.
    public static let temporaryPrefix = ".tmp-alpharl-"

    /// Bytes after which what was written to a file is flushed and leaves the page cache. The default, 256 MiB, is few
    /// enough flushes to keep the disk streaming, and few enough dirty pages not to stall a trainer's own flush.
    public let flushInterval: Int64
    let calls: FileSystemCalls
    var tree: FileTree { FileTree(calls: calls) }

    public init(calls: FileSystemCalls = .system, flushInterval: Int64 = 256 << 20) {
        self.calls = calls
        self.flushInterval = flushInterval
    }

    /// Publishes one file with mode 0644. With `replacing`, a file at `path` is replaced in one step;
    /// otherwise something there is an error.
    @discardableResult
    public func publishFile(at path: String, contents: [UInt8], replacing: Bool = false) throws -> PublishedFile {
        let (folder, name) = FileTree.split(path)
        let temporary = temporarySibling(of: name, in: folder)
        do {
            let writer = try FileWriter(creating: temporary, flushInterval: flushInterval, calls: calls)
            try writer.write(contents)
            let file = try writer.finish()
            try put(temporary, at: path, replacing: replacing)
            return PublishedFile(name: name, size: file.size, sha256: file.sha256)
        } catch {
            try abandon(temporary, because: error)
        }
    }

    /// Publishes a folder with mode 0755 at `path`, where nothing may be yet.
    /// - Parameter build: fills the folder; what it throws is thrown on, and nothing of the folder stays.
    /// - Throws: `FileError`, or what `build` throws.
    @discardableResult
    public func publishDirectory<Result>(at path: String, build: (DirectoryBuilder) throws -> Result) throws -> Result {
        let (folder, name) = FileTree.split(path)
        let temporary = temporarySibling(of: name, in: folder)
        if try tree.status(of: path) != nil { throw FileError.alreadyExists(path: path) }
        do {
            let descriptor = try makeLockedDirectory(temporary)
            let result = try build(DirectoryBuilder(path: temporary, flushInterval: flushInterval, calls: calls))
            try descriptor.synchronize()
            try put(temporary, at: path, replacing: false)
            return result
        } catch {
            try abandon(temporary, because: error)
        }
    }

    /// Makes the symbolic link at `path` say `target`, in one step; only a link may be replaced.
    public func replaceSymbolicLink(at path: String, pointingTo target: String) throws {
        if let status = try tree.status(of: path), status.kind != .symbolicLink {
            throw FileError.wrongKind(path: path, got: status.kind, expected: .symbolicLink)
        }
        let (folder, name) = FileTree.split(path)
        let temporary = temporarySibling(of: name, in: folder)
        do {
            do {
                try uninterrupted { () throws(SystemCallFailure) in try calls.makeSymbolicLink(target, temporary) }
            } catch {
                throw FileError.failed(.makeLink, path: temporary, number: error.number)
            }
            try put(temporary, at: path, replacing: true)
        } catch {
            try abandon(temporary, because: error)
        }
    }

    /// Removes a published folder: it disappears in one step and is emptied under its temporary name.
    public func withdrawDirectory(at path: String) throws(FileError) {
        let (folder, name) = FileTree.split(path)
        let temporary = temporarySibling(of: name, in: folder)
        try move(path, to: temporary, replacing: false)
        try tree.synchronizeDirectory(folder)
        try tree.remove(temporary)
    }

    /// Removes what a crash left in `folder`, unless another process still writes it. A leftover that cannot be removed
    /// (another user's) does not keep the others from being removed, nor anybody from publishing. Single files and links
    /// are not locked: a process that publishes one at this very moment may find it gone, and says so.
    /// - Returns: the names that were removed, and what kept others.
    /// - Throws: `FileError` where the folder cannot be listed.
    @discardableResult
    public func removeLeftovers(in folder: String) throws(FileError) -> (removed: [String], failures: [FileError]) {
        var removed: [String] = []
        var failures: [FileError] = []
        for entry in try tree.entries(of: folder) where entry.name.hasPrefix(Self.temporaryPrefix) {
            let path = FileTree.join(folder, entry.name)
            do {
                if entry.status.kind == .directory, try isInUse(path) { continue }
                try tree.remove(path)
                removed.append(entry.name)
            } catch { failures.append(error) }
        }
        return (removed, failures)
    }
}

extension AtomicPublisher {
    private func temporarySibling(of name: String, in folder: String) -> String {
        // Unpredictable, so that two processes never meet; cut, so that a long name stays below 255 bytes.
        let salt = String(UInt64.random(in: 0...UInt64.max), radix: 36)
        return FileTree.join(folder, Self.temporaryPrefix + String(name.prefix(40)) + "-" + salt)
    }

    private func makeLockedDirectory(_ path: String) throws(FileError) -> FileDescriptor {
        do { try uninterrupted { () throws(SystemCallFailure) in try calls.makeDirectory(path, 0o755) } } catch {
            throw FileError.explaining(.makeDirectory, path, error, calls)
        }
        let descriptor = try FileDescriptor(opening: path, flags: OpenFlags.folder, calls: calls)
        do throws(SystemCallFailure) { try descriptor.lock() } catch {
            // A file system without such locks: leftovers are then told from work in progress by nobody but the user.
        }
        try descriptor.setMode(0o755)
        return descriptor
    }

    private func isInUse(_ path: String) throws(FileError) -> Bool {
        let descriptor: FileDescriptor
        do { descriptor = try FileDescriptor(opening: path, flags: OpenFlags.folder, calls: calls) } catch {
            if error.isVanished { return true }
            throw error
        }
        do throws(SystemCallFailure) { try descriptor.lock() } catch {
            return error.number == ErrorNumber.wouldBlock
        }
        return false
    }

    /// Renames and flushes the folder around the new name.
    private func put(_ temporary: String, at path: String, replacing: Bool) throws(FileError) {
        try move(temporary, to: path, replacing: replacing)
        try tree.synchronizeDirectory(FileTree.split(path).folder)
    }

    private func move(_ source: String, to path: String, replacing: Bool) throws(FileError) {
        do {
            try uninterrupted { () throws(SystemCallFailure) in
                replacing ? try calls.rename(source, path) : try calls.renameWithoutReplacing(source, path)
            }
        } catch {
            if error.number == ErrorNumber.exists { throw FileError.alreadyExists(path: path) }
            guard !replacing, ErrorNumber.cannotRenameWithoutReplacing.contains(error.number) else {
                throw FileError.failed(.rename, path: path, number: error.number)
            }
            try moveAfterLooking(source, to: path)
        }
    }

    /// For file systems without RENAME_NOREPLACE (NFS among them): look first. Between the look and the rename
    /// somebody else may make a file there, which is then replaced; a folder with content never is.
    private func moveAfterLooking(_ source: String, to path: String) throws(FileError) {
        if try tree.status(of: path) != nil { throw FileError.alreadyExists(path: path) }
        do { try uninterrupted { () throws(SystemCallFailure) in try calls.rename(source, path) } } catch {
            throw FileError.failed(.rename, path: path, number: error.number)
        }
    }

    /// Removes what was written so far and throws what went wrong. Where even the removal fails, the leftover
    /// stays for `removeLeftovers`: the first error is the one that says what to do.
    private func abandon(_ temporary: String, because failure: any Error) throws -> Never {
        do throws(FileError) { try tree.remove(temporary) } catch {}
        throw failure
    }
}

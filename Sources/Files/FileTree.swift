/// Questions about folders, and their removal. Symbolic links are followed only where it is said.
public struct FileTree: Sendable {
    public struct Entry: Hashable, Sendable {
        public let name: String
        public let status: FileStatus
    }

    let calls: FileSystemCalls

    public init(calls: FileSystemCalls = .system) { self.calls = calls }

    /// What lies in a folder, by name in byte order; links are themselves. What vanishes meanwhile is left out.
    public func entries(of folder: String) throws(FileError) -> [Entry] {
        var entries: [Entry] = []
        for name in try names(in: folder) {
            if let status = try status(of: Self.join(folder, name)) {
                entries.append(Entry(name: name, status: status))
            }
        }
        return entries
    }

    /// The names in a folder, in byte order, without `.` and `..`.
    public func names(in folder: String) throws(FileError) -> [String] {
        do {
            let names = try uninterrupted { () throws(SystemCallFailure) in try calls.list(folder) }
            return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        } catch { throw FileError.explaining(.list, folder, error, calls) }
    }

    /// What is at `path`, nil when nothing is.
    public func status(of path: String, followingLinks: Bool = false) throws(FileError) -> FileStatus? {
        do {
            return try uninterrupted { () throws(SystemCallFailure) in
                followingLinks ? try calls.statusFollowingLinks(path) : try calls.statusOfLink(path)
            }
        } catch {
            if ErrorNumber.vanished.contains(error.number) { return nil }
            throw FileError.explaining(.status, path, error, calls)
        }
    }

    /// What a symbolic link says; not looked up.
    public func linkTarget(of path: String) throws(FileError) -> String {
        do { return try uninterrupted { () throws(SystemCallFailure) in try calls.readSymbolicLink(path) } } catch {
            throw FileError.failed(.readLink, path: path, number: error.number)
        }
    }

    /// The absolute path without links, `.` and `..`; it must exist.
    public func resolve(_ path: String) throws(FileError) -> String {
        do { return try uninterrupted { () throws(SystemCallFailure) in try calls.resolve(path) } } catch {
            throw FileError.explaining(.resolve, path, error, calls)
        }
    }

    /// As `resolve`, for a path whose last parts need not exist yet.
    public func resolveAsFarAsItExists(_ path: String) throws(FileError) -> String {
        if try status(of: path) != nil { return try resolve(path) }
        let (parent, name) = Self.split(path)
        guard parent != path else { return try resolve(path) }
        let folder = try resolveAsFarAsItExists(parent)
        // What does not exist is no link: its dots mean what they say.
        if name == "." { return folder }
        if name == ".." { return Self.split(folder).folder }
        let joined = Self.join(folder, name)
        return try status(of: joined) != nil ? try resolve(joined) : joined
    }

    /// Bytes that may still be written below `path`, which need not exist yet.
    public func availableBytes(at path: String) throws(FileError) -> Int64 {
        let place = try resolveExistingAncestor(of: path)
        do { return try uninterrupted { () throws(SystemCallFailure) in try calls.availableBytes(place) } } catch {
            throw FileError.failed(.measure, path: place, number: error.number)
        }
    }

    public func fileSystemKind(of path: String) throws(FileError) -> FileSystemKind {
        let place = try resolveExistingAncestor(of: path)
        do {
            return FileSystemKind(
                magic: try uninterrupted { () throws(SystemCallFailure) in try calls.fileSystemMagic(place) })
        } catch { throw FileError.failed(.measure, path: place, number: error.number) }
    }

    /// Whether all of these are on this machine's disks. What cannot be told from a network is taken for one.
    public func isLocal(_ paths: [String]) -> Bool {
        paths.allSatisfy { (try? fileSystemKind(of: $0))?.isNetwork == false }
    }

    private func resolveExistingAncestor(of path: String) throws(FileError) -> String {
        if try status(of: path, followingLinks: true) != nil { return path }
        let parent = Self.split(path).folder
        return parent == path ? path : try resolveExistingAncestor(of: parent)
    }

    /// Makes a folder (mode 0755 less umask) and those above it where they are missing, and flushes each new name.
    public func makeDirectories(at path: String) throws(FileError) {
        if let status = try status(of: path, followingLinks: true) {
            guard status.kind == .directory else {
                throw FileError.wrongKind(path: path, got: status.kind, expected: .directory)
            }
            return
        }
        let parent = Self.split(path).folder
        if parent != path { try makeDirectories(at: parent) }
        do { try uninterrupted { () throws(SystemCallFailure) in try calls.makeDirectory(path, 0o755) } } catch {
            if error.number == ErrorNumber.exists { return }
            throw FileError.explaining(.makeDirectory, path, error, calls)
        }
        try synchronizeDirectory(parent)
    }

    /// Removes a folder and all it holds. A link in it is removed, not followed. Nothing there is no error.
    public func remove(_ path: String) throws(FileError) {
        guard let status = try status(of: path) else { return }
        guard status.kind == .directory else { return try removeOne(path, calls.unlink) }
        do { for entry in try entries(of: path) { try remove(Self.join(path, entry.name)) } } catch {
            // Somebody else removes it too.
            guard error.isVanished else { throw error }
        }
        try removeOne(path, calls.removeDirectory)
    }

    private func removeOne(_ path: String, _ call: FileSystemCalls.Call<String, Void>) throws(FileError) {
        do { try uninterrupted { () throws(SystemCallFailure) in try call(path) } } catch {
            if ErrorNumber.vanished.contains(error.number) { return }
            throw FileError.explaining(.remove, path, error, calls)
        }
    }

    func synchronizeDirectory(_ path: String) throws(FileError) {
        try FileDescriptor(opening: path, flags: OpenFlags.folder, calls: calls).synchronize()
    }
}

extension FileTree {
    /// `folder/name`, with one slash between them.
    public static func join(_ folder: String, _ name: String) -> String {
        folder.hasSuffix("/") ? folder + name : folder.isEmpty ? name : folder + "/" + name
    }

    /// The folder of a path (`.` or `/` where it has none) and its last part. Slashes at the end don't count.
    public static func split(_ path: String) -> (folder: String, name: String) {
        var text = path[...]
        while text.count > 1 && text.hasSuffix("/") { text = text.dropLast() }
        guard let slash = text.lastIndex(of: "/") else { return (text == "." ? "/" : ".", String(text)) }
        let folder = text[..<slash]
        return (folder.isEmpty ? "/" : String(folder), String(text[text.index(after: slash)...]))
    }

    /// Whether a name from outside names an entry of the folder it is used in, and no other place.
    public static func isPlainName(_ name: String) -> Bool {
        !name.isEmpty && name != "." && name != ".." && name.utf8.count <= 255
            && !name.utf8.contains { $0 == UInt8(ascii: "/") || $0 == 0 }
    }
}

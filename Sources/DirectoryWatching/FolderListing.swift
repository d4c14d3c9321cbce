import Glibc

/// The names in a folder, and which of them are folders.
enum FolderListing {
    /// Follows `path` itself where it is a symbolic link, and nothing in it.
    static func entries(of path: String) throws(SystemFailure) -> [FolderEntry] {
        guard let stream = unsafe opendir(path) else { throw SystemFailure(number: errno) }
        defer { unsafe closedir(stream) }
        var entries: [FolderEntry] = []
        while true {
            errno = 0
            guard let record = unsafe readdir(stream) else {
                guard errno == 0 else { throw SystemFailure(number: errno) }
                return entries
            }
            let name = unsafe withUnsafePointer(to: &record.pointee.d_name) { tuple in
                unsafe tuple.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name == "." || name == ".." { continue }
            let type = unsafe Int(record.pointee.d_type)
            let isFolder = type == Int(DT_DIR) || (type == Int(DT_UNKNOWN) && isFolder(path + "/" + name))
            entries.append(FolderEntry(name: name, isFolder: isFolder))
        }
    }

    /// Some file systems do not say what a name is when they list it.
    private static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return unsafe lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}

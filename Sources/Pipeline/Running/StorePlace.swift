import Files

/// Whether the store's files still are where they were opened. SQLite goes on with files that were removed or replaced under
/// it: what it writes then is gone with the process.
struct StorePlace: Sendable {
    /// What tells one file from another; the rest of an identity changes with every write.
    private struct Number: Hashable {
        let device: UInt64
        let inode: UInt64
    }

    private let path: String
    /// By path, those that were there; none for a store in memory.
    private let opened: [String: Number]
    private let tree: FileTree

    /// To be made when the store is open: its log is there by then.
    init(of path: String, calls: FileSystemCalls) {
        self.path = path
        tree = FileTree(calls: calls)
        var opened: [String: Number] = [:]
        for file in [path, path + "-wal"] {
            if case .some(.some(let number)) = Self.number(of: file, tree) { opened[file] = number }
        }
        self.opened = opened
    }

    /// - Throws: `PipelineError.storeGone`
    func requireInPlace() throws(PipelineError) {
        for (file, number) in opened {
            // What cannot be looked at now may still be there.
            guard let found = Self.number(of: file, tree) else { continue }
            if found != number { throw .storeGone(path: path, file: file) }
        }
    }

    /// Nil where it cannot be said; nil in it where there is no such file.
    private static func number(of file: String, _ tree: FileTree) -> Number?? {
        do {
            return .some(
                try tree.status(of: file, followingLinks: true).map {
                    Number(device: $0.identity.device, inode: $0.identity.inode)
                })
        } catch { return nil }
    }
}

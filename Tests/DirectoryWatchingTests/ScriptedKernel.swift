import Glibc

@testable import DirectoryWatching

/// A file system of folders in memory with watches on them, whose calls can be made to fail.
final class ScriptedKernel: WatchKernel {
    /// Absolute paths of the folders there are, each with a number that changes when it is made anew.
    private var folders: [String: WatchNumber] = ["/": 1]
    private var next: WatchNumber = 2
    private(set) var watched: Set<WatchNumber> = []
    /// Calls fail with this errno for this path.
    var failures: [String: Int32] = [:]
    /// Watches that may exist at once.
    var limit = Int.max
    /// Runs once, after the first watch on this path: what happens between watching and reading a folder.
    var afterWatching: (path: String, action: (ScriptedKernel) -> Void)?

    func make(_ paths: String...) {
        for path in paths {
            folders[path] = next
            next += 1
        }
    }

    func remove(_ path: String) {
        for folder in folders.keys where folder == path || folder.hasPrefix(path + "/") { folders[folder] = nil }
    }

    /// The number of the folder that lies at the path now.
    func number(_ path: String) -> WatchNumber { folders[path] ?? -1 }

    func event(_ kind: KernelEvent.Kind, in path: String, _ name: String = "", isFolder: Bool = false) -> KernelEvent {
        KernelEvent(watch: number(path), kind: kind, isFolder: isFolder, name: name)
    }

    func isWatched(_ path: String) -> Bool { watched.contains(number(path)) }

    func watch(_ path: String, followingLinks: Bool) throws(SystemFailure) -> WatchNumber {
        if let number = failures[path] { throw SystemFailure(number: number) }
        guard let number = folders[path] else { throw SystemFailure(number: ENOENT) }
        guard watched.contains(number) || watched.count < limit else { throw SystemFailure(number: ENOSPC) }
        watched.insert(number)
        if let hook = afterWatching, hook.path == path {
            afterWatching = nil
            hook.action(self)
        }
        return number
    }

    func unwatch(_ number: WatchNumber) { watched.remove(number) }

    func contents(of path: String) throws(SystemFailure) -> [FolderEntry] {
        if let number = failures[path + "/"] { throw SystemFailure(number: number) }
        guard folders[path] != nil else { throw SystemFailure(number: ENOENT) }
        return folders.keys.filter { $0.hasPrefix(path + "/") && !$0.dropFirst(path.count + 1).contains("/") }
            .map { FolderEntry(name: String($0.dropFirst(path.count + 1)), isFolder: true) }
    }
}

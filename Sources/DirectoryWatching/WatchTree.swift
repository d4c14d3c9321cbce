import Glibc

/// Which folders below a root are watched, and what an event on one of them means.
///
/// Two kinds of watch: the *anchor*, which is the nearest folder above the root that exists and tells when the root
/// (or the folder that leads to it) appears or is replaced; and the *tree*, which is the root and the folders down to
/// `maximumDepth` below it. A folder is watched first and read second, so that nothing falls between.
struct WatchTree {
    /// What a batch of events amounts to.
    struct Outcome: Equatable {
        /// Names directly in the root at or below which something changed.
        var changed: Set<String> = []
        /// More changed than names can say: events were lost, or the root came, went or was replaced.
        var isEverything = false
    }

    let root: String
    let maximumDepth: Int
    let maximumWatches: Int
    private(set) var isRootPresent = false
    /// Why some folders are not watched, by kind; a later refresh may find the reason gone.
    private(set) var limitations: [String] = []

    /// Path relative to the root; empty for the root itself.
    private var folders: [WatchNumber: String] = [:]
    private var anchor: (number: WatchNumber, name: String)?
    private let kernel: any WatchKernel

    /// - Precondition: `root` is absolute.
    init(root: String, maximumDepth: Int, maximumWatches: Int, kernel: any WatchKernel) {
        precondition(root.hasPrefix("/"), "A watched root is an absolute path; got \(root).")
        self.root = root
        self.maximumDepth = maximumDepth
        self.maximumWatches = maximumWatches
        self.kernel = kernel
        refresh()
    }

    var watchedFolderCount: Int { folders.count }

    /// Looks at everything again: watches what is new, forgets what is gone. Cheap enough for once a minute.
    mutating func refresh() {
        limitations = []
        let before = folders
        folders = [:]
        isRootPresent = false
        placeAnchor()
        _ = add(folder: "")
        for number in before.keys where folders[number] == nil && number != anchor?.number { kernel.unwatch(number) }
    }

    /// Takes in events in the kernel's order and follows the folders that came and went. Where the outcome is
    /// everything, `refresh()` is the caller's next step.
    mutating func take(_ events: [KernelEvent]) -> Outcome {
        var outcome = Outcome()
        for event in events {
            if event.kind == .lost {
                outcome.isEverything = true
            } else if let path = folders[event.watch] {
                take(event, in: path, &outcome)
            }
            if let anchor, event.watch == anchor.number, concernsRoot(event, anchor.name) {
                outcome.isEverything = true
            }
        }
        return outcome
    }

    private func concernsRoot(_ event: KernelEvent, _ name: String) -> Bool {
        switch event.kind {
        case .appeared, .disappeared: event.name == name
        case .folderGone, .ended: true
        case .touched, .lost: false
        }
    }

    private mutating func take(_ event: KernelEvent, in path: String, _ outcome: inout Outcome) {
        switch event.kind {
        case .folderGone, .ended:
            // The root's own end changes everything; that of a folder below is told by its parent too.
            if path.isEmpty { outcome.isEverything = true } else { outcome.changed.insert(topLevel(path)) }
            if event.kind == .ended { folders[event.watch] = nil }
        case .appeared, .disappeared, .touched:
            // Without a name the event is about the folder itself, such as its permissions.
            let inner = event.name.isEmpty ? path : join(path, event.name)
            if inner.isEmpty { outcome.isEverything = true } else { outcome.changed.insert(topLevel(inner)) }
            guard event.isFolder, !event.name.isEmpty else { return }
            if event.kind == .disappeared { forget(inner) }
            if event.kind == .appeared { outcome.changed.formUnion(add(folder: inner).map(topLevel)) }
        case .lost: break
        }
    }

    /// Ends the watches of a folder and of those below it: a folder that was moved away takes its watches along.
    private mutating func forget(_ path: String) {
        for (number, folder) in folders where folder == path || folder.hasPrefix(path + "/") {
            kernel.unwatch(number)
            folders[number] = nil
        }
    }

    /// Watches a folder and those below it.
    ///
    /// - Returns: the folders that are watched now, relative to the root.
    private mutating func add(folder start: String) -> [String] {
        var added: [String] = []
        var waiting = [start]
        while let path = waiting.popLast() {
            guard folders.count < maximumWatches else {
                limit(
                    "only the first \(maximumWatches) folders below \(root) are watched; the others are found by rescans"
                )
                break
            }
            guard watch(path) else { continue }
            added.append(path)
            guard depth(of: path) < maximumDepth, let entries = contents(of: path) else { continue }
            waiting += entries.filter(\.isFolder).map { join(path, $0.name) }
        }
        return added
    }

    private mutating func watch(_ path: String) -> Bool {
        do {
            let number = try kernel.watch(absolute(path), followingLinks: path.isEmpty)
            folders[number] = path
            if path.isEmpty { isRootPresent = true }
            return true
        } catch {
            // A missing root is waited for by the anchor, a missing folder is gone again.
            if error.number != ENOENT {
                limit(WatchTree.words(for: error, path: absolute(path)))
            } else if path.isEmpty, rootIsLinkToNothing {
                limit("\(root) is a symbolic link to a folder that is not there; that one is found by rescans only")
            }
            return false
        }
    }

    /// The anchor tells when a link is made, not when what it points to is.
    private var rootIsLinkToNothing: Bool {
        do {
            _ = try kernel.watch(root, followingLinks: false)
            return false
        } catch {
            return error.number == ENOTDIR
        }
    }

    private mutating func contents(of path: String) -> [FolderEntry]? {
        do {
            return try kernel.contents(of: absolute(path))
        } catch {
            if error.number != ENOENT { limit(WatchTree.words(for: error, path: absolute(path))) }
            return nil
        }
    }

    /// Watches the nearest folder above the root that exists, for the next name on the way to the root. Then tries the
    /// folders between once more: one that was made meanwhile has raised no event.
    private mutating func placeAnchor() {
        let parts = root.split(separator: "/").map(String.init)
        let before = anchor
        anchor = nil
        // Whoever cannot look into a folder cannot watch it either; a folder above may still do.
        for count in stride(from: parts.count - 1, through: 0, by: -1) where anchor == nil {
            anchor = anchorWatch(parts, count)
            guard anchor != nil else { continue }
            for deeper in (count + 1)..<max(count + 1, parts.count) {
                guard let found = anchorWatch(parts, deeper) else { break }
                anchor.map { kernel.unwatch($0.number) }
                anchor = found
            }
        }
        if anchor == nil, !parts.isEmpty {
            limit("no folder above \(root) can be watched; it is found by rescans only")
        }
        guard let before, before.number != anchor?.number else { return }
        kernel.unwatch(before.number)
    }

    private func anchorWatch(_ parts: [String], _ count: Int) -> (number: WatchNumber, name: String)? {
        let path = "/" + parts[..<count].joined(separator: "/")
        return (try? kernel.watch(path, followingLinks: true)).map { ($0, parts[count]) }
    }

    private mutating func limit(_ words: String) {
        if limitations.count < 16, !limitations.contains(words) { limitations.append(words) }
    }

    private static func words(for failure: SystemFailure, path: String) -> String {
        switch failure.number {
        case ENOSPC:
            "this user has no inotify watches left, so some folders are found by rescans only; raise "
                + "fs.inotify.max_user_watches"
        case EACCES:
            "cannot watch \(path): permission denied; let this user read it, or run as the trainer's user"
        case ENOTDIR:
            "cannot watch \(path): it is not a folder; is it the right path?"
        default:
            "cannot watch \(path): \(ErrorWords.text(failure.number)); it is found by rescans only"
        }
    }

    private func absolute(_ path: String) -> String { path.isEmpty ? root : root + "/" + path }
    private func join(_ path: String, _ name: String) -> String { path.isEmpty ? name : path + "/" + name }
    private func topLevel(_ path: String) -> String { String(path.prefix { $0 != "/" }) }

    /// 0 for the root.
    private func depth(of path: String) -> Int { path.isEmpty ? 0 : path.utf8.count { $0 == UInt8(ascii: "/") } + 1 }
}

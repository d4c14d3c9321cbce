/// What `WatchTree` needs of the kernel: inotify in earnest, a script in tests.
protocol WatchKernel: AnyObject {
    /// Watches the folder at `path`. Watching it again is harmless and gives the same number for as long as the same
    /// folder lies there; a folder that was made anew gets a new number. A symbolic link is followed only where
    /// `followingLinks` says so.
    func watch(_ path: String, followingLinks: Bool) throws(SystemFailure) -> WatchNumber
    /// Ends a watch; one that has ended already is none of the caller's worry.
    func unwatch(_ number: WatchNumber)
    /// What lies in a folder now, in no order.
    func contents(of path: String) throws(SystemFailure) -> [FolderEntry]
}

/// The kernel's number of one watch. Never used again while the queue is open.
typealias WatchNumber = Int32

/// One name in a folder. A symbolic link is not a folder, whatever it points to.
struct FolderEntry: Hashable, Sendable {
    let name: String
    let isFolder: Bool
}

/// One event as inotify(7) tells it.
struct KernelEvent: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        /// A name appeared: made, or moved here.
        case appeared
        /// A name went: removed, or moved away.
        case disappeared
        /// A file was closed after writing, or its permissions or times were changed.
        case touched
        /// The watched folder itself was removed or moved.
        case folderGone
        /// The watch has ended and its number means nothing any more.
        case ended
        /// The queue was full and events were lost; of no watch in particular.
        case lost
    }

    let watch: WatchNumber
    let kind: Kind
    let isFolder: Bool
    /// Empty where the event is about the watched folder itself.
    let name: String
}

/// A system call that failed with this errno.
struct SystemFailure: Error, Hashable {
    let number: Int32
}

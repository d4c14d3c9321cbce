import Files

/// How the last daemon ended, as the service manager saw it: a file beside the store, written after the end by
/// `alpharl note-end` (systemd's `ExecStopPost=`) and taken by the next start. Only the end that a daemon cannot note
/// itself and nobody can tell from a crash afterwards is noted: the watchdog's.
public struct EndNote: Sendable {
    /// `$SERVICE_RESULT` of systemd.exec(5).
    public static let watchdog = "watchdog"

    let path: String
    private let calls: FileSystemCalls

    public init(storePath: String, calls: FileSystemCalls = .system) {
        path = storePath + ".end"
        self.calls = calls
    }

    /// - Parameter result: what systemd says in `$SERVICE_RESULT`; anything but the watchdog leaves no note.
    /// - Throws: `FileError`
    public func write(_ result: String?) throws {
        guard result == Self.watchdog else { return }
        try AtomicPublisher(calls: calls).publishFile(
            at: path, contents: Array("\(Self.watchdog)\n".utf8), replacing: true)
    }

    /// Whether the watchdog ended the last daemon; asked again, no.
    public func take() throws(FileError) -> Bool {
        let tree = FileTree(calls: calls)
        guard let status = try tree.status(of: path), status.kind == .regular else { return false }
        let file = try FileReader(path: path, calls: calls)
        let text = String(decoding: try file.read(count: Int(min(64, file.identity.size)), at: 0), as: UTF8.self)
        try tree.remove(path)
        return text == "\(Self.watchdog)\n"
    }
}

import FoundationEssentials

/// Finds the daemon that is meant: `--socket`, then `$ALPHARL_SOCKET`, then by the run's name in
/// `$XDG_RUNTIME_DIR/alpharl/` and `/run/alpharl/`. With one daemon running, its name may be left out.
public struct SocketDiscovery {
    /// Folders that hold one socket `NAME.sock` for each run, in order of preference.
    public let folders: [String]
    private let fixed: String?
    private let isAnswering: (String) -> Bool

    /// - Parameters:
    ///   - socket: the value of `--socket`.
    ///   - isAnswering: whether somebody listens on the socket at a path.
    public init(socket: String?, environment: [String: String], isAnswering: @escaping (String) -> Bool) {
        let runtime = environment["XDG_RUNTIME_DIR"].flatMap { $0.isEmpty ? nil : $0 + "/alpharl" }
        self.init(
            fixed: socket ?? environment["ALPHARL_SOCKET"].flatMap { $0.isEmpty ? nil : $0 },
            folders: [runtime, "/run/alpharl"].compactMap { $0 }, isAnswering: isAnswering)
    }

    init(fixed: String?, folders: [String], isAnswering: @escaping (String) -> Bool) {
        self.fixed = fixed
        self.folders = folders
        self.isAnswering = isAnswering
    }

    /// The path of the socket; it may still be that nobody answers there when it was named.
    ///
    /// - Parameter run: the run's name; nil for the only daemon that runs.
    public func find(run: String?) throws(SocketDiscoveryError) -> String {
        if let fixed { return fixed }
        let sockets = folders.flatMap(sockets(in:))
        if let run {
            guard let match = sockets.first(where: { $0.run == run }) else {
                throw .unknownRun(run, running: answering(sockets).map(\.run), folders: folders)
            }
            return match.path
        }
        let running = answering(sockets)
        guard running.count <= 1 else { throw .several(running.map(\.run)) }
        guard let only = running.first else { throw .none(folders: folders) }
        return only.path
    }

    private struct Candidate {
        let run: String
        let path: String
    }

    /// A name that occurs in two folders counts where it comes first.
    private func answering(_ candidates: [Candidate]) -> [Candidate] {
        var seen: Set<String> = []
        return candidates.filter { isAnswering($0.path) && seen.insert($0.run).inserted }
    }

    /// A folder that is missing or closed to us holds no daemon that we could reach.
    private func sockets(in folder: String) -> [Candidate] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasSuffix(".sock") && $0.count > 5 }.sorted()
            .map { Candidate(run: String($0.dropLast(5)), path: folder + "/" + $0) }
            .filter { isSocket($0.path) }
    }

    private func isSocket(_ path: String) -> Bool {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return attributes?[.type] as? FileAttributeType == .typeSocket
    }
}

/// Why no daemon was found.
public enum SocketDiscoveryError: Error, Hashable, Sendable, CustomStringConvertible {
    case none(folders: [String])
    case several([String])
    case unknownRun(String, running: [String], folders: [String])

    public var description: String {
        switch self {
        case .none(let folders):
            "no daemon found: nobody answers in \(folders.joined(separator: " or ")); start one with `alpharl serve`, or "
                + "name its socket with --socket"
        case .several(let runs):
            "which run is meant: \(runs.count) daemons are running (\(runs.joined(separator: ", "))); name one of them"
        case .unknownRun(let run, let running, let folders):
            "no run \"\(run)\": there is no \(run).sock in \(folders.joined(separator: " or "))"
                + (running.isEmpty ? "" : " (running: \(running.joined(separator: ", ")))")
                + "; check the name, start it (systemctl status alpharl@\(run)), or name its socket with --socket"
        }
    }
}

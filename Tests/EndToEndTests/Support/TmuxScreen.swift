import Foundation
import TestSupport

/// A terminal of a given size, by tmux, in which a command runs as it would before a person.
final class TmuxScreen {
    static let isInstalled = FileManager.default.isExecutableFile(atPath: "/usr/bin/tmux")
    private static let program = "/usr/bin/tmux"

    private let socket: String
    /// In the foreground: a daemon would keep everything open that tests wait to see closed.
    private let server: ChildProcess

    /// - Parameters:
    ///   - command: a line for the shell.
    ///   - variables: of its environment.
    init(_ command: String, in place: TemporaryDirectory, columns: Int, rows: Int, variables: [String: String] = [:])
        throws
    {
        socket = place.path("tmux-\(UUID().uuidString.prefix(8))")
        server = try ChildProcess(
            Self.program, ["-D", "-f", "/dev/null", "-S", socket],
            environment: Alpharl.environment(home: place.path).merging(["LC_ALL": "C.UTF-8", "SHELL": "/bin/sh"]) { $1 }
        )
        let deadline = Date(timeIntervalSinceNow: 30)
        while !FileManager.default.fileExists(atPath: socket) {
            guard Date() < deadline else { throw TooLate(description: "tmux does not start: \(server.errors.text)") }
        }
        let settings = variables.sorted { $0.key < $1.key }.flatMap { ["-e", "\($0.key)=\($0.value)"] }
        try tmux(["new-session", "-d", "-x", "\(columns)", "-y", "\(rows)"] + settings + ["env PS1='$ ' sh"])
        try tmux(["set-option", "-g", "remain-on-exit", "on"])
        try type(command)
    }

    deinit {
        _ = try? tmux(["kill-server"])
        _ = try? server.wait(seconds: 10)
    }

    /// A line, as a person types it.
    func type(_ line: String) throws {
        try tmux(["send-keys", "-l", line])
        try press("Enter")
    }

    /// A key by tmux's name, such as `q` or `C-c`.
    func press(_ key: String) throws { try tmux(["send-keys", key]) }

    func resize(columns: Int, rows: Int) throws {
        try tmux(["resize-window", "-x", "\(columns)", "-y", "\(rows)"])
    }

    /// The rows as they are seen; with `isPainted` with the codes of their colours.
    func rows(isPainted: Bool = false) throws -> [String] {
        try tmux(["capture-pane", "-p"] + (isPainted ? ["-e"] : []))
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init).dropLast()
    }

    /// `alternate_on cursor_flag` of the pane: whether a program has the other page, and whether the cursor is shown.
    func flags() throws -> String {
        try tmux(["display-message", "-p", "#{alternate_on} #{cursor_flag}"]).trimmingCharacters(in: .newlines)
    }

    /// Looks again and again until it fits.
    @discardableResult
    func wait(for what: String, seconds: Double = 60, until fits: ([String]) -> Bool) throws -> [String] {
        let deadline = Date(timeIntervalSinceNow: seconds)
        while true {
            let rows = try rows()
            if fits(rows) { return rows }
            guard Date() < deadline else {
                throw TooLate(description: "no \(what) on the screen:\n\(rows.joined(separator: "\n"))")
            }
        }
    }

    @discardableResult
    private func tmux(_ arguments: [String]) throws -> String {
        try Tool.run("/usr/bin/env", ["-u", "TMUX", "LC_ALL=C.UTF-8", Self.program, "-N", "-S", socket] + arguments)
    }
}

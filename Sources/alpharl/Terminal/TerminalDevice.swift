import CLinux
import Foundation
import Glibc

/// The terminal that somebody looks at, if there is one.
struct TerminalDevice: Sendable {
    /// Of standard output or standard error.
    let descriptor: Int32

    static let output = TerminalDevice(descriptor: STDOUT_FILENO)
    static let errors = TerminalDevice(descriptor: STDERR_FILENO)

    var isTerminal: Bool { isatty(descriptor) == 1 }

    /// Can move the cursor: a terminal that does not call itself dumb.
    var isScreen: Bool { isTerminal && ProcessInfo.processInfo.environment["TERM"] != "dumb" }

    /// Columns and rows; nil where there is no terminal, or it does not know.
    var size: (columns: Int, rows: Int)? {
        let size = alpharl_terminal_size(descriptor)
        return size.columns > 0 && size.rows > 0 ? (Int(size.columns), Int(size.rows)) : nil
    }

    /// Of the text to be written: the terminal's, at least 40 and at most 100 for prose; 80 without one.
    var proseWidth: Int { size.map { min(100, max(40, $0.columns)) } ?? 80 }

    var palette: Palette {
        let environment = ProcessInfo.processInfo.environment
        let refuses = environment["NO_COLOR"].map { !$0.isEmpty } ?? false
        return isScreen && !refuses ? .colours : .none
    }
}

/// A whole screen for a live view: the other page of the terminal, without cursor, and without what is typed. Given back
/// as it was by `leave`.
struct LiveTerminal: Sendable {
    private static let keys = STDIN_FILENO

    func enter() {
        if isatty(Self.keys) == 1 { _ = alpharl_terminal_quiet(Self.keys) }
        // The other page, no cursor, no line breaks of the terminal's own.
        StandardOutput.write("\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l\u{1B}[2J")
    }

    func leave() {
        StandardOutput.write("\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l")
        _ = alpharl_terminal_restore(Self.keys)
    }

    /// Shows a frame in place of the last one, in one write, so that nothing flickers.
    func show(_ lines: [String]) {
        // What was on a line goes before the new text comes: after a line that fills the screen the cursor still stands on
        // its last character, which would go too.
        let text = lines.map { "\u{1B}[K" + $0 }.joined(separator: "\r\n")
        StandardOutput.write("\u{1B}[H" + text)
    }

    /// Calls `press` for each key until it returns false or the input ends, on a thread of its own. Nothing without a
    /// keyboard.
    func readKeys(_ press: @escaping @Sendable (UInt8) -> Bool) {
        guard isatty(Self.keys) == 1 else { return }
        Thread.detachNewThread {
            while let key = try? FileHandle.standardInput.read(upToCount: 1)?.first, press(key) {}
        }
    }
}

/// What a program may read as well as a person.
enum StandardOutput {
    /// Whoever stops reading ends the program: by SIGPIPE, or here.
    static func write(_ text: String) {
        do { try FileHandle.standardOutput.write(contentsOf: Data(text.utf8)) } catch {
            Foundation.exit(ExitStatus.inputOutput.rawValue)
        }
    }
}

import ArgumentParser
import Foundation
import StatusAPI
import StatusServer
import UnixSignals

struct WatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Shows where a run stands, live: status, course of the confidence, events.",
        discussion: """
            Example: alpharl watch qwen-math

            Ends with q or Ctrl-C. Goes on when the daemon is restarted. Where standard output is no terminal, the status \
            and then a line for each event. NO_COLOR is respected.
            """)

    @OptionGroup var place: SocketOptions

    @Flag(help: "Lines, also on a terminal.")
    var plain = false

    @Flag(help: "End when the daemon does, with status 69, in place of waiting for it to come back.")
    var untilGone = false

    mutating func run() async throws {
        let path = try place.find()
        // A daemon that is not there now is told at once, as `status` does.
        let status = try StatusClient(path: path).get("/v1/status", as: RunStatus.self)
        let (updates, queue) = AsyncStream<WatchUpdate>.makeStream()
        queue.yield(.status(status))
        let signals = Task {
            for await signal in await UnixSignalsSequence(
                trapping: .sigint, .sigterm, .sighup, .sigquit, .sigwinch, .sigcont)
            {
                queue.yield([.sigwinch, .sigcont].contains(signal) ? .resized : .quit)
            }
        }
        defer { signals.cancel() }
        DaemonFollower(path: path, reconnects: !untilGone) { queue.yield($0) }.start()
        let failure =
            plain || !TerminalDevice.output.isScreen
            ? await PlainView(palette: .none).show(updates) : await LiveView(path: path).show(updates, queue)
        if let failure { throw failure }
    }
}

/// The live view on a whole terminal.
private struct LiveView {
    let path: String
    let terminal = LiveTerminal()
    let palette = TerminalDevice.output.palette

    /// - Returns: why it ended, when nobody asked for it.
    func show(_ updates: AsyncStream<WatchUpdate>, _ queue: AsyncStream<WatchUpdate>.Continuation) async -> Failure? {
        terminal.enter()
        defer { terminal.leave() }
        terminal.readKeys { key in
            guard [UInt8(ascii: "q"), UInt8(ascii: "Q"), 3, 4].contains(key) else { return true }
            queue.yield(.quit)
            return false
        }
        var model = WatchModel()
        for await update in updates {
            if case .quit = update { return nil }
            if case .ended(let failure) = update { return failure }
            model.apply(update, at: Date())
            let size = TerminalDevice.output.size ?? (80, 24)
            let screen = WatchScreen(model: model, path: path, columns: size.columns, rows: size.rows)
            terminal.show(screen.lines().map { $0.rendered(palette) })
        }
        return nil
    }
}

/// For a file, a pipe or a dumb terminal: the status once, then what happens, a line each.
private struct PlainView {
    let palette: Palette

    func show(_ updates: AsyncStream<WatchUpdate>) async -> Failure? {
        var model = WatchModel()
        for await update in updates {
            let wasLost = model.lost != nil
            let isFirst = model.status == nil
            model.apply(update, at: Date())
            switch update {
            case .quit: return nil
            case .ended(let failure): return failure
            case .status(let status) where isFirst:
                StandardOutput.write(StatusScreen(status: status, width: 80).text(palette))
            case .event(let event):
                let text = EventText(event)
                write(event.at, text.kind, text.text)
            case .lost(let reason) where !wasLost: write(Date(), "lost", reason)
            case .connected where wasLost: write(Date(), "back", "the daemon answers again")
            case .status, .history, .lost, .connected, .resized: break
            }
        }
        return nil
    }

    private func write(_ time: Date, _ kind: String, _ text: String) {
        let head = (JSONCoding.rfc3339(time) + "  " + kind).padding(toLength: 38, withPad: " ", startingAt: 0)
        StandardOutput.write(ScreenLine(head + text).text + "\n")
    }
}

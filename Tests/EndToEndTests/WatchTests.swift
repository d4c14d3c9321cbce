import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// `alpharl watch` and `alpharl status` as a person sees them, and as a file gets them.
    @Suite(.enabled(if: TmuxScreen.isInstalled, "tmux is missing; deploy/test installs it")) struct WatchTests {
        private let run: RunFolder

        init() throws { run = try RunFolder() }

        private func screen(
            _ command: String, columns: Int, rows: Int, variables: [String: String] = [:]
        ) throws -> TmuxScreen {
            try TmuxScreen(
                "\(Alpharl.path) \(command) --socket \(run.socket)", in: run.place, columns: columns, rows: rows,
                variables: ["LANG": "C.UTF-8"].merging(variables) { $1 })
        }

        @Test(arguments: [(80, 24), (200, 50)])
        func liveViewShowsStatusCurvesAndEventsAsTheyCome(columns: Int, rows: Int) throws {
            try run.publish([24, 48])
            let daemon = try LiveDaemon(run)
            try daemon.waitUntilRecorded(48)
            let screen = try screen("watch", columns: columns, rows: rows)
            let before = try screen.wait(for: "two checkpoints") { rows in
                rows.contains { $0.contains("2 checkpoints, steps 24 to 48") }
                    && rows.contains { $0.contains("Steps 24 to 48") }
            }
            #expect(before.allSatisfy { $0.count <= columns })
            for word in [
                "run test", "Working", "Seen", "Movement", "Forecast", "Confidence", "Energy", "Next", "Events",
            ] {
                #expect(before.contains { $0.contains(word) }, "\(word) is missing in \(before)")
            }
            let beside = before.contains { $0.contains("Steps 24 to 48") && ($0.hasPrefix("alpharl")) }
            #expect(beside == (columns == 200), "two columns only where there is room: \(before)")
            try run.publish(72)
            let after = try screen.wait(for: "the third checkpoint, as an event") { rows in
                rows.contains { $0.contains("3 checkpoints, steps 24 to 72") }
                    && rows.contains { $0.contains("checkpoint") && $0.contains("step 72 recorded in") }
            }
            #expect(after.last { !$0.isEmpty }?.hasPrefix("q ends · follows") == true, "\(after)")
            try daemon.stop()
        }

        @Test(arguments: ["C-c", "q"]) func keyEndsItAndGivesTheTerminalBack(key: String) throws {
            let daemon = try LiveDaemon(run)
            let screen = try screen("watch", columns: 80, rows: 24)
            try screen.wait(for: "the live view") { $0.contains { $0.hasPrefix("q ends") } }
            #expect(try screen.flags() == "1 0", "the other page, no cursor")
            try screen.press(key)
            try screen.wait(for: "the prompt") { $0.last { !$0.isEmpty } == "$" }
            #expect(try screen.flags() == "0 1", "the first page, with the cursor")
            try screen.type("echo status=$? && stty -a | tr ' ' '\\n' | grep -x -e echo -e icanon | xargs echo")
            let rows = try screen.wait(for: "what the shell says") { $0.contains { $0.hasPrefix("status=") } }
            #expect(rows.contains("status=0"), "\(rows)")
            try screen.wait(for: "echo and lines as before") { $0.contains("icanon echo") }
            try daemon.stop()
        }

        @Test func restartOfTheDaemonIsSeenThrough() throws {
            try run.publish([24, 48])
            var daemon = try LiveDaemon(run)
            try daemon.waitUntilRecorded(48)
            let screen = try screen("watch", columns: 120, rows: 40)
            try screen.wait(for: "two checkpoints") { $0.contains { $0.contains("2 checkpoints") } }
            try daemon.kill()
            try screen.wait(for: "the loss") { $0.contains { $0.hasPrefix("no answer for") } }
            try run.publish(72)
            daemon = try LiveDaemon(run)
            let rows = try screen.wait(for: "the third checkpoint") { rows in
                rows.contains { $0.contains("3 checkpoints") } && rows.contains { $0.hasPrefix("q ends") }
                    && rows.contains { $0.contains("step 72 recorded") }
            }
            #expect(rows.count { $0.contains("step 48 recorded") } == 1, "nothing twice: \(rows)")
            try daemon.stop()
        }

        @Test func anotherSizeIsFollowed() throws {
            let daemon = try LiveDaemon(run)
            let screen = try screen("watch", columns: 80, rows: 24)
            try screen.wait(for: "the live view") { $0.contains { $0.hasPrefix("q ends") } }
            try screen.resize(columns: 160, rows: 45)
            try screen.wait(for: "the view in its new size") { rows in
                rows.count == 45 && rows[44].hasPrefix("q ends") && rows.contains { $0.contains("Events") }
            }
            try daemon.stop()
        }

        @Test(arguments: [("", true), ("1", false)]) func noColorIsRespected(value: String, isPainted: Bool) throws {
            let daemon = try LiveDaemon(run)
            for command in ["watch", "status"] {
                let place = try TemporaryDirectory()
                let screen = try TmuxScreen(
                    "\(Alpharl.path) \(command) --socket \(run.socket)", in: place, columns: 80, rows: 24,
                    variables: ["LANG": "C.UTF-8", "NO_COLOR": value])
                try screen.wait(for: "the status") { $0.contains { $0.hasPrefix("Next") } }
                let codes = try screen.rows(isPainted: true).joined().contains("\u{1B}[")
                #expect(codes == isPainted, "\(command) with NO_COLOR=\(value)")
            }
            try daemon.stop()
        }

        /// A file gets the status and then a line for each event, and no code for a terminal.
        @Test func withoutATerminalItIsLines() throws {
            try run.publish(24)
            let daemon = try LiveDaemon(run)
            try daemon.waitUntilRecorded(24)
            let watch = try Alpharl.start(["watch", "--socket", run.socket], home: run.place.path)
            let soon = Date(timeIntervalSinceNow: 60)
            #expect(watch.output.contains("1 checkpoint, step 24", before: soon))
            try run.publish(48)
            #expect(watch.output.contains("step 48 recorded", before: soon), "\(watch.output.text)")
            watch.send(SIGINT)
            let outcome = try watch.wait(seconds: 20)
            #expect(outcome.end == .exit(0) && outcome.errors.isEmpty, "\(outcome)")
            #expect(!outcome.output.contains("\u{1B}"))
            let events = outcome.output.split(separator: "\n").filter { $0.hasPrefix("20") }
            #expect(events.allSatisfy { $0.contains(#/^\d{4}-\d\d-\d\dT[0-9:.]+Z  [a-z]+ +\S/#) }, "\(events)")
            try daemon.stop()
        }

        @Test func withoutADaemonItEndsAtOnceWithStatus69() throws {
            let outcome = try Alpharl.run(["watch", "--socket", run.socket])
            #expect(outcome.status == 69 && outcome.output.isEmpty && outcome.complaint != nil, "\(outcome)")
        }

        @Test func untilGoneEndsWithTheDaemon() throws {
            let daemon = try LiveDaemon(run)
            let watch = try Alpharl.start(["watch", "--until-gone", "--socket", run.socket], home: run.place.path)
            #expect(watch.output.contains("Next", before: Date(timeIntervalSinceNow: 60)))
            try daemon.stop()
            let outcome = try watch.wait(seconds: 20)
            #expect(outcome.status == 69 && outcome.complaint != nil, "\(outcome)")
        }

        /// The daemon in the foreground: a bar below the lines of its log, which stay whole, and nothing of it in a file.
        @Test func serveShowsABarBelowItsLog() throws {
            let steps = [24, 48, 72, 96, 120, 144]
            try run.publish(steps)
            let serve = "\(Alpharl.path) serve --config \(run.configuration)"
            let screen = try TmuxScreen(serve, in: run.place, columns: 500, rows: 50, variables: ["LANG": "C.UTF-8"])
            try screen.wait(for: "the bar", seconds: 120) { rows in
                rows.contains { $0.contains(#/^recording step \d+  [█░]{20} \d+ of 21 modules/#) }
            }
            // A full bar has no light part.
            let after = try screen.wait(for: "the last checkpoint, and no bar", seconds: 120) { rows in
                rows.contains { $0.contains("step=144") && $0.contains("recorded") }
                    && !rows.contains { $0.contains("░") || $0.contains("█") }
            }
            let lines = after.filter { !$0.isEmpty && !$0.hasPrefix("$ ") }
            #expect(lines.count > steps.count && lines.allSatisfy { $0.contains(#/^\d{4}-\d\d-\d\dT/#) }, "\(after)")
            try screen.press("C-c")
            try screen.wait(for: "the prompt") { $0.last { !$0.isEmpty } == "$" }
            let plain = try Alpharl.run(["serve", "--config", run.configuration, "--once"], home: run.place.path)
            #expect(plain.status == 0 && !plain.errors.contains("\r") && !plain.errors.contains("\u{1B}"), "\(plain)")
        }

        /// Bars are for a person: on a terminal they come, and go without a trace.
        @Test func predictShowsABarOnATerminalAndLeavesNothingOfIt() throws {
            let out = run.place.path("out")
            let command =
                "\(Alpharl.path) predict \(try ExampleRun.directory()) --base \(try ExampleRun.base()) --until-step 192 "
                + "--out \(out) 2>&1 | cat >/dev/null; \(Alpharl.path) predict \(try ExampleRun.directory()) "
                + "--base \(try ExampleRun.base()) --until-step 240 --out \(out)"
            let screen = try TmuxScreen(command, in: run.place, columns: 120, rows: 50, variables: ["LANG": "C.UTF-8"])
            let during = try screen.wait(for: "the bar", seconds: 120) { rows in
                rows.contains { $0.contains(#/^recording step \d+  [█░]{20} \d+ of 21 modules.*more wait/#) }
            }
            #expect(!during.contains { $0.contains("confidence ") })
            let after = try screen.wait(for: "the path", seconds: 120) { $0.contains { $0.hasPrefix(out) } }
            #expect(!after.contains { $0.contains("█") || $0.contains("░") }, "\(after)")
        }
    }
}

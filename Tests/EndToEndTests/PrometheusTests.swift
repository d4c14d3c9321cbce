import Foundation
import StatusAPI
import TestSupport
import Testing

extension EndToEnd {
    /// `/metrics` of a real daemon, as Prometheus, node_exporter and the shipped dashboard see it.
    @Suite struct PrometheusTests {
        private static let promtool = ProcessInfo.processInfo.environment["ALPHARL_TEST_PROMTOOL"]

        private func metrics(of daemon: LiveDaemon) throws -> String {
            String(decoding: try daemon.client.getBytes("/metrics"), as: UTF8.self)
        }

        private func value(_ name: String, in text: String) -> Double? {
            text.split(separator: "\n").first { $0.hasPrefix(name + " ") }
                .flatMap { Double($0.dropFirst(name.count + 1)) }
        }

        @Test(.enabled(if: promtool != nil)) func promtoolFindsNothingWrong() throws {
            let run = try RunFolder()
            try run.publish([24, 48])
            let daemon = try LiveDaemon(run)
            try daemon.waitUntilIdle(recorded: 2)
            let file = try run.place.write(try metrics(of: daemon), to: "metrics.txt")
            let said = try Tool.run(
                "/bin/sh", ["-c", "exec \"$0\" check metrics <\"$1\" 2>&1", try #require(Self.promtool), file])
            #expect(said.isEmpty, "\(said)")
            try daemon.stop()
        }

        /// What rises is counted from the store: a kill and a restart reset nothing, and the kill is told.
        @Test func countsSurviveAKillWhichIsTold() throws {
            let run = try RunFolder()
            try run.publish([24, 48])
            var daemon = try LiveDaemon(run)
            try daemon.waitUntilIdle(recorded: 2)
            let before = try metrics(of: daemon)
            let label = "{run=\"test\"}"
            #expect(value("alpharl_starts_total\(label)", in: before) == 1)
            #expect(value("alpharl_unclean_ends_total\(label)", in: before) == 0)
            #expect(value("alpharl_recording_duration_seconds_count\(label)", in: before) == 2)
            try daemon.kill()
            daemon = try LiveDaemon(run)
            let after = try metrics(of: daemon)
            #expect(value("alpharl_starts_total\(label)", in: after) == 2)
            #expect(value("alpharl_unclean_ends_total\(label)", in: after) == 1)
            #expect(value("alpharl_watchdog_ends_total\(label)", in: after) == 0, "a kill is no hang")
            let sum = "alpharl_recording_duration_seconds_sum\(label)"
            #expect(value(sum, in: after) != nil && value(sum, in: after) == value(sum, in: before))
            try daemon.stop()
            daemon = try LiveDaemon(run)
            #expect(value("alpharl_unclean_ends_total\(label)", in: try metrics(of: daemon)) == 1, "a stop is clean")
            try daemon.stop()
        }

        /// The script writes one file for each socket, says when nobody answers, and takes away what is gone.
        @Test func bridgeHandsOnWhatAnswersAndSaysWhatDoesNot() throws {
            let run = try RunFolder()
            let daemon = try LiveDaemon(run)
            let folder = try run.place.makeDirectory("textfile")
            func collect() throws -> [String] {
                try Tool.run(
                    "/usr/bin/env",
                    [
                        "ALPHARL_SOCKETS=\(run.place.path)",
                        ExampleRun.repository + "deploy/prometheus/alpharl-textfile", folder,
                    ])
                return try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
            }
            func text() throws -> String { try String(contentsOfFile: folder + "/alpharl-run.prom", encoding: .utf8) }
            #expect(try collect() == ["alpharl-run.prom"])
            #expect(
                try text().contains("alpharl_ready{run=\"test\"}") && text().contains("alpharl_up{run=\"run\"} 1\n"))
            try daemon.kill()
            #expect(try collect() == ["alpharl-run.prom"])
            #expect(try text().hasSuffix("alpharl_up{run=\"run\"} 0\n") && !text().contains("alpharl_ready"))
            try FileManager.default.removeItem(atPath: run.socket)
            #expect(try collect().isEmpty)
        }

        /// A dashboard or a rule with a name that nobody writes shows nothing and says nothing.
        @Test(arguments: ["deploy/grafana/alpharl.json", "deploy/prometheus/alpharl.rules.yml"])
        func everyNameThatIsAskedForIsThere(file: String) throws {
            let run = try RunFolder()
            let daemon = try LiveDaemon(run)
            let there = try metrics(of: daemon).matches(of: #/# TYPE (\w+) (\w+)/#).flatMap { match in
                match.2 == "histogram"
                    ? ["_bucket", "_sum", "_count"].map { String(match.1) + $0 } : [String(match.1)]
            }
            try daemon.stop()
            let text = try String(contentsOfFile: ExampleRun.repository + file, encoding: .utf8)
            let asked = Set(text.matches(of: #/\balpharl_[a-z0-9_]+/#).map { String($0.output) })
            #expect(asked.count > 8)
            #expect(asked.subtracting(there).subtracting(["alpharl_up"]).isEmpty)
        }
    }
}

import Foundation
import StatusAPI
import TestSupport
import Testing
import Vocabulary

extension EndToEnd {
    /// Many clients, and a long run: answers stay quick, and nothing grows.
    @Suite struct LoadTests {
        /// What Tests/Faults/load.py prints; times in milliseconds.
        private struct Load: Decodable {
            var answered, failed, streams: Int
            var errors: [String]
            var p50, p99, longest: Double
            var fewestEvents, mostEvents: Int
        }

        static let isThorough = ProcessInfo.processInfo.environment["ALPHARL_TEST_THOROUGH"] == "1"

        /// `ALPHARL_TEST_QUIET=1` on a machine that does nothing else: then the promise itself is checked.
        private static let isQuiet = ProcessInfo.processInfo.environment["ALPHARL_TEST_QUIET"] == "1"

        @Test func twoHundredClientsAndFiftyStreamsAreServedWhileItRecords() throws {
            let run = try RunFolder()
            let daemon = try LiveDaemon(run)
            try run.publish(ExampleRun.steps[0])
            try daemon.waitUntilRecorded(ExampleRun.steps[0])
            let script = ExampleRun.repository + "Tests/Faults/load.py"
            let clients = try ChildProcess(
                "/usr/bin/env", ["python3", script, run.socket, "--seconds", "6"],
                environment: ProcessInfo.processInfo.environment)
            // Recording goes on for as long as the clients ask.
            for step in ExampleRun.steps.dropFirst().prefix(8) { try run.publish(step) }
            let outcome = try clients.wait(seconds: 120)
            try #require(outcome.status == 0, "\(outcome)")
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            let load = try decoder.decode(Load.self, from: Data(outcome.output.utf8))
            print("load: \(outcome.output)")
            #expect(load.failed == 0 && load.streams == 50, "\(load)")
            // Times mean something only where nobody else takes the processors.
            if Self.isQuiet { #expect(load.p99 < 50, "\(load)") }
            #expect(load.answered >= 200)
            #expect(load.fewestEvents >= 2, "every stream tells of the first checkpoint and its forecast: \(load)")
            try daemon.waitUntilRecorded(ExampleRun.steps[8])
            try daemon.stop()
        }

        /// Two hours of a run that saves once a minute and keeps three checkpoints, at full speed.
        @Test(.enabled(if: isThorough, "takes minutes: ALPHARL_TEST_THOROUGH=1"))
        func aLongRunGrowsNeitherInDescriptorsNorInMemory() throws {
            let source = try TemporaryDirectory(inMemory: true)
            let straight = try StraightRun(in: source)
            let run = try RunFolder(base: straight.base, watched: straight.watched, ["emit": ["keep = 2"]])
            let daemon = try LiveDaemon(run)
            var sizes: [(descriptors: Int, kilobytes: Int)] = []
            for number in 1...120 {
                let step = number * 10
                try straight.add(step)
                if number > 3 { try straight.remove(step - 30) }
                try daemon.waitUntilRecorded(step)
                _ = try daemon.checkpoints()
                if number.isMultiple(of: 40) { sizes.append(try Self.size(of: daemon.process.identifier)) }
            }
            print("soak: \(sizes)")
            try daemon.waitUntilIdle(recorded: 120)
            #expect(sizes[2].descriptors <= sizes[0].descriptors + 2, "\(sizes)")
            // What is kept in memory for each checkpoint is a few hundred bytes; the rest is allocators' slack.
            #expect(sizes[2].kilobytes - sizes[1].kilobytes < 16_384, "\(sizes)")
            #expect(try daemon.status().state == .watching)
            try daemon.stop()
        }

        /// All are noted before anything is read, so that the daemon is ready soon; then they are recorded in step order, and
        /// a restart goes on where it was.
        @Test(.enabled(if: isThorough, "takes minutes: ALPHARL_TEST_THOROUGH=1"))
        func aThousandCheckpointsWaitingAtTheStart() throws {
            let source = try TemporaryDirectory(inMemory: true)
            let straight = try StraightRun(in: source)
            for number in 1...1000 { try straight.add(number * 10) }
            let run = try RunFolder(base: straight.base, watched: straight.watched)
            let began = Date()
            let daemon = try LiveDaemon(run)
            try daemon.poll("first scan") { try daemon.status().state != .starting }
            print("a thousand checkpoints: ready after \(Date().timeIntervalSince(began)) s")
            let counts = try daemon.status().checkpoints
            #expect(counts.recorded + counts.pending == 1000)
            try daemon.waitUntilRecorded(100)
            try daemon.kill()
            let next = try LiveDaemon(run)
            try next.waitUntilRecorded(150)
            let recorded = try next.checkpoints().filter { $0.state == .recorded }.map(\.step.value)
            #expect(recorded == (1...recorded.count).map { $0 * 10 })
            try next.stop()
        }

        private static func size(of process: Int32) throws -> (descriptors: Int, kilobytes: Int) {
            let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/fd").count
            let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
            let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") })
            return (open, try #require(Int(line.filter(\.isNumber))))
        }
    }
}

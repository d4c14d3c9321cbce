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

        /// `deploy/test --long`, which CI calls, sets it.
        private static let isLong = ProcessInfo.processInfo.environment["ALPHARL_TEST_LONG"] == "1"

        /// `ALPHARL_TEST_QUIET=1` on a machine that does nothing else: then the promise itself is checked.
        private static let isQuiet = ProcessInfo.processInfo.environment["ALPHARL_TEST_QUIET"] == "1"

        @Test func twoHundredClientsAndFiftyStreamsAreServedWhileItRecords() throws {
            let run = try RunFolder()
            let daemon = try LiveDaemon(run)
            try run.publish(ExampleRun.steps[0])
            try daemon.waitUntilRecorded(ExampleRun.steps[0])
            let process = "\(daemon.process.identifier)"
            let before = try ProcessSize.of(process)
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
            // Anywhere: nobody waited as long as the server waits for a client that takes nothing.
            #expect(load.p99 < 30_000, "\(load)")
            #expect(load.answered >= 200)
            #expect(load.fewestEvents >= 2, "every stream tells of the first checkpoint and its forecast: \(load)")
            try daemon.waitUntilRecorded(ExampleRun.steps[8])
            // The clients have gone, and so has what they took: 250 connections, and buffers of at most 64 KiB for each.
            try daemon.poll("end of the clients' connections") {
                try ProcessSize.of(process).descriptors <= before.descriptors + 5
            }
            let after = try ProcessSize.of(process)
            print("load: before \(before), after \(after)")
            #expect(after.kilobytes - before.kilobytes < 65_536, "\(before), \(after)")
            try daemon.stop()
        }

        /// Two hours of a run that saves once a minute and keeps three checkpoints, at full speed.
        @Test(.enabled(if: isLong, "ALPHARL_TEST_LONG=1"))
        func aLongRunGrowsNeitherInDescriptorsNorInMemory() throws {
            let source = try TemporaryDirectory(inMemory: true)
            let straight = try StraightRun(in: source)
            let run = try RunFolder(base: straight.base, watched: straight.watched, ["emit": ["keep = 2"]])
            let daemon = try LiveDaemon(run)
            var sizes: [ProcessSize] = []
            for number in 1...120 {
                let step = number * 10
                try straight.add(step)
                if number > 3 { try straight.remove(step - 30) }
                try daemon.waitUntilRecorded(step)
                _ = try daemon.checkpoints()
                if number.isMultiple(of: 40) { sizes.append(try ProcessSize.of("\(daemon.process.identifier)")) }
            }
            print("soak: \(sizes)")
            try daemon.waitUntilIdle(recorded: 120)
            #expect(sizes[2].descriptors <= sizes[0].descriptors + 2, "\(sizes)")
            // What is kept in memory for each checkpoint is a few hundred bytes; the rest is allocators' slack.
            #expect(sizes[2].kilobytes - sizes[1].kilobytes < 16_384, "\(sizes)")
            #expect(try daemon.status().state == .watching)
            try daemon.stop()
        }
    }
}

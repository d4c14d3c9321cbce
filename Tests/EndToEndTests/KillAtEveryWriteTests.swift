import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// kill -9 at every write, flush, rename and removal of the real program, torn writes among them: every state of the
    /// disk that a dying process can leave. The next start goes on and ends with the same result, bit for bit.
    @Suite struct KillAtEveryWriteTests {
        private static let isThorough = ProcessInfo.processInfo.environment["ALPHARL_TEST_THOROUGH"] == "1"
        /// Kills that are tried unless `ALPHARL_TEST_THOROUGH=1`, evenly spread over the run; more with
        /// `ALPHARL_TEST_LONG=1`, which CI sets.
        private static let sample = ProcessInfo.processInfo.environment["ALPHARL_TEST_LONG"] == "1" ? 72 : 24

        private let run: StraightRun
        private let place: TemporaryDirectory
        private let library: String

        init() throws {
            place = try TemporaryDirectory(inMemory: true)
            run = try StraightRun(in: place)
            for step in StraightRun.steps { try run.add(step) }
            library = place.path("kill_at_write.so")
            let source = ExampleRun.repository + "Tests/Faults/kill_at_write.c"
            try Tool.run("/usr/bin/env", ["cc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"])
        }

        private func once(_ folder: RunFolder, killingAt number: Int?) throws -> ProcessOutcome {
            var variables: [String: String] = [:]
            if let number {
                variables = [
                    "LD_PRELOAD": library, "KILL_BELOW": folder.place.path, "KILL_AT": String(number),
                    "KILL_COUNT": folder.place.path("count"),
                ]
            }
            return try Alpharl.run(["serve", "--once", "--config", folder.configuration], adding: variables)
        }

        private func folder() throws -> RunFolder {
            try RunFolder(
                base: run.base, watched: run.watched, inMemory: true,
                ["resources": ["threads = 1"], "emit": ["keep = 2"]])
        }

        @Test func theNextStartEndsAsIfNothingHadHappened() throws {
            let quiet = try folder()
            let outcome = try once(quiet, killingAt: 0)
            try #require(outcome.status == 0, "\(outcome)")
            let expected = try RunResult(quiet)
            #expect(expected.weights.count == 2 || expected.weights.count == 1)
            let text = try quiet.place.text(of: "count").trimmingCharacters(in: .whitespacesAndNewlines)
            let count = try #require(Int(text))
            #expect(count > 200)

            let numbers = Self.isThorough ? Array(1...count) : (1...Self.sample).map { $0 * count / Self.sample }
            var kills = 0
            for number in numbers {
                let disturbed = try folder()
                let killed = try once(disturbed, killingAt: number)
                // Threads may share the work a little differently each time: the last number may not be reached.
                if killed.end == .signal(SIGKILL) { kills += 1 }
                let next = try once(disturbed, killingAt: nil)
                #expect(next.status == 0, "killed at call \(number) of \(count): \(next)")
                #expect(try RunResult(disturbed) == expected, "killed at call \(number) of \(count)")
                let left = try FileManager.default.contentsOfDirectory(atPath: disturbed.emitted)
                #expect(left.allSatisfy { !$0.hasPrefix(".tmp") }, "killed at call \(number) of \(count): \(left)")
            }
            #expect(kills >= numbers.count * 9 / 10)
            print("killed \(kills) times, at \(numbers.count) of \(count) calls that change the disk")
        }
    }
}

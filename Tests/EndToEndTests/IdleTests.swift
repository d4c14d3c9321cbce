import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// A watched run with nothing new costs nothing that could be felt beside a trainer.
    @Suite struct IdleTests {
        /// What the daemon may do in a second with nothing to do. It wakes once a second for libdispatch, which looks after its
        /// threads, about eight times a minute for signs of life and once for a look at the run's folder, and takes about .05 ms
        /// of a second for all that. Whoever polls ten times a second, or works a hundredth of it, is found.
        private static let wakesPerSecond = 10.0
        private static let workPerSecond = 0.01

        @Test func withNothingNewItSleeps() throws {
            let run = try RunFolder()
            let daemon = try LiveDaemon(run)
            for step in ExampleRun.steps.prefix(2) { try run.publish(step) }
            try daemon.waitUntilIdle(recorded: 2)
            let before = try ThreadCounts.of(daemon.process.identifier)
            let began = ContinuousClock.now
            // No wait for anything: this is the time that is looked at.
            Thread.sleep(forTimeInterval: 12)
            let after = try ThreadCounts.of(daemon.process.identifier)
            let seconds = Double((ContinuousClock.now - began).components.seconds) + 1
            let spent = after.since(before)
            print("idle: \(spent.wakes) wakes and \(spent.nanoseconds / 1_000) microseconds of work in \(seconds) s")
            #expect(Double(spent.wakes) <= Self.wakesPerSecond * seconds)
            #expect(Double(spent.nanoseconds) <= Self.workPerSecond * seconds * 1e9)
            try daemon.stop()
        }
    }
}

/// What the kernel has counted for each thread of a process since it began (proc(5): task/TID/schedstat and status).
private struct ThreadCounts {
    private var wakes: [String: Int] = [:]
    private var nanoseconds: [String: Int] = [:]

    /// A thread that ends meanwhile is left out.
    static func of(_ process: some BinaryInteger) throws -> ThreadCounts {
        let folder = "/proc/\(process)/task"
        var counts = ThreadCounts()
        for thread in try FileManager.default.contentsOfDirectory(atPath: folder) {
            guard let times = try? String(contentsOfFile: "\(folder)/\(thread)/schedstat", encoding: .utf8),
                let status = try? String(contentsOfFile: "\(folder)/\(thread)/status", encoding: .utf8)
            else { continue }
            let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("voluntary_ctxt_switches") })
            let spent: Int = try #require(times.split(separator: " ").first.flatMap { Int($0) })
            let wakes: Int = try #require(Int(line.filter(\.isNumber)))
            counts.nanoseconds[thread] = spent
            counts.wakes[thread] = wakes
        }
        try #require(!counts.wakes.isEmpty)
        return counts
    }

    /// A thread that is new counts with all it has done.
    func since(_ before: ThreadCounts) -> (wakes: Int, nanoseconds: Int) {
        (
            wakes.reduce(0) { $0 + $1.value - before.wakes[$1.key, default: 0] },
            nanoseconds.reduce(0) { $0 + $1.value - before.nanoseconds[$1.key, default: 0] }
        )
    }
}

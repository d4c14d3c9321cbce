import Foundation
import StatusAPI
import TestSupport
import Testing
import TrajectoryStore
import Vocabulary

extension EndToEnd {
    /// A store that the disk has spoiled is moved aside whole, and learned again from what is left of the run.
    @Suite struct DamagedStoreTests {
        private func recorded(_ run: RunFolder, _ steps: [Int]) throws -> [String] {
            try run.publish(steps)
            let outcome = try Alpharl.run(["serve", "--once", "--config", run.configuration])
            try #require(outcome.status == 0, "\(outcome)")
            return try RunResult(run).lines
        }

        /// Overwrites the first page of a table.
        private func spoil(_ table: String, of run: RunFolder) throws {
            let page = try Tool.run(
                "/usr/bin/env", ["sqlite3", run.store, "SELECT rootpage FROM sqlite_schema WHERE name = '\(table)'"])
            let root = try #require(UInt64(page.trimmingCharacters(in: .whitespacesAndNewlines)))
            let file = try #require(FileHandle(forUpdatingAtPath: run.store))
            try file.seek(toOffset: (root - 1) * 4096)
            try file.write(contentsOf: Data(repeating: 0xA5, count: 4096))
            try file.close()
        }

        private func movedAside(_ run: RunFolder) throws -> [String] {
            try run.place.names().filter {
                $0.hasPrefix("store.sqlite.damaged-") && !$0.hasSuffix("-wal") && !$0.hasSuffix("-shm")
            }
        }

        @Test func foundAtTheStartItIsMovedAsideAndLearnedAgain() throws {
            let run = try RunFolder()
            let steps = Array(ExampleRun.steps.prefix(3))
            let before = try recorded(run, steps)
            try spoil("factor", of: run)

            let daemon = try LiveDaemon(run)
            let event = try daemon.event { $0.kind == .warning }
            try daemon.waitUntilRecorded(steps[2])
            try daemon.waitUntilIdle(recorded: 3)
            let status = try daemon.status()
            #expect(status.state == .degraded)
            let reason = try #require(status.lastError)
            let aside = try movedAside(run)
            #expect(aside.count == 1)
            #expect(
                reason.contains(aside.first ?? "-") && reason.contains("damaged") && reason.contains(";"), "\(reason)")
            guard case .warning(let warning) = event.body else { return }
            #expect(warning.message == reason)
            #expect(daemon.process.errors.text.contains("store moved aside"))
            #expect(try RunResult(run).lines == before)
            try daemon.stop()

            // Once it is whole again nobody complains.
            let next = try LiveDaemon(run)
            try next.poll("first scan") { try next.status().state == .watching }
            #expect(try next.status().lastError == nil)
            #expect(try movedAside(run) == aside)
            try next.stop()
        }

        @Test func metWhileItRunsTheDaemonBeginsAnewByItself() throws {
            let run = try RunFolder()
            let steps = Array(ExampleRun.steps.prefix(3))
            let daemon = try LiveDaemon(run)
            try run.publish(steps.prefix(2))
            try daemon.waitUntilRecorded(steps[1])
            try daemon.waitUntilIdle(recorded: 2)
            _ = try Tool.run("/usr/bin/env", ["sqlite3", run.store, "PRAGMA wal_checkpoint(TRUNCATE)"])
            for table in ["factor", "triplet", "checkpoint", "registration"] { try spoil(table, of: run) }
            try run.publish(steps[2])
            try daemon.poll("new store") {
                try (try? daemon.status().checkpoints.recorded) == 3 && !movedAside(run).isEmpty
            }
            #expect(try daemon.status().lastError?.contains("damaged") == true)
            try daemon.stop()
        }

        /// Somebody else's lock is waited for, and said.
        @Test func lockedByAnotherProcessItWaitsAndGoesOn() throws {
            let run = try RunFolder()
            let steps = Array(ExampleRun.steps.prefix(2))
            let daemon = try LiveDaemon(run)
            try run.publish(steps[0])
            try daemon.waitUntilRecorded(steps[0])
            let holding = """
                import sqlite3, sys, time
                store = sqlite3.connect(sys.argv[1], isolation_level=None)
                store.execute("BEGIN IMMEDIATE")
                print("held", flush=True)
                time.sleep(600)
                """
            let holder = try ChildProcess(
                "/usr/bin/env", ["python3", "-c", holding, run.store],
                environment: Alpharl.environment(home: run.place.path))
            #expect(holder.output.contains("held", before: Date(timeIntervalSinceNow: 30)))
            try run.publish(steps[1])
            try daemon.poll("degraded state") { try daemon.status().state == .degraded }
            #expect(try #require(try daemon.status().lastError).contains("sqlite3 shell"))
            #expect(try daemon.status().checkpoints.recorded == 1)
            holder.send(SIGKILL)
            _ = try holder.wait(seconds: 30)
            _ = try daemon.client.send(
                "POST", "/v1/metrics", MetricPost(subject: .step(TrainingStep(steps[0])), accuracy: 0.5),
                as: MetricsAccepted.self)  // Wakes the run at once.
            try daemon.waitUntilRecorded(steps[1])
            try daemon.poll("watching again") { try daemon.status().state == .watching }
            #expect(try daemon.status().lastError == nil)
            try daemon.stop()
        }
    }
}

import Foundation
import StatusAPI
import TestSupport
import Testing
import TrajectoryStore
import Vocabulary

extension EndToEnd {
    /// What a daemon makes of a run that it knows already, and of one that changes behind its back.
    @Suite struct RestartTests {
        @Test func terminationEndsOpenStreamsAndRemovesTheSocket() throws {
            let run = try RunFolder()
            try run.publish(24)
            let daemon = try LiveDaemon(run)
            try daemon.waitUntilRecorded(24)
            let listener = try ChildProcess(
                "/usr/bin/env",
                ["curl", "-sSN", "--unix-socket", run.socket, "-H", "Last-Event-ID: 0", "http://localhost/v1/events"],
                environment: Alpharl.environment(home: run.place.path))
            #expect(listener.output.contains("event: checkpoint", before: Date(timeIntervalSinceNow: 60)))
            let outcome = try daemon.stop()
            #expect(try listener.wait(seconds: 30).end == .exit(0))
            #expect(!FileManager.default.fileExists(atPath: run.socket))
            #expect(!outcome.errors.contains("error"), "\(outcome.errors)")
        }

        @Test func interruptEndsItAsWell() throws {
            let daemon = try LiveDaemon(RunFolder())
            daemon.process.send(SIGINT)
            #expect(try daemon.process.wait(seconds: 60).end == .exit(0))
        }

        @Test func terminationInTheMiddleOfARecordingLosesNothing() throws {
            let run = try RunFolder()
            try run.publish(ExampleRun.steps.prefix(4))
            let daemon = try LiveDaemon(run)
            try daemon.poll("recording") { try daemon.status().state == .recording }
            try daemon.stop()
            let recorded = try TrajectoryDatabase.openForReading(path: run.store).recordedSteps().count
            #expect(recorded < 4)
            let next = try LiveDaemon(run)
            try next.waitUntilRecorded(96)
            #expect(try next.checkpoints().map(\.state) == Array(repeating: .recorded, count: 4))
            try next.stop()
        }

        @Test func touchedAndCopiedFilesAreNotRecordedAgain() throws {
            let run = try RunFolder()
            try run.publish([24, 48])
            let first = try LiveDaemon(run)
            try first.waitUntilRecorded(48)
            let before = try first.checkpoints()
            try first.stop()
            let dump = try RunResult(run).lines

            // Other times, other inodes, the same content.
            for step in [24, 48] {
                try FileManager.default.moveItem(atPath: run.folder(step), toPath: run.place.path("old-\(step)"))
                try run.publish(step)
            }
            let second = try LiveDaemon(run)
            try run.publish(72)
            try second.waitUntilRecorded(72)
            let after = try second.checkpoints()
            #expect(after.prefix(2).map(\.recordedAt) == before.map(\.recordedAt))
            #expect(after.map(\.state) == [.recorded, .recorded, .recorded])
            try second.stop()
            #expect(try Set(dump).subtracting(RunResult(run).lines).isEmpty)
        }

        @Test func otherContentStartsANewSegment() throws {
            let run = try RunFolder()
            let steps = Array(ExampleRun.steps.prefix(8))
            try run.publish(steps)
            let first = try LiveDaemon(run)
            try first.event { $0.kind == .prediction }
            try first.waitUntilRecorded(steps[7])
            try first.waitUntilIdle(recorded: 8)
            #expect(try first.predictions().map(\.state) == [.emitted, .emitted])
            try first.stop()

            // The trainer went back to step 72 and did something else from there on.
            for step in steps.dropFirst(3) { try FileManager.default.removeItem(atPath: run.folder(step)) }
            try run.publish(96, weights: RunFolder.weights(120))
            let second = try LiveDaemon(run)
            let rewind = try second.event { $0.kind == .rewind }
            guard case .rewind(let document) = rewind.body else { return }
            #expect(document.fromStep.value == steps[7] && document.toStep == TrainingStep(96))
            try second.event(after: rewind.id) { $0.kind == .checkpoint }
            let states = try second.checkpoints().map { "\($0.step) \($0.state)" }.sorted()
            #expect(
                states == [
                    "120 superseded", "144 superseded", "168 superseded", "192 superseded", "24 recorded",
                    "48 recorded",
                    "72 recorded", "96 recorded", "96 superseded",
                ])
            let counts = try second.status().checkpoints
            #expect(counts.recorded == 4 && counts.lastStep == TrainingStep(96))
            #expect(try second.status().predictions.isEmpty)
            let withdrawn = try second.predictions()
            #expect(withdrawn.count == 2 && withdrawn.allSatisfy { $0.state == .failed })
            #expect(try #require(withdrawn[0].reason).contains("went back to step 96"))
            try second.stop()
        }

        @Test func folderWithAManifestOfOursIsNeverLearnedFrom() throws {
            let run = try RunFolder()
            try run.publish(24)
            try run.publish(48)
            try Data("{}".utf8).write(to: URL(filePath: run.folder(48) + "/alpharl.json"))
            let daemon = try LiveDaemon(run)
            try run.publish(72)
            try daemon.waitUntilRecorded(72)
            #expect(try daemon.checkpoints().map(\.step.value) == [24, 72])
            try daemon.stop()
        }

        @Test func checkpointThatCompletesLateIsRecordedAndJudgesNothing() throws {
            let run = try RunFolder()
            try run.publish(24)
            try run.begin(48)
            try run.publish(72)
            let daemon = try LiveDaemon(run)
            try daemon.waitUntilRecorded(72)
            try run.finish(48)
            try daemon.waitUntilRecorded(48)
            #expect(try daemon.checkpoints().map(\.state) == [.recorded, .recorded, .recorded])
            try run.publish(96)
            try daemon.waitUntilRecorded(96)
            try daemon.stop()
            let store = try TrajectoryDatabase.openForReading(path: run.store)
            let verdicts = try store.verdicts().filter { $0.step == TrainingStep(48) }
            #expect(verdicts.count == 1)
            #expect(try #require(verdicts.first).verdict.reason.contains("after step 72"))
        }

        @Test func checkpointThatIsDeletedBeforeItIsReadIsGone() throws {
            let run = try RunFolder()
            try run.publish(24)
            try LiveDaemon(run).kill()  // at some moment: perhaps it noted the checkpoint, perhaps not
            let store = try TrajectoryDatabase.open(path: run.store)
            try store.notePending(
                SeenCheckpoint(
                    step: TrainingStep(48), directory: run.folder(48), layout: "huggingface", stamp: "{}", bytes: 1,
                    seenAt: "2026-01-01T00:00:00.000Z"))
            try store.close()
            let daemon = try LiveDaemon(run)
            let event = try daemon.event { event in
                guard case .checkpoint(let document) = event.body else { return false }
                return document.step == TrainingStep(48)
            }
            guard case .checkpoint(let gone) = event.body else { return }
            #expect(gone.state == .gone)
            try daemon.waitUntilRecorded(24)
            #expect(try daemon.status().state == .watching)
            // It comes back: a trainer that copies its checkpoints in.
            try run.publish(48)
            try daemon.waitUntilRecorded(48)
            try daemon.stop()
        }

        @Test func deletedCheckpointsStayRecorded() throws {
            let run = try RunFolder()
            try run.publish([24, 48])
            let daemon = try LiveDaemon(run)
            try daemon.waitUntilRecorded(48)
            try FileManager.default.removeItem(atPath: run.folder(24))
            try run.publish(72)
            try daemon.waitUntilRecorded(72)
            #expect(try daemon.checkpoints().map(\.state) == [.recorded, .recorded, .recorded])
            try daemon.stop()
        }
    }
}

import ConfigurationFile
import Files
import Foundation
import Synchronization
import TestSupport
import Testing
import TrajectoryStore
import Vocabulary

@testable import Pipeline

/// What a trainer may do to a checkpoint at any moment while it is read.
@Suite(.serialized) struct ChangingCheckpointTests {
    /// Between two calls before which something is changed.
    private static let stride = ProcessInfo.processInfo.environment["ALPHARL_TEST_THOROUGH"] == "1" ? 1 : 6

    enum Change: String, CaseIterable, Sendable {
        case removed, cutShort, replaced, rewritten
    }

    /// Something that happens once, at one of the system calls.
    private final class Moment: Sendable {
        private let action = Mutex<(@Sendable () -> Void)?>(nil)

        func set(_ action: @escaping @Sendable () -> Void) { self.action.withLock { $0 = action } }
        func pass() {
            let action = self.action.withLock { action in
                defer { action = nil }
                return action
            }
            action?()
        }
    }

    private static func make(_ change: Change, to run: StraightRun) throws {
        let file = run.weightFile(20)
        switch change {
        case .removed: try run.remove(20)
        case .cutShort: try #require(truncate(file, 700) == 0)
        case .replaced:
            try FileManager.default.moveItem(atPath: run.folder(20), toPath: run.watched + "/old")
            try run.add(20, content: 70)
        case .rewritten: try run.add(20, content: 70)
        }
    }

    private func hash(_ fixture: StraightRunFixture, at step: Int) throws -> String? {
        try fixture.context.store.activeCheckpoint(at: TrainingStep(step))?.contentHash
    }

    @Test(arguments: Change.allCases) func nothingIsRecordedThatWasNeverThere(change: Change) throws {
        let counting = FailingFileSystem()
        let quiet = try StraightRunFixture(calls: counting.calls)
        try quiet.passUntilDone()
        let other = try StraightRunFixture(steps: [])
        for step in [10, 20, 30] { try other.run.add(step, content: step == 20 ? 70 : step) }
        try other.passUntilDone()
        let whole = try [hash(quiet, at: 20), hash(other, at: 20)]
        #expect(whole[0] != nil && whole[1] != nil && whole[0] != whole[1])

        let place = Change.allCases.firstIndex(of: change) ?? 0
        for number in Swift.stride(from: 1 + place, through: counting.count, by: Self.stride) {
            let moment = Moment()
            let files = FailingFileSystem(before: { _, call in if call == number { moment.pass() } })
            let fixture = try StraightRunFixture(calls: files.calls)
            let run = fixture.run
            moment.set { try? Self.make(change, to: run) }
            try fixture.passUntilDone()
            let story = "\(change.rawValue) before call \(number) of \(counting.count)"
            let checkpoint = try fixture.context.store.activeCheckpoint(at: TrainingStep(20))
            if checkpoint?.state == .recorded { #expect(whole.contains(checkpoint?.contentHash), "\(story)") }
            #expect(try hash(fixture, at: 10) == hash(quiet, at: 10), "\(story)")
            #expect(files.openDescriptors == 1, "\(story): only the base stays open")

            // Once it is written as it should be it is recorded as that, and so is what follows.
            try run.add(20, content: 70)
            try run.add(40)
            try fixture.passUntilDone()
            #expect(try hash(fixture, at: 20) == whole[1], "\(story)")
            #expect(try fixture.context.store.recordedSteps().contains(TrainingStep(40)), "\(story)")
        }
    }

    /// A file of which the header can be read and the rest cannot, until it is healed.
    private final class BadSector: Sendable {
        private let state = Mutex((open: Set<Int32>(), isHealed: false))
        private let path: String

        init(in path: String) { self.path = path }

        func heal() { state.withLock { $0.isHealed = true } }

        var calls: FileSystemCalls {
            let system = FileSystemCalls.system
            var calls = system
            calls.open = { (path, flags, mode) throws(SystemCallFailure) in
                let descriptor = try system.open(path, flags, mode)
                if path.hasSuffix(self.path) { self.state.withLock { _ = $0.open.insert(descriptor) } }
                return descriptor
            }
            calls.close = { (descriptor) throws(SystemCallFailure) in
                self.state.withLock { _ = $0.open.remove(descriptor) }
                try system.close(descriptor)
            }
            calls.read = { (descriptor, room, range, offset) throws(SystemCallFailure) in
                let isBad = self.state.withLock { !$0.isHealed && $0.open.contains(descriptor) }
                if isBad, offset > 600 { throw SystemCallFailure(EIO) }
                return try system.read(descriptor, &room, range, offset)
            }
            return calls
        }
    }

    @Test func aCheckpointThatStaysUnreadableStopsNobodyElse() throws {
        let sector = BadSector(in: "checkpoint-20/model.safetensors")
        let fixture = try StraightRunFixture(calls: sector.calls)
        _ = try fixture.pass()
        #expect(try fixture.context.store.recordedSteps().map(\.value) == [10], "for half a minute it is waited for")
        try fixture.passUntilDone()
        #expect(try fixture.context.store.recordedSteps().map(\.value) == [10, 30])
        let waiting = try #require(try fixture.context.store.activeCheckpoint(at: TrainingStep(20)))
        #expect(waiting.state == .pending)
        let reason = try #require(waiting.reason)
        #expect(reason.contains("checkpoint-20/model.safetensors") && reason.contains("check the disk"), "\(reason)")

        sector.heal()
        fixture.advance(by: .seconds(300))
        try fixture.passUntilDone()
        #expect(try fixture.context.store.recordedSteps().map(\.value) == [10, 20, 30])
        #expect(fixture.context.progress.snapshot.lastError == nil)
    }

    /// What an earlier store made of the same steps, with less to go by, gives way to what this one says.
    @Test func aPredictionOfALostStoreIsReplaced() throws {
        let first = try StraightRunFixture(steps: StraightRun.steps)
        try first.passUntilDone()
        let before = try first.predictedFiles
        #expect(!before.isEmpty)
        let second = try StraightRunFixture(copying: first, named: "lost", calls: .system, keepsStore: false)
        try FileManager.default.copyItem(
            atPath: first.context.configuration.emit.directory, toPath: second.context.configuration.emit.directory)
        for folder in second.emitted where folder.hasPrefix("step-") {
            let path = second.context.configuration.emit.directory + "/" + folder + "/alpharl.json"
            let text = try String(contentsOfFile: path, encoding: .utf8)
            let other = text.replacing(/"horizon" : [0-9.]+/) { _ in "\"horizon\" : 1.0625" }
            #expect(other != text)
            try other.write(toFile: path, atomically: false, encoding: .utf8)
        }
        try second.passUntilDone()
        #expect(try second.context.store.predictions().allSatisfy { $0.state == .published || $0.state == .removed })
        #expect(
            try second.predictedFiles.filter { !$0.key.hasSuffix("alpharl.json") }
                == before.filter { !$0.key.hasSuffix("alpharl.json") })
        #expect(second.context.progress.snapshot.lastError == nil)
    }
}

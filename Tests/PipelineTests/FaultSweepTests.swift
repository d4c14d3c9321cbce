import Files
import Foundation
import TestSupport
import Testing
import TrajectoryStore
import Vocabulary

@testable import Pipeline

/// Every system call fails once, whichever it is. Afterwards the status says why, and without anybody's help the store and
/// the predictions end as if nothing had happened.
@Suite(.serialized) struct FaultSweepTests {
    static let faults: [Int32] = [EIO, ENOSPC, EDQUOT, ESTALE, EACCES]

    /// `ALPHARL_TEST_THOROUGH=1`: every call with every errno, which takes minutes; else every call of a recording and
    /// every third of a prediction with one of them.
    static let isThorough = ProcessInfo.processInfo.environment["ALPHARL_TEST_THOROUGH"] == "1"

    /// Which of `count` calls fail with `number` in turn.
    private func calls(of count: Int, for number: Int32, every distance: Int = 1) -> some Sequence<Int> {
        let place = Self.faults.firstIndex(of: number) ?? 0
        let stride = Self.isThorough ? 1 : Self.faults.count * distance
        return Swift.stride(from: 1 + place % stride, through: count, by: stride)
    }

    @Test(arguments: faults) func whicheverCallFailsTheRecordingEndsTheSame(number: Int32) throws {
        let counting = FailingFileSystem()
        let quiet = try StraightRunFixture(calls: counting.calls)
        try quiet.passUntilDone()
        let expected = try quiet.content
        #expect(try quiet.context.store.recordedSteps().map(\.value) == [10, 20, 30])
        #expect(counting.count > 100)
        for failing in calls(of: counting.count, for: number) {
            let files = FailingFileSystem(failing: failing, with: number)
            let fixture = try StraightRunFixture(calls: files.calls)
            let story = "call \(failing) of \(counting.count) (\(counting.made[failing - 1])) with errno \(number)"
            _ = try fixture.pass()
            if try fixture.context.store.recordedSteps().count < 3 {
                #expect(try !fixture.reasons.isEmpty, "\(story): nobody says why")
            }
            try fixture.passUntilDone()
            #expect(try fixture.content == expected, "\(story)")
            #expect(fixture.context.progress.snapshot.lastError == nil, "\(story)")
            #expect(files.openDescriptors == 0, "\(story)")
        }
    }

    @Test(arguments: faults) func whicheverCallFailsThePredictionIsWholeAndTheSame(number: Int32) throws {
        let recorded = try StraightRunFixture(steps: StraightRun.steps)
        try recorded.recordOnly()
        let counting = FailingFileSystem()
        let quiet = try StraightRunFixture(copying: recorded, named: "quiet", calls: counting.calls)
        try quiet.passUntilDone()
        let expected = (content: try quiet.content, files: try quiet.predictedFiles, folders: quiet.emitted)
        #expect(expected.folders.count > 1)
        for failing in calls(of: counting.count, for: number, every: 3) {
            let files = FailingFileSystem(failing: failing, with: number)
            let fixture = try StraightRunFixture(copying: recorded, named: "\(number)-\(failing)", calls: files.calls)
            let story = "call \(failing) of \(counting.count) (\(counting.made[failing - 1])) with errno \(number)"
            _ = try fixture.pass()
            #expect(try fixture.predictedFolders.allSatisfy { $0.contains("alpharl.json") }, "\(story)")
            if try !fixture.context.store.predictions(in: .planned).isEmpty {
                #expect(try !fixture.reasons.isEmpty, "\(story): nobody says why")
            }
            try fixture.passUntilDone()
            #expect(try fixture.content == expected.content, "\(story)")
            #expect(try fixture.predictedFiles == expected.files, "\(story)")
            #expect(fixture.emitted == expected.folders, "\(story)")
            #expect(fixture.context.progress.snapshot.lastError == nil, "\(story)")
            #expect(files.openDescriptors == 0, "\(story)")
        }
    }

    /// Short reads and writes are no faults at all.
    @Test(arguments: [1, 100]) func transfersOfAFewBytesChangeNothing(bytes: Int) throws {
        let quiet = try StraightRunFixture(steps: StraightRun.steps)
        try quiet.passUntilDone()
        let files = FailingFileSystem(maximumTransfer: bytes)
        let fixture = try StraightRunFixture(calls: files.calls, steps: StraightRun.steps)
        try fixture.passUntilDone()
        #expect(try fixture.content == quiet.content)
        #expect(try fixture.predictedFiles == quiet.predictedFiles)
    }
}

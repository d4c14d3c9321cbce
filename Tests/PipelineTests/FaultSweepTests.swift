import ConfigurationFile
import Files
import Foundation
import TestSupport
import Testing
import TrajectoryStore
import Vocabulary

@testable import Pipeline

/// Something happens at every system call in turn, whichever it is. Afterwards the status says why, and without anybody's
/// help the store and the predictions end as if nothing had happened.
struct FaultSweepTests {
    private typealias Fault = FailingFileSystem.Fault

    /// `ALPHARL_TEST_LONG=1`, which CI sets: every call with everything that can happen at it; else every call with one thing.
    static let isThorough = ["ALPHARL_TEST_LONG", "ALPHARL_TEST_THOROUGH"].contains {
        ProcessInfo.processInfo.environment[$0] == "1"
    }

    /// What can happen at a call: each errno, and at reads and writes less than was asked for.
    private static func faults(at call: FailingFileSystem.Call) -> [Fault] {
        let errors = [EIO, ENOSPC, EDQUOT, ESTALE, EACCES].map { Fault.error($0) }
        switch call {
        case .read: return errors + [.oneByte, .nothingRead]
        case .write: return errors + [.oneByte]
        default: return errors
        }
    }

    /// A run that is worked on once for each of these, each time from the same beginning.
    private struct Sweep {
        let beginning: StraightRunFixture
        /// Without faults.
        let quiet: StraightRunFixture
        let made: [FailingFileSystem.Call]

        /// - Parameter begin: with the run as it is before anything of interest happens.
        init(from beginning: StraightRunFixture) throws {
            self.beginning = beginning
            let files = FailingFileSystem()
            quiet = try Self.copy(of: beginning, named: "quiet", files)
            try quiet.passUntilDone()
            made = files.made
        }

        static func copy(
            of beginning: StraightRunFixture, named name: String, _ files: FailingFileSystem
        ) throws -> StraightRunFixture {
            files.disarm()  // The base is opened before the daemon begins.
            let fixture = try StraightRunFixture(
                copying: beginning, named: name, calls: files.calls, keepsPredictions: true)
            files.arm()
            return fixture
        }

        /// Every call with its faults, or with one of them.
        func eachCase(_ body: (StraightRunFixture, FailingFileSystem, _ story: String) throws -> Void) throws {
            var count = 0
            for (index, call) in made.enumerated() {
                let faults = FaultSweepTests.faults(at: call)
                for fault in isThorough ? faults : [faults[index % faults.count]] {
                    let files = FailingFileSystem(failing: index + 1, as: fault)
                    let name = "\(index)-\(count)"
                    let fixture = try Self.copy(of: beginning, named: name, files)
                    let story = "\(fault) at call \(index + 1) of \(made.count), \(call)"
                    try body(fixture, files, story)
                    #expect(fixture.context.progress.snapshot.lastError == nil, "\(story)")
                    #expect(files.openDescriptors == 1, "\(story): only the base stays open")
                    try fixture.removeCopy()
                    count += 1
                }
            }
            print("\(count) cases at \(made.count) calls")
        }
    }

    @Test func whicheverCallFailsTheRecordingEndsTheSame() throws {
        let sweep = try Sweep(from: StraightRunFixture(end: 400))
        let expected = try sweep.quiet.content
        #expect(try sweep.quiet.context.store.recordedSteps().map(\.value) == [10, 20, 30])
        #expect(sweep.made.count > 100)
        try sweep.eachCase { fixture, _, story in
            _ = try fixture.pass()
            if try fixture.context.store.recordedSteps().count < 3 {
                #expect(try !fixture.reasons.isEmpty, "\(story): nobody says why")
            }
            try fixture.passUntilDone()
            #expect(try fixture.content == expected, "\(story)")
        }
    }

    /// In both forms, where the trainer keeps two checkpoints and one prediction is kept: another one is in its place.
    @Test func whicheverCallFailsThePredictionIsWholeAndTheSame() throws {
        let recorded = try StraightRunFixture(steps: StraightRun.steps.dropLast(), end: 400) {
            $0.emit.formats = [.full, .adapter]
            $0.emit.keep = 1
        }
        try recorded.passUntilDone()
        try recorded.run.add(80)
        try recorded.recordOnly()
        for step in StraightRun.steps.dropLast(2) { try recorded.run.remove(step) }
        let sweep = try Sweep(from: recorded)
        let expected = (
            content: try sweep.quiet.content, files: try sweep.quiet.predictedFiles, folders: sweep.quiet.emitted
        )
        #expect(expected.folders.count == 3 && expected.folders != recorded.emitted)
        #expect(Set(sweep.made).isSuperset(of: [.open, .read, .write, .synchronize, .renameWithoutReplacing, .unlink]))
        #expect(Set(sweep.made).isSuperset(of: [.list, .availableBytes, .makeSymbolicLink, .changeMode, .lock]))
        try sweep.eachCase { fixture, _, story in
            _ = try fixture.pass()
            #expect(try fixture.predictedFolders.allSatisfy { $0.contains("alpharl.json") }, "\(story)")
            if try !fixture.context.store.predictions(in: .planned).isEmpty {
                #expect(try !fixture.reasons.isEmpty, "\(story): nobody says why")
            }
            try fixture.passUntilDone()
            #expect(try fixture.content == expected.content, "\(story)")
            #expect(try fixture.predictedFiles == expected.files, "\(story)")
            #expect(fixture.emitted == expected.folders, "\(story)")
        }
    }

    /// The second of two predictions is the newest, whatever became of the first.
    @Test func aPredictionThatFailsForAMomentComesFirstAllTheSame() throws {
        let recorded = try StraightRunFixture(steps: StraightRun.steps) { $0.emit.keep = 1 }
        try recorded.recordOnly()
        let sweep = try Sweep(from: recorded)
        #expect(try sweep.quiet.context.store.predictions().count == 2)
        let failing = try #require(sweep.made.firstIndex(of: .renameWithoutReplacing))
        let files = FailingFileSystem(failing: failing + 1, with: ENOSPC)
        let fixture = try Sweep.copy(of: recorded, named: "short", files)
        _ = try fixture.pass()
        #expect(fixture.emitted.isEmpty, "the second one waits")
        try fixture.passUntilDone()
        #expect(try fixture.content == sweep.quiet.content && fixture.emitted == sweep.quiet.emitted)
    }

    /// One that could not be written until a later one was is not written any more: it would take the place of the newest.
    @Test func aPredictionThatFailsForLongIsLeftOutAndSaysSo() throws {
        let recorded = try StraightRunFixture(steps: StraightRun.steps) { $0.emit.keep = 1 }
        try recorded.recordOnly()
        let paths = try StraightRunFixture(copying: recorded, named: "quiet", calls: .system)
        try paths.passUntilDone()
        let (first, second) = (try paths.context.store.predictions()[0], try paths.context.store.predictions()[1])
        var calls = FileSystemCalls.system
        let makeDirectory = calls.makeDirectory
        let name = FileTree.split(first.plan.path).name
        calls.makeDirectory = { path, mode throws(SystemCallFailure) in
            if path.contains(name.prefix(40)) { throw SystemCallFailure(EIO) }
            try makeDirectory(path, mode)
        }
        let fixture = try StraightRunFixture(copying: recorded, named: "long", calls: calls)
        try fixture.passUntilDone()
        let predictions = try fixture.context.store.predictions()
        #expect(predictions.map(\.state) == [.failed, .published])
        #expect(predictions[0].reason?.contains("step \(second.fromStep)") == true, "\(predictions)")
        #expect(fixture.emitted == ["latest", FileTree.split(second.plan.path).name])
    }

    /// A row of the trainer's log counts as read when it is in the store.
    @Test func whicheverCallFailsNoRowOfALogIsLost() throws {
        let sweep = try Sweep(from: StraightRunFixture.logging(steps: [10]))
        let expected = try sweep.quiet.content
        #expect(expected.filter { $0.hasPrefix("metric") }.count == 3)
        try sweep.eachCase { fixture, _, story in
            _ = try fixture.pass()
            _ = try fixture.pass()  // A log is looked at in every pass.
            try fixture.passUntilDone()
            #expect(try fixture.content == expected, "\(story)")
        }
    }

    /// Short reads and writes are no faults at all, nor are signals that interrupt every call.
    @Test(arguments: [(bytes: 1, interruptions: 0), (bytes: 100, interruptions: 3)])
    func transfersOfAFewBytesChangeNothing(bytes: Int, interruptions: Int) throws {
        let quiet = try StraightRunFixture(steps: StraightRun.steps)
        try quiet.passUntilDone()
        let files = FailingFileSystem(maximumTransfer: bytes, interruptions: interruptions)
        let fixture = try StraightRunFixture(calls: files.calls, steps: StraightRun.steps)
        _ = try fixture.pass()
        #expect(try fixture.reasons == [])
        #expect(try fixture.content == quiet.content)
        #expect(try fixture.predictedFiles == quiet.predictedFiles)
    }
}

import Foundation
import TensorBoardEvents
import TestSupport
import Testing
import Vocabulary

@testable import RunLayouts

/// Event files between us and the tensorboard package, both ways.
struct RealEventFilesTests {
    @Test func everyFormOfScalarThatThePackageWritesIsRead() throws {
        let runs = try TrainerRuns()
        var files = EventFiles(path: runs.path("tensor-scalars"))
        let read = try files.readNew().flatMap { row in row.values.map { (row.step.value, $0.key, $0.value) } }
        #expect(read.count == runs.tensorScalars.count)
        for scalar in runs.tensorScalars {
            #expect(read.contains { $0 == (scalar.step, scalar.tag, scalar.value) }, "\(scalar.tag)")
        }
        #expect(files.problem == nil)
    }

    @Test func textsAndHistogramsOfTorchAreNoNumbersAndNoProblem() throws {
        let runs = try TrainerRuns()
        var files = EventFiles(path: runs.path("openrlhf"))
        let rows = try files.readNew()
        #expect(Set(rows.flatMap(\.values.keys)) == ["eval/eval_math_pass1", "train/rollout/reward_mean"])
        #expect(rows.count == 15)
        #expect(files.problem == nil)
    }

    @Test(.enabled(if: ReferencePython.path != nil))
    func thePackageReadsWhatWeWrite() throws {
        let place = try TemporaryDirectory()
        let events = [
            SummaryEvent.fileVersion(wallTime: 1),
            SummaryEvent(
                wallTime: 2.5, step: 7,
                content: .values([
                    SummaryValue(tag: "alpharl/confidence", .scalar(0.75), explanation: "how **sure**"),
                    SummaryValue(tag: "alpharl/note", .text(["a text"])),
                ])),
            SummaryEvent(wallTime: 3, step: 8, content: .values([SummaryValue(tag: "alpharl/confidence", .scalar(1))])),
        ]
        try place.write(events.flatMap(\.record), to: "events.out.tfevents.1.host")
        let printed = try ReferencePython.run(
            script: ExampleRun.repository + "Tests/Reference/read_events.py", [place.path])
        #expect(
            printed.split(separator: "\n") == [
                "alpharl/confidence 7 2.5 0.75 how **sure**", "alpharl/confidence 8 3.0 1.0 how **sure**",
                "alpharl/note 7 2.5 a text",
            ])
    }
}

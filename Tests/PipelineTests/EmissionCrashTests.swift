import ConfigurationFile
import Emission
import Foundation
import TestSupport
import Testing
import TrajectoryStore
import Vocabulary

@testable import Pipeline

/// A process that ends between two writes leaves the disk ahead of the store; the next one brings them together.
/// The first prediction of the example run is made at step 168, the second at 192.
@Suite(.serialized) struct EmissionCrashTests {
    /// Publishes what is due and ends before the store hears of it.
    private func publishAndCrash(_ fixture: PipelineFixture) throws -> PublishedPrediction {
        try fixture.pass(emits: false)
        #expect(try EmissionDesk(context: fixture.context).decideAll())
        let planned = try #require(try fixture.context.store.predictions(in: .planned).first)
        let plan = try ForecastPlanner(context: fixture.context).plan(
            to: planned.plan.targetStep, from: planned.fromStep, model: planned.plan.model)
        return try PredictionPublisher(context: fixture.context).write(plan, planned)
    }

    @Test func predictionThatWasPublishedJustBeforeIsTakenAsItIs() throws {
        let fixture = try PipelineFixture(steps: ExampleRun.steps.prefix(7))
        let published = try publishAndCrash(fixture)
        let manifest = try String(contentsOfFile: published.path + "/alpharl.json", encoding: .utf8)
        try fixture.pass()
        #expect(try fixture.predictions.map(\.state) == [.published])
        #expect(try String(contentsOfFile: published.path + "/alpharl.json", encoding: .utf8) == manifest)
        #expect(fixture.emitted == [URL(filePath: published.path).lastPathComponent])
    }

    /// Publishing removes the folders of older predictions; that they are gone must be known afterwards too.
    @Test func predictionThatWasRemovedJustBeforeIsNotListedAsThere() throws {
        let fixture = try PipelineFixture(steps: ExampleRun.steps.prefix(7)) { $0.emit.keep = 1 }
        try fixture.pass()
        #expect(try fixture.predictions.map(\.state) == [.published])
        try fixture.add(192)
        let published = try publishAndCrash(fixture)
        #expect(published.removed.count == 1)
        try fixture.pass()
        #expect(try fixture.predictions.map(\.state) == [.removed, .published])
        #expect(fixture.emitted == [URL(filePath: published.path).lastPathComponent])
    }

    /// Trainers rotate their checkpoints: the one that a prediction is due from may be gone when it is written.
    @Test func predictionStartsFromTheNewestCheckpointThatIsLeft() throws {
        let fixture = try PipelineFixture(steps: ExampleRun.steps.prefix(7))
        try fixture.pass(emits: false)
        try fixture.remove(168)
        try fixture.pass()
        let prediction = try #require(try fixture.predictions.first)
        #expect(prediction.state == .published, "\(prediction.reason ?? "")")
        #expect(try #require(prediction.manifest).contains("\"anchor_step\" : 144"))
        #expect(prediction.fromStep.value == 168)
    }

    @Test func withoutAnyCheckpointLeftThePredictionFailsWithTheReason() throws {
        let fixture = try PipelineFixture(steps: ExampleRun.steps.prefix(7))
        try fixture.pass(emits: false)
        for step in ExampleRun.steps.prefix(7) { try fixture.remove(step) }
        try fixture.pass()
        let prediction = try #require(try fixture.predictions.first)
        #expect(prediction.state == .failed)
        let reason = try #require(prediction.reason)
        #expect(reason.contains("no recorded checkpoint is left") && reason.contains(";"), "\(reason)")
        #expect(fixture.emitted.isEmpty)
    }

    /// Whatever call fails while a prediction is written: there is a whole one or none, and a reason.
    @Test(arguments: [ENOSPC, EIO]) func everyFailingCallLeavesNoHalfPrediction(number: Int32) throws {
        let writing: Set<FailingFileSystem.Call> = [
            .write, .synchronize, .renameWithoutReplacing, .rename, .makeDirectory, .makeSymbolicLink, .availableBytes,
        ]
        let recorded = try PipelineFixture(steps: ExampleRun.steps.prefix(7))
        try recorded.pass(emits: false)
        let counting = FailingFileSystem(only: writing)
        try recorded.copy(named: "counting", calls: counting.calls).pass()
        #expect(counting.count > 10)
        for failing in stride(from: 1, through: counting.count, by: max(1, counting.count / 12)) {
            let calls = FailingFileSystem(failing: failing, with: number, only: writing)
            let fixture = try recorded.copy(named: "\(failing)", calls: calls.calls)
            try fixture.pass()
            let prediction = try #require(try fixture.predictions.first)
            let story = "call \(failing) of \(counting.count): \(prediction.state), \(prediction.reason ?? "no reason")"
            if prediction.state == .planned {
                #expect(try #require(prediction.reason).contains(";"), "\(story)")
            } else {
                #expect(prediction.state == .published, "\(story)")
            }
            for folder in fixture.emitted where !folder.hasPrefix(".") {
                let files = try FileManager.default.contentsOfDirectory(
                    atPath: fixture.context.configuration.emit.directory + "/" + folder)
                #expect(files.contains("alpharl.json") && files.contains("model.safetensors"), "\(story)")
            }
        }
    }
}

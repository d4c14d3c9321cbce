import StatusAPI
import TestSupport
import Testing
import TrajectoryStore
import Vocabulary

@testable import Pipeline

@Suite struct LateCheckpointTests {
    /// Rows of inner products that were stored before it came do not know it. They are made again once, not at each checkpoint, and
    /// a module's path, which is drawn from rows alone, has all points.
    @Test func aLateCheckpointIsInEveryGramRowOnceTheNextIsRecorded() throws {
        let name: TensorName = "model.layers.0.mlp.down_proj.weight"
        let fixture = try PipelineFixture(steps: [24, 72, 96])
        try fixture.pass(emits: false)
        try fixture.add(48)
        try fixture.pass(emits: false)
        let store = fixture.context.store
        let late = [24, 48, 72, 96].map { TrainingStep($0) }
        #expect(try store.recordedSteps() == late)
        #expect(try store.gramRows(of: name, at: late).map(\.against.count) == [1, 2, 2, 3])

        try fixture.add(120)
        try fixture.pass(emits: false)
        let all = late + [TrainingStep(120)]
        let rows = try store.gramRows(of: name, at: all)
        for (index, row) in rows.enumerated() { #expect(row.against == Array(all[...index])) }
        let path = try #require(try StoredAnswers(context: fixture.context).module(named: name).path)
        #expect(path.points.map(\.step) == all)
    }
}

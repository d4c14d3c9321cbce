import Checkpoints
import ConfigurationFile
import Emission
import Files
import Foundation
import StatusAPI
import TestSupport
import Testing
import TrajectoryStore
import Vocabulary

@testable import Pipeline

/// Runs whose adapters hold whole tensors beside their matrices (`modules_to_save`, `bias`), as PEFT wrote them.
struct WholeTensorTests {
    private let place: TemporaryDirectory
    private let base: any TensorSource
    private let expected: any TensorSource

    init() throws {
        place = try TemporaryDirectory()
        let root = try ExampleRun.smallAdapters() + "/whole-tensors"
        base = try CheckpointReader.open(directory: root + "/base")
        expected = try CheckpointReader.open(file: root + "/expected.safetensors")
        try place.makeDirectory("run")
        for step in [5, 10] {
            try FileManager.default.copyItem(atPath: root + "/adapter", toPath: place.path("run/lora-\(step)"))
        }
    }

    private func recorded() throws -> PipelineFixture {
        let fixture = try PipelineFixture(watching: place.path("run"), base: base.directory, in: place) {
            $0.emit.elementType = .float32
        }
        try fixture.pass(emits: false)
        #expect(try fixture.context.store.recordedSteps().map(\.value) == [5, 10])
        return fixture
    }

    private func predict(_ fixture: PipelineFixture, _ format: PredictionFormat, step: Int = 20) throws -> String {
        let request = OfflineRun.Request(targetStep: TrainingStep(step), model: "last", formats: [format], force: true)
        return try #require(try OfflineRun(context: fixture.context).predict(request).first?.path)
    }

    /// The norm of an update is in double from float32 matrices; factors are stored in float32.
    @Test func aMatrixTrainedWholeIsTrackedLikeAnyOther() throws {
        let fixture = try recorded()
        for name in ["model.layers.1.mlp.down_proj.weight", "model.layers.0.self_attn.q_proj.weight"] {
            let factor = try #require(
                try fixture.context.store.factors(of: TensorName(name), at: [TrainingStep(10)]).first?.factor)
            let norm = try expected.read(TensorName(name)).doubles().reduce(0) { $0 + $1 * $1 }.squareRoot()
            #expect(abs(factor.frobeniusNorm - norm) < 1e-6 * norm, "\(name)")
        }
        let form = try StatusReport(context: fixture.context).status().layout.form
        #expect(form == "PEFT adapter, safetensors, 1 file, float32, with 6 whole tensors")
    }

    /// `last` is the newest checkpoint: the base and everything that PEFT adds to it, rounded to float32 once.
    @Test func theFullFormHasTheirNewestValues() throws {
        let predicted = try CheckpointReader.open(directory: try predict(try recorded(), .full))
        #expect(Set(predicted.tensors.map(\.name)) == Set(base.tensors.map(\.name)))
        for tensor in base.tensors {
            let start = try base.read(tensor.name).doubles(), found = try predicted.read(tensor.name).doubles()
            let added =
                expected.description(of: tensor.name) == nil
                ? start.map { _ in 0 } : try expected.read(tensor.name).doubles()
            let worst = zip(zip(start, added), found).map { abs($0.0 + $0.1 - $1) }.max() ?? 1
            // Weights below 1, sums of two products of numbers below 1, in float32.
            #expect(worst <= 4e-7, "\(tensor.name)")
        }
    }

    /// No server takes such an adapter, and one without the whole tensors would be another model; also when the
    /// checkpoints are gone.
    @Test func theAdapterFormIsRefusedWithWhatToDo() throws {
        let fixture = try recorded()
        for (step, isGone) in [(20, false), (30, true)] {
            if isGone { try FileManager.default.removeItem(atPath: place.path("run")) }
            let error = try #require(throws: PipelineError.self) { try predict(fixture, .adapter, step: step) }
            #expect("\(error)".contains("lm_head.weight and 5 more"), "\(error)")
            #expect("\(error)".contains("ask for the full form"), "\(error)")
        }
    }
}

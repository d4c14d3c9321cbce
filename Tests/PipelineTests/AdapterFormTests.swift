import Checkpoints
import ConfigurationFile
import Emission
import Files
import Foundation
import Pipeline
import StatusAPI
import TestSupport
import Testing
import TrajectoryStore
import Vocabulary

/// Both forms of a prediction of the example run, from the same store, in float32.
struct AdapterFormTests {
    private let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    /// - Returns: the paths of the full form and of the adapter.
    private func predict(_ model: ModelName) throws -> (full: String, adapter: String) {
        let written = try read(ExampleRun.directory(), as: model).predict(request(model, [.adapter, .full]))
        return (try #require(written[1].path), try #require(written[0].path))
    }

    private func request(_ model: ModelName, _ formats: [PredictionFormat]) -> OfflineRun.Request {
        OfflineRun.Request(targetStep: TrainingStep(192), model: model, formats: formats, force: true)
    }

    /// A run that was read up to step 96, with predictions below `predicted-MODEL`.
    private func read(_ watch: String, as model: ModelName) throws -> OfflineRun {
        var configuration = RunConfiguration(watch: watch, base: try ExampleRun.base())
        configuration.emit.directory = folder.path("predicted-\(model)")
        configuration.emit.elementType = .float32
        configuration.resources.threads = 1
        let base = try BaseWeights(directory: configuration.run.base, filter: configuration.factors.filter)
        let store = try TrajectoryDatabase.inMemory()
        try store.claim(
            for: RunIdentity(
                name: configuration.run.name, basePath: configuration.run.base,
                baseFingerprint: base.fingerprint.description, watchPath: configuration.run.watch),
            programVersion: "test", now: WallClock.system.timestamp)
        let program = ProgramIdentity(name: "alpharl", version: "test", commit: "test")
        let run = OfflineRun(
            context: RunContext(configuration: configuration, store: store, base: base, program: program))
        try run.read(upTo: TrainingStep(96))
        return run
    }

    private func manifest(_ path: String) throws -> PredictionManifest {
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: path + "/alpharl.json")))
        return try #require(PredictionManifest(decoding: bytes))
    }

    /// What is added to the base, by module: B A from the adapter, the difference from the full form.
    private func shares(_ full: String, _ adapter: String) throws -> (held: Double, whole: Double) {
        let base = try CheckpointReader.open(directory: ExampleRun.base())
        let predicted = try CheckpointReader.open(directory: full)
        let weights = try CheckpointReader.open(file: adapter + "/adapter_model.safetensors")
        let rank = try #require(try manifest(adapter).adapter).rank
        var (held, whole) = (0.0, 0.0)
        for tensor in weights.tensors where tensor.name.text.hasSuffix(".lora_A.weight") {
            let stem = tensor.name.text.dropLast(".lora_A.weight".count)
            let name = TensorName(stem.dropFirst("base_model.model.".count) + ".weight")
            let down = try weights.read(tensor.name).doubles()
            let up = try weights.read(TensorName(stem + ".lora_B.weight")).doubles()
            let update = zip(try predicted.read(name).doubles(), try base.read(name).doubles()).map { $0 - $1 }
            whole += update.reduce(0) { $0 + $1 * $1 }
            let (gramUp, gramDown) = (gram(up, rank, columns: true), gram(down, rank, columns: false))
            held += zip(gramUp, gramDown).reduce(0) { $0 + $1.0 * $1.1 }
        }
        return (held, whole)
    }

    /// Inner products of the columns (or rows) of a row-major matrix with `rank` of them: `||B A||^2 = <B^T B, A A^T>`.
    private func gram(_ values: [Double], _ rank: Int, columns: Bool) -> [Double] {
        let length = values.count / rank
        func entry(_ vector: Int, _ place: Int) -> Double {
            columns ? values[place * rank + vector] : values[vector * length + place]
        }
        return (0..<rank * rank).map { pair in
            (0..<length).reduce(0) { $0 + entry(pair / rank, $1) * entry(pair % rank, $1) }
        }
    }

    /// The full form is rounded to float32: about 1e-3 of an update of 1e-4 of the weights, independent of it, so 1e-6 of the sum.
    @Test func anAnchoredPredictionsAdapterHoldsTheShareThatItClaims() throws {
        let (full, adapter) = try predict("damped")
        let description = try #require(try manifest(adapter).adapter)
        let (held, whole) = try shares(full, adapter)
        #expect(description.rank == 4 && description.modules == 21 && description.updateShareIsExact)
        #expect(description.updateShare > 0.3 && description.updateShare < 0.99)
        #expect(abs(description.updateShare - held / whole) < 1e-5)
        #expect(try manifest(full).adapter == nil)
        #expect(try manifest(full).sourceSteps == manifest(adapter).sourceSteps)
    }

    @Test func aMultipleOfTheWholeUpdateIsHeldAsFarAsItsTripletsGo() throws {
        let (full, adapter) = try predict("two-point")
        let description = try #require(try manifest(adapter).adapter)
        let (held, whole) = try shares(full, adapter)
        #expect(description.rank == 4 && description.updateShare < 0.99)
        #expect(abs(description.updateShare - held / whole) < 1e-5)
    }

    @Test func aWholePredictionsAdapterHasRankOneAndHoldsAllOfIt() throws {
        let (_, adapter) = try predict("line")
        let found = try manifest(adapter)
        #expect(found.adapter?.rank == 1 && found.adapter?.updateShare == 1)
        #expect(found.anchor == .base && found.anchorStep == TrainingStep(0))
    }

    /// The store has all that it needs; the full form has to read the checkpoint.
    @Test func anAdapterCanBeWrittenWhenEveryCheckpointIsGone() throws {
        let watch = try folder.makeDirectory("run")
        for step in [24, 48, 72, 96] {
            try FileManager.default.copyItem(
                atPath: ExampleRun.checkpoint(step), toPath: watch + "/checkpoint-\(step)")
        }
        let run = try read(watch, as: "damped")
        for step in [24, 48, 72, 96] { try FileManager.default.removeItem(atPath: watch + "/checkpoint-\(step)") }
        #expect(throws: PipelineError.self) { try run.predict(request("damped", [.full])) }
        let path = try #require(try run.predict(request("damped", [.adapter])).first?.path)
        #expect(try manifest(path).adapter?.updateShareIsExact == true)
        #expect(try manifest(path).anchorStep == TrainingStep(96))
    }

    @Test(.enabled(if: ReferencePython.path != nil, "ALPHARL_TEST_PYTHON is not set"))
    func numpyFindsTheFullFormInTheAdapter() throws {
        let script = ExampleRun.repository + "Tests/Reference/check_adapter.py"
        let line = try predict("line")
        let printed = try ReferencePython.run(script: script, [try ExampleRun.base(), line.adapter, line.full])
        #expect(printed.hasPrefix("21 modules, "))
        // The same script says so where the weights are others.
        #expect(throws: ToolFailure.self) {
            try ReferencePython.run(
                script: script, [try ExampleRun.base(), line.adapter, try ExampleRun.checkpoint(96)])
        }
        let damped = try predict("damped")
        let share = try #require(try manifest(damped.adapter).adapter).updateShare
        _ = try ReferencePython.run(
            script: script, [try ExampleRun.base(), damped.adapter, damped.full, "--share", "\(share)"])
    }

    @Test(.enabled(if: ReferencePython.hasModels, "ALPHARL_TEST_PYTHON has no torch, transformers and peft"))
    func mergedByPEFTItIsTheFullFormToRounding() throws {
        let (full, adapter) = try predict("line")
        let script = ExampleRun.repository + "Tests/Reference/check_peft.py"
        let printed = try ReferencePython.run(script: script, [try ExampleRun.base(), adapter, full])
        #expect(printed.hasPrefix("rank 1, 21 of 21 modules changed"))
    }
}

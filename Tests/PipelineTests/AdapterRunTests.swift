import Checkpoints
import ConfigurationFile
import Emission
import Files
import Foundation
import Logging
import StatusAPI
import TestSupport
import Testing
import TrajectoryStore
import Vocabulary

@testable import Pipeline

/// A real GRPO run through a LoRA adapter of rank 8, from the same base as the example run.
struct AdapterRunTests {
    private let place: TemporaryDirectory

    init() throws { place = try TemporaryDirectory() }

    private static let some = [24, 48, 72, 96, 120, 144]

    private func context(
        _ watch: String, _ name: String, base: String? = nil, _ change: (inout RunConfiguration) -> Void = { _ in }
    ) throws -> RunContext {
        var configuration = RunConfiguration(watch: watch, base: try base ?? ExampleRun.base())
        configuration.emit.directory = place.path("predicted-" + name)
        configuration.emit.elementType = .float32
        change(&configuration)
        let base = try BaseWeights(directory: configuration.run.base, filter: configuration.factors.filter)
        let store = try TrajectoryDatabase.open(path: place.path(name + ".sqlite"))
        try store.claim(
            for: RunIdentity(
                name: configuration.run.name, basePath: configuration.run.base,
                baseFingerprint: base.fingerprint.description, watchPath: watch),
            programVersion: "test", now: WallClock.system.timestamp)
        let program = ProgramIdentity(name: "alpharl", version: "test", commit: "test")
        var context = RunContext(configuration: configuration, store: store, base: base, program: program)
        context.log.logLevel = .critical
        return context
    }

    private func copied(_ steps: [Int] = some, to name: String = "run") throws -> String {
        let watch = try place.makeDirectory(name)
        for step in steps {
            try FileManager.default.copyItem(
                atPath: ExampleRun.adapters() + "/checkpoint-\(step)", toPath: watch + "/checkpoint-\(step)")
        }
        return watch
    }

    /// The checkpoint's weights as somebody would merge them, by plain loops: base + 2 B A, in double.
    private func merged(_ step: Int) throws -> [TinyTensor] {
        let base = try CheckpointReader.open(directory: ExampleRun.base())
        let folder = try ExampleRun.adapters() + "/checkpoint-\(step)"
        let adapter = try CheckpointReader.open(file: folder + "/adapter_model.safetensors")
        return try base.tensors.map { tensor in
            var weights = try base.read(tensor.name).doubles()
            let stem = "base_model.model." + tensor.name.text.dropLast(".weight".count)
            if adapter.description(of: TensorName(stem + ".lora_A.weight")) != nil {
                let a = try adapter.read(TensorName(stem + ".lora_A.weight")).doubles()
                let b = try adapter.read(TensorName(stem + ".lora_B.weight")).doubles()
                let columns = tensor.shape.dimensions[1]
                for index in weights.indices {
                    let (row, column) = (index / columns, index % columns)
                    weights[index] += 2 * (0..<8).reduce(0) { $0 + b[row * 8 + $1] * a[$1 * columns + column] }
                }
            }
            return .float64(tensor.name.text, tensor.shape.dimensions, weights)
        }
    }

    /// Small matrices give exact numbers; passes over whole ones stop at a residual of 1e-3 (first) and 1e-2 (others), and
    /// compute in single precision.
    @Test func factorsAndBacktestsAreThoseOfTheMergedWeights() throws {
        let whole = try place.makeDirectory("merged")
        for step in Self.some {
            try TinyCheckpoint.write(try merged(step), to: whole + "/checkpoint-\(step)")
            try FileManager.default.copyItem(
                atPath: ExampleRun.adapters() + "/checkpoint-\(step)/trainer_state.json",
                toPath: whole + "/checkpoint-\(step)/trainer_state.json")
        }
        let thin = try context(copied(), "thin"), thick = try context(whole, "thick")
        for context in [thin, thick] { try OfflineRun(context: context).read() }
        let steps = Self.some.map { TrainingStep($0) }
        #expect(try thin.store.recordedSteps() == steps)
        for module in thin.base.modules {
            let pairs = zip(
                try thin.store.factors(of: module.name, at: steps), try thick.store.factors(of: module.name, at: steps))
            for (exact, seen) in pairs {
                let first = try #require(exact.factor.triplets.first), other = try #require(seen.factor.triplets.first)
                #expect(abs(first.sigma / other.sigma - 1) < 1e-5)
                #expect(abs(exact.factor.frobeniusNorm / seen.factor.frobeniusNorm - 1) < 1e-6)
                #expect(abs(exact.factor.baseNorm / seen.factor.baseNorm - 1) < 1e-6)
                #expect(exact.factor.triplets.count == 4 && exact.factor.triplets.allSatisfy(\.hasConverged))
            }
        }
        let tests = try thin.store.backtests(targets: steps), others = try thick.store.backtests(targets: steps)
        #expect(tests.count == others.count && tests.count > 20)
        for (one, other) in zip(tests, others) {
            #expect(one.model == other.model && one.origin == other.origin && one.target == other.target)
            #expect(abs(one.backtest.sumAA / other.backtest.sumAA - 1) < 0.01)
        }
        let verdicts = try [thin, thick].map { try #require(try $0.store.verdicts(newest: 1).first).verdict }
        #expect(abs(verdicts[0].confidence - verdicts[1].confidence) < 0.01)
    }

    @Test(.enabled(if: ReferencePython.path != nil, "ALPHARL_TEST_PYTHON is not set"))
    func numpyFindsTheSameFactorsInTheDenseProducts() throws {
        try OfflineRun(context: try context(copied(), "factors")).read()
        let printed = try ReferencePython.run(
            script: ExampleRun.repository + "Tests/Reference/check_factors.py",
            [place.path("factors.sqlite"), place.path("run"), try ExampleRun.base()])
        #expect(printed.hasPrefix("504 triplets, "), "\(printed)")
    }

    private func request(
        _ model: ModelName, _ formats: [PredictionFormat] = [.full], to target: Int = 288
    ) -> OfflineRun.Request {
        OfflineRun.Request(targetStep: TrainingStep(target), model: model, formats: formats, force: true)
    }

    /// A float32 sum, and triplets rounded to float32: 2^-24 of the weight, and of the update a few times its norm.
    @Test func theFullFormIsTheBaseWithTheAdapterAndTheMovement() throws {
        let run = OfflineRun(context: try context(copied(), "full"))
        try run.read()
        let path = try #require(try run.predict(request("last")).first?.path)
        let predicted = try CheckpointReader.open(directory: path)
        let base = try CheckpointReader.open(directory: ExampleRun.base())
        var moved = 0
        for tensor in try merged(144) {
            let name = TensorName(tensor.name)
            let old = try base.read(name).doubles()
            let expected = tensor.bytes.withUnsafeBytes { Array($0.bindMemory(to: Double.self)) }
            let norm = zip(expected, old).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
            if norm > 0 { moved += 1 }
            let found = try predicted.read(name).doubles()
            let worst = zip(found, expected).map { abs($0 - $1) - 0x1p-23 * abs($1) }.max() ?? 1
            #expect(worst <= 0x1p-21 * norm, "\(tensor.name)")
            #expect(norm > 0 || found == old)
        }
        #expect(moved == 21 && predicted.tensors.count == base.tensors.count)
        #expect(FileManager.default.fileExists(atPath: path + "/tokenizer.json"))
        #expect(!FileManager.default.fileExists(atPath: path + "/adapter_config.json"))
    }

    /// The run's own rank, so that a server that takes its adapters takes the prediction; all but a sliver of the update.
    @Test func theAdapterFormHasTheRankOfTheRunsOwnAdapters() throws {
        let run = OfflineRun(context: try context(copied(), "both"))
        try run.read()
        let written = try run.predict(request("damped", [.full, .adapter]))
        let (full, adapter) = (try #require(written[0].path), try #require(written[1].path))
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: adapter + "/alpharl.json")))
        let description = try #require(PredictionManifest(decoding: bytes)?.adapter)
        #expect(description.rank == 8 && description.modules == 21 && description.updateShareIsExact)
        #expect(description.updateShare > 0.9999)
        if ReferencePython.path != nil {
            _ = try ReferencePython.run(
                script: ExampleRun.repository + "Tests/Reference/check_adapter.py",
                [try ExampleRun.base(), adapter, full, "--share", "\(description.updateShare)"])
        }
        // Without the run's own, what the store has: four triplets.
        try FileManager.default.removeItem(atPath: place.path("run"))
        let late = try #require(try run.predict(request("tangent", [.adapter], to: 216)).first?.path)
        let stored = [UInt8](try Data(contentsOf: URL(filePath: late + "/alpharl.json")))
        #expect(PredictionManifest(decoding: stored)?.adapter?.rank == 4)
        #expect(throws: PipelineError.self) { try run.predict(request("last", to: 192)) }
    }

    private func edit(_ step: Int, _ old: String, _ new: String, in watch: String) throws {
        let file = URL(filePath: watch + "/checkpoint-\(step)/adapter_config.json")
        let text = try String(contentsOf: file, encoding: .utf8)
        #expect(text.contains(old))
        try text.replacing(old, with: new).write(to: file, atomically: true, encoding: .utf8)
    }

    private func reasons(_ context: RunContext) throws -> [Int: String] {
        try OfflineRun(context: context).read()
        let rejected = try context.store.checkpoints(in: .rejected)
        return Dictionary(uniqueKeysWithValues: rejected.map { ($0.step.value, $0.reason ?? "") })
    }

    @Test func whatIsNoAdapterOfThisBaseIsRejectedAndTheRestRecorded() throws {
        let watch = try copied()
        try edit(48, "\"use_dora\": false", "\"use_dora\": true", in: watch)
        // The same shapes, and another model: the example run's last checkpoint.
        let other = try ExampleRun.checkpoint(600)
        try edit(72, "\"../base\"", "\"\(other)\"", in: watch)
        try edit(96, "\"../base\"", "\"\(try ExampleRun.base())\"", in: watch)
        try edit(120, "\"../base\"", "\"/no/such/folder\"", in: watch)
        let context = try context(watch, "mixed")
        let reasons = try reasons(context)
        #expect(reasons.keys.sorted() == [48, 72])
        #expect(reasons[48]?.contains("use_dora is not supported: DoRA divides each row") == true)
        #expect(reasons[72]?.hasPrefix("the adapter was trained on another base: \(other), which holds other") == true)
        #expect(try context.store.recordedSteps().map(\.value) == [24, 96, 120, 144])
    }

    @Test func anAdapterOfNothingThatIsTrackedSaysSo() throws {
        let context = try context(copied([24]), "none") {
            ($0.factors.include, $0.factors.exclude) = (["*embed_tokens*"], [])
        }
        let error = try #require(throws: PipelineError.self) { try reasons(context) }
        #expect("\(error)".contains("none of the 21 matrices that the adapter changes is tracked"), "\(error)")
        #expect("\(error)".contains("set factors.include"))
    }

    @Test func anotherScaleIsAnotherCheckpointAndACopyIsNot() throws {
        let watch = try copied([24, 48])
        let context = try context(watch, "rewound")
        try OfflineRun(context: context).read()
        let before = try context.store.checkpoints()
        for step in [24, 48] {
            for file in ["adapter_model.safetensors", "trainer_state.json"] {
                let path = URL(filePath: watch + "/checkpoint-\(step)/" + file)
                try Data(contentsOf: path).write(to: path, options: .atomic)
            }
        }
        try OfflineRun(context: context).read()
        #expect(try context.store.checkpoints().map(\.contentHash) == before.map(\.contentHash))
        #expect(try context.store.checkpoints(in: .superseded).isEmpty)
        try edit(48, "\"lora_alpha\": 16", "\"lora_alpha\": 32", in: watch)
        try OfflineRun(context: context).read()
        #expect(try context.store.checkpoints(in: .superseded).map(\.step.value) == [48])
        #expect(try context.store.recordedSteps().map(\.value) == [24, 48])
        let factors = try context.store.factors(
            of: context.base.modules[0].name, at: [TrainingStep(24), TrainingStep(48)])
        #expect(factors[1].factor.frobeniusNorm > 2 * factors[0].factor.frobeniusNorm)
    }

    @Test func anAdapterCanBeReconstructedAtALowerRank() throws {
        let configuration = try context(copied([24]), "rank").configuration
        let base = try BaseWeights(directory: ExampleRun.base(), filter: configuration.factors.filter)
        let program = ProgramIdentity(name: "alpharl", version: "test", commit: "test")
        let work = Reconstruction(configuration: configuration, base: base, program: program)
        let (path, manifest) = try work.write(step: TrainingStep(24), rank: 8, rescaling: false)
        #expect(manifest.updateShare > 0.999_999)
        let found = try CheckpointReader.open(directory: path)
        for tensor in try merged(24) where tensor.name.contains("up_proj") {
            let expected = tensor.bytes.withUnsafeBytes { Array($0.bindMemory(to: Double.self)) }
            let worst = zip(try found.read(TensorName(tensor.name)).doubles(), expected).map { abs($0 - $1) }.max()
            #expect(try #require(worst) < 1e-7)
        }
    }
}

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

/// Predictions in the hands of those who load them: transformers and PEFT themselves, vLLM and SGLang by their rules.
@Suite(.enabled(if: ReferencePython.hasModels, "ALPHARL_TEST_PYTHON has no torch, transformers and peft"))
struct ConsumerTests {
    private let place: TemporaryDirectory

    init() throws { place = try TemporaryDirectory() }

    private func python(_ script: String, _ arguments: [String]) throws -> [String] {
        try ReferencePython.run(script: ExampleRun.repository + "Tests/Reference/" + script, arguments)
            .split(separator: "\n").map(String.init)
    }

    /// - Returns: the folder of the prediction.
    private func predict(
        _ watch: String, base: String, model: ModelName, until step: Int, _ format: PredictionFormat = .full,
        as type: OutputElementType = .same, name: String
    ) throws -> String {
        var configuration = RunConfiguration(watch: watch, base: base)
        configuration.emit.directory = place.path(name)
        configuration.emit.elementType = type
        let base = try BaseWeights(directory: base, filter: configuration.factors.filter)
        let store = try TrajectoryDatabase.inMemory()
        try store.claim(
            for: RunIdentity(
                name: name, basePath: configuration.run.base, baseFingerprint: base.fingerprint.description,
                watchPath: watch), programVersion: "test", now: WallClock.system.timestamp)
        var context = RunContext(
            configuration: configuration, store: store, base: base,
            program: ProgramIdentity(name: "alpharl", version: "test", commit: "test"))
        context.log.logLevel = .critical
        let run = OfflineRun(context: context)
        try run.read(upTo: TrainingStep(step))
        let request = OfflineRun.Request(
            targetStep: TrainingStep(2 * step), model: model, formats: [format], force: true)
        return try #require(try run.predict(request).first?.path)
    }

    @Test func transformersLoadsWhatWasPredictedAndTheServersWouldTakeIt() throws {
        let (run, base) = (try ExampleRun.directory(), try ExampleRun.base())
        let same = try predict(run, base: base, model: "tangent", until: 96, name: "same")
        let single = try predict(run, base: base, model: "damped", until: 96, as: .float32, name: "single")
        let adapters = try ExampleRun.adapters()
        let thin = try predict(adapters, base: base, model: "last", until: 96, as: .float32, name: "thin")
        let sharded = try sharded([24, 48, 72])
        let shards = try predict(
            sharded.run, base: sharded.base, model: "tangent", until: 72, name: "shards")
        let lines = try python(
            "check_full.py", [same, single, "\(thin):\(base):\(adapters)/checkpoint-96", shards])
        #expect(lines.count == 4)
        #expect(lines[0].hasPrefix("38 tensors of torch.bfloat16, tied True, finite True"))
        #expect(lines[1].hasPrefix("38 tensors of torch.float32, tied True, finite True"))
        #expect(lines[2].hasPrefix("38 tensors of torch.float32, tied True, finite True"))
        #expect(lines[3].hasPrefix("38 tensors of torch.bfloat16, tied True, finite True"))
        #expect(try python("server_rules.py", ["full", same, ExampleRun.checkpoint(96)]) == ["1 files, 38 tensors"])
        #expect(try python("server_rules.py", ["full", thin, base]) == ["1 files, 38 tensors"])
        let files = try FileManager.default.contentsOfDirectory(atPath: shards).filter { $0.hasSuffix(".safetensors") }
        #expect(files.count == sharded.count && files.count > 2)
        #expect(
            try python("server_rules.py", ["full", shards, sharded.run + "/checkpoint-72"])
                == ["\(files.count) files, 38 tensors"])
        // The rules do see what is wrong.
        try Data().write(to: URL(filePath: same + "/more.safetensors"))
        #expect(throws: ToolFailure.self) {
            try python("server_rules.py", ["full", same, ExampleRun.checkpoint(96)])
        }
    }

    private func sharded(_ steps: [Int]) throws -> (run: String, base: String, count: Int) {
        let (run, base) = (try place.makeDirectory("sharded"), place.path("sharded-base"))
        let pairs =
            try [ExampleRun.base(), base]
            + steps.flatMap { step in
                [try ExampleRun.checkpoint(step), run + "/checkpoint-\(step)"]
            }
        _ = try python("make_sharded.py", pairs)
        for step in steps {
            let marker = URL(filePath: run + "/checkpoint-\(step)/trainer_state.json")
            try Data(contentsOf: marker).write(to: marker)
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: base)
        return (run, base, names.count { $0.hasSuffix(".safetensors") })
    }

    /// vLLM's server on the CPU: the adapter by name, and all weights in place, by the requests of the guide.
    @Test(.enabled(if: ProcessInfo.processInfo.environment["ALPHARL_TEST_VLLM"] != nil, "ALPHARL_TEST_VLLM is not set"))
    func vllmItselfServesWhatWasPredicted() throws {
        let (adapters, base) = (try ExampleRun.adapters(), try ExampleRun.base())
        let adapter = try predict(
            adapters, base: base, model: "last", until: 72, .adapter, as: .float32, name: "adapter")
        let full = try predict(adapters, base: base, model: "last", until: 72, as: .float32, name: "full")
        let python = try #require(ProcessInfo.processInfo.environment["ALPHARL_TEST_VLLM"])
        let script = ExampleRun.repository + "Tests/Reference/check_vllm.py"
        let lines = try Tool.run(python, [script, base, full, adapter]).split(separator: "\n")
        #expect(lines.map { $0.prefix { $0 != ":" } } == ["base", "adapter", "full"], "\(lines)")
    }

    /// `last` holds the run's own adapter, and nothing else: all of it fits the rank that it has.
    @Test func peftMergesTheAdapterToTheFullFormAndTheServersWouldTakeIt() throws {
        let (adapters, base) = (try ExampleRun.adapters(), try ExampleRun.base())
        let adapter = try predict(
            adapters, base: base, model: "last", until: 72, .adapter, as: .float32, name: "adapter")
        let full = try predict(adapters, base: base, model: "last", until: 72, as: .float32, name: "full")
        let lines = try python("check_peft.py", [base, adapter, full])
        #expect(lines.last?.hasPrefix("rank 8, 21 of 21 modules changed") == true, "\(lines)")
        #expect(try python("server_rules.py", ["adapter", adapter, base]) == ["rank 8, 21 modules"])
        #expect(throws: ToolFailure.self) {
            try python("server_rules.py", ["adapter", adapters + "/checkpoint-72", base])
        }
    }
}

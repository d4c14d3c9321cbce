import ConfigurationFile
import Emission
import Files
import Foundation
import Logging
import RunLayouts
import StatusAPI
import TestSupport
import Testing
import TrajectoryStore
import Vocabulary

@testable import Pipeline

/// Runs as trainers and the libraries that they save with write them, from the folder to recorded factors and accuracies.
/// Factors against numpy's SVD of the same tensors.
struct RealTrainerTests {
    private let runs: TrainerRuns
    private let place: TemporaryDirectory

    init() throws {
        runs = try TrainerRuns()
        place = try TemporaryDirectory()
    }

    static let names = [
        "trainer", "trl-grpo", "verl-fsdp", "verl-hf", "verl-megatron", "openrlhf", "prime-rl", "prime-rl-old",
        "nemo-rl", "slime",
        "areal", "torchtune", "torchtune-epochs", "torchtitan", "alpharl", "relex",
    ]

    private func context(_ watch: String, base: String, _ change: (inout RunConfiguration) -> Void = { _ in }) throws
        -> RunContext
    {
        var configuration = RunConfiguration(watch: watch, base: base, name: "test")
        configuration.emit.directory = place.path("predicted")
        change(&configuration)
        let weights = try BaseWeights(directory: base, filter: configuration.factors.filter)
        let store = try TrajectoryDatabase.inMemory()
        try store.claim(
            for: RunIdentity(
                name: "test", basePath: base, baseFingerprint: weights.fingerprint.description, watchPath: watch),
            programVersion: "0.0.0", now: WallClock.system.timestamp)
        var context = RunContext(
            configuration: configuration, store: store, base: weights,
            program: ProgramIdentity(name: "alpharl", version: "0.0.0", commit: "unknown"))
        context.log.logLevel = .critical
        return context
    }

    private func recorded(_ name: String) throws -> RunContext {
        let run = try #require(runs.runs[name])
        let context = try context(runs.watched(name), base: runs.path(run.base))
        try OfflineRun(context: context).read()
        return context
    }

    @Test func everyRunOfTheArchiveIsTested() {
        #expect(Set(runs.runs.keys) == Set(Self.names))
    }

    @Test(arguments: names)
    func itsStepsAreRecordedWithTheFactorsThatNumpyFinds(name: String) throws {
        let run = try #require(runs.runs[name])
        let context = try recorded(name)
        #expect(try context.store.recordedSteps().map(\.value) == run.steps)
        let layouts = Set(try context.store.checkpoints().map(\.seen.layout))
        #expect(layouts == [run.layout])
        for (step, modules) in run.factors {
            let number = try #require(Int(step))
            for (module, values) in modules {
                let factor = try #require(
                    try context.store.factors(of: TensorName(module), at: [TrainingStep(number)]).first?.factor)
                #expect(factor.triplets.count == min(4, values.count))
                // The update is a difference in float32, exact to 2^-24 of it; the solver's goal is 1e-5 of each value.
                for (triplet, exact) in zip(factor.triplets, values) {
                    #expect(abs(triplet.sigma - exact) <= 2e-5 * exact + 1e-6 * values[0], "\(module) at \(step)")
                }
            }
        }
    }

    @Test(arguments: names)
    func itsAccuraciesAreReadFromItsOwnFilesUnderANameThatIsShown(name: String) throws {
        let run = try #require(runs.runs[name])
        let context = try recorded(name)
        let found = try context.store.accuracies()
        // verl truncates its log when it is started again: see the next test.
        let wanted = run.accuracies.filter { name != "verl-hf" || $0[0] >= 8 }
        #expect(found.map { Double($0.step.value) } == wanted.map { $0[0] })
        for (one, expected) in zip(found, wanted) { #expect(abs(one.value - expected[1]) < 1e-12) }
        let status = try StatusReport(context: context).status()
        if let source = run.source { #expect(status.accuracy.source?.hasSuffix(source) == true) }
        #expect((run.source == nil) == (status.accuracy.source == nil))
        let problem = status.accuracy.problem
        let isTold = problem?.hasSuffix("(got eval/math, rollout/raw_reward); set metrics.key") == true
        #expect(name == "slime" ? isTold : problem == nil, "\(problem ?? "")")
    }

    @Test func verlsRowsComeAfterTheCheckpointAndSurviveItsRestart() throws {
        let log = runs.path("verl-hf/math/tiny.jsonl")
        let afterRestart = try Data(contentsOf: URL(filePath: log))
        let before = try Data(contentsOf: URL(filePath: runs.path("verl-hf/math/tiny.before")))
        try FileManager.default.removeItem(atPath: log)
        let context = try context(runs.watched("verl-hf"), base: runs.path("base"))
        var pipeline = try RunPipeline(context: context, settle: SettleRule(quiet: 0, longQuiet: 0, longAgo: 0))
        _ = try pipeline.pass()
        #expect(try context.store.recordedSteps().count == 3)
        #expect(try context.store.accuracies().isEmpty)
        for (content, steps) in [(before, [4, 8]), (afterRestart, [4, 8, 12])] {
            try content.write(to: URL(filePath: log))
            _ = try pipeline.pass()
            #expect(try context.store.accuracies().map(\.step.value) == steps)
        }
    }

    /// NeMo-RL leaves slices in place of whole tensors where it is not asked for them: the same weights, the same steps.
    @Test func slicesAreTheSameWeightsAsWholeTensors() throws {
        let slices = try context(runs.path("nemo-rl-slices"), base: runs.path("base"))
        try OfflineRun(context: slices).read()
        let whole = try recorded("nemo-rl")
        let found = try slices.store.checkpoints(in: .recorded)
        #expect(found.map(\.contentHash) == (try whole.store.checkpoints(in: .recorded).map(\.contentHash)))
        #expect(found.map(\.step.value) == [4, 8, 12])
    }

    @Test func anyOtherNamesAreReadByAPattern() throws {
        let context = try context(runs.path("pattern"), base: runs.path("base")) { $0.run.pattern = "save-(\\d+)" }
        try OfflineRun(context: context).read()
        #expect(try context.store.recordedSteps().map(\.value) == [4, 8, 12])
    }

    /// prime-rl's broadcasts have no config and no tokenizer: a prediction takes them from the base.
    @Test func aPredictionFromBareWeightsIsAWholeModel() throws {
        let context = try recorded("prime-rl")
        let predictions = try OfflineRun(context: context).predict(
            OfflineRun.Request(targetStep: TrainingStep(24), force: true))
        let path = try #require(predictions.first?.path)
        let names = Set(try FileManager.default.contentsOfDirectory(atPath: path))
        #expect(names.isSuperset(of: ["config.json", "generation_config.json", "model.safetensors.index.json"]))
        #expect(names.isDisjoint(with: ["STABLE", "training_info.json", "trainer_state.json"]))
    }

    /// A trainer's own event files count where nothing better is there, and where they are asked for.
    @Test func theTrainersEventFilesAreReadWhereTheyAreAskedFor() throws {
        let run = try #require(runs.runs["trainer"])
        let context = try context(runs.watched("trainer"), base: runs.path(run.base)) {
            $0.metrics.source = .tensorboard
        }
        try OfflineRun(context: context).read()
        let found = try context.store.accuracies()
        #expect(found.map { Double($0.step.value) } == run.accuracies.map { $0[0] })
        // TensorBoard keeps float32.
        for (one, expected) in zip(found, run.accuracies) { #expect(one.value == Double(Float(expected[1]))) }
        #expect(found.allSatisfy { $0.source.hasSuffix("/trainer: eval/accuracy") })
    }
}

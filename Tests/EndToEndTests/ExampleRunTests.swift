import Foundation
import TestSupport
import Testing

/// The run that other tests rely on is the one that its page describes.
@Suite struct ExampleRunTests {
    @Test func everyCheckpointIsComplete() throws {
        for step in ExampleRun.steps {
            let folder = try ExampleRun.checkpoint(step)
            #expect(
                Set(try FileManager.default.contentsOfDirectory(atPath: folder)) == [
                    "config.json", "generation_config.json", "model.safetensors", "trainer_state.json",
                ])
        }
        let lines = try String(contentsOfFile: ExampleRun.directory() + "/accuracy.jsonl", encoding: .utf8).split(
            separator: "\n")
        #expect(lines.count == ExampleRun.steps.count + 1)
    }

    @Test(.enabled(if: ReferencePython.path != nil, "ALPHARL_TEST_PYTHON is not set"))
    func accuracyOfTheBaseIsTheOneThatWasRecorded() throws {
        let script = ExampleRun.repository + "Examples/addition-grpo/evaluate.py"
        let printed = try ReferencePython.run(script: script, [ExampleRun.base()])
        #expect(printed.contains("accuracy 0.2994"))
    }

    @Test(.enabled(if: ReferencePython.path != nil, "ALPHARL_TEST_PYTHON is not set"))
    func failingScriptFailsWithWhatItSaid() throws {
        let script = ExampleRun.repository + "Examples/addition-grpo/evaluate.py"
        #expect(throws: ToolFailure.self) { try ReferencePython.run(script: script, ["/nonexistent"]) }
    }
}

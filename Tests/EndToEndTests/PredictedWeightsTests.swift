import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// What is written, loaded by the safetensors package and recomputed in numpy from the checkpoints.
    @Suite(.enabled(if: ReferencePython.path != nil, "ALPHARL_TEST_PYTHON is not set"))
    struct PredictedWeightsTests {
        private static func script(_ name: String) -> String { ExampleRun.repository + "Tests/Reference/" + name }

        /// - Returns: the folder.
        private func predict(_ place: TemporaryDirectory, until step: Int, to target: Int, model: String) throws
            -> String
        {
            let outcome = try Alpharl.run([
                "predict", ExampleRun.directory(), "--base", ExampleRun.base(), "--out", place.path("out"), "--force",
                "--until-step", "\(step)", "--target-step", "\(target)", "--model", model,
            ])
            #expect(outcome.status == 0, "\(outcome)")
            return outcome.output.trimmingCharacters(in: .newlines)
        }

        @Test(arguments: [(192, 384), (144, 180)]) func everyWeightIsTheRecomputedOne(step: Int, target: Int) throws {
            let place = try TemporaryDirectory()
            let folder = try predict(place, until: step, to: target, model: "tangent")
            let printed = try ReferencePython.run(
                script: Self.script("recompute_prediction.py"), [folder, ExampleRun.directory()])
            #expect(printed == "as recomputed\n")
        }

        @Test(arguments: ["tangent", "damped"]) func foldersLoadAndMoveAsTheReferenceSays(model: String) throws {
            let place = try TemporaryDirectory()
            let folder = try predict(place, until: 192, to: 384, model: model)
            let printed = try ReferencePython.run(
                script: Self.script("check_prediction.py"),
                [folder, ExampleRun.checkpoint(192), Self.script("reference.json")])
            #expect(printed == "as expected\n")
        }
    }
}

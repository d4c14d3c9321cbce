import Checkpoints
import Foundation
import TestSupport
import Testing
import Vocabulary

extension EndToEnd {
    /// `alpharl predict` on a run of which there are FSDP shards only.
    @Suite struct ShardedRunTests {
        private let place: TemporaryDirectory

        init() throws { place = try TemporaryDirectory() }

        @Test func aPredictionFromShardsIsAWholeModel() throws {
            try TorchFixture.copy("verl-run", to: place.path("run"))
            try place.write("30", to: "run/latest_checkpointed_iteration.txt")
            try place.makeDirectory("run/global_step_30/actor/huggingface")
            let config = #"{"architectures": ["FromTheActor"], "dtype": "float32"}"#
            try place.write(config, to: "run/global_step_30/actor/huggingface/config.json")
            let base = TorchFixture.path("base")
            let outcome = try Alpharl.run(
                [
                    "predict", place.path("run"), "--base", base, "--out", place.path("out"), "--target-step", "60",
                    "--force",
                ], home: place.path)
            #expect(outcome.status == 0, "\(outcome)")
            #expect(outcome.errors.contains("3 checkpoints, steps 10 to 30, 8 modules"), "\(outcome.errors)")
            let written = place.path("out/step-00000060-from-00000030")
            let predicted = try CheckpointReader.open(directory: written)
            let start = try CheckpointReader.open(directory: base)
            #expect(Set(predicted.tensors) == Set(start.tensors))
            // What is not tracked is as the last step's shards have it.
            let last = try CheckpointReader.open(directory: place.path("run/global_step_30/actor"))
            for tensor in start.tensors where !tensor.name.text.hasSuffix("_proj.weight") {
                #expect(try predicted.read(tensor.name).isIdentical(to: last.read(tensor.name)), "\(tensor.name)")
            }
            // From the folder that verl keeps beside the shards.
            let text = try String(contentsOfFile: written + "/config.json", encoding: .utf8)
            #expect(text.contains("FromTheActor"))
        }
    }
}

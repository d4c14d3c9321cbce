import Files
import Foundation
import TestSupport
import Testing
import Vocabulary

@testable import RunLayouts

struct HuggingFaceLayoutTests {
    private let layout = HuggingFaceLayout()
    private let tree: RunTree

    init() throws { tree = try RunTree() }

    private func kind(_ step: Int = 10) throws -> String { try layout.judge(step, in: tree).kind }

    @Test func aSaveIsCompleteAtItsEndAndAtNoStageBefore() throws {
        let state = RunTree.state(10)
        let stages: [(name: String, bytes: [UInt8])] = [
            ("config.json", Array("{}".utf8)), ("generation_config.json", Array("{}".utf8)),
            ("model.safetensors", []), ("model.safetensors", Array(RunTree.weights().prefix(5))),
            ("model.safetensors", Array(RunTree.weights().dropLast())), ("model.safetensors", RunTree.weights()),
            ("tokenizer.json", Array("{}".utf8)), ("training_args.bin", [1]), ("optimizer.pt", [1]),
            ("scheduler.pt", [1]), ("rng_state.pth", [1]), ("trainer_state.json", []),
            ("trainer_state.json", Array(state.utf8.prefix(30))), ("trainer_state.json", Array(state.utf8.dropLast(2))),
        ]
        try tree.folder.makeDirectory("checkpoint-10")
        #expect(try kind() == "incomplete")
        for (name, bytes) in stages {
            try tree.write("checkpoint-10/" + name, bytes)
            #expect(try kind() == "incomplete", "after \(bytes.count) bytes of \(name)")
        }
        try tree.write("checkpoint-10/trainer_state.json", state)
        #expect(try kind() == "marked")
    }

    @Test func ofSeveralFilesEachAndTheIndexMustBeThere() throws {
        let state = Array(RunTree.state(10).utf8)
        let index = Array(RunTree.index.utf8)
        // The marker is written first here: structure alone must refuse each stage.
        try tree.write("checkpoint-10/trainer_state.json", state)
        let stages: [(name: String, bytes: [UInt8])] = [
            ("model-00001-of-00002.safetensors", RunTree.shard("a")),
            ("model-00002-of-00002.safetensors", Array(RunTree.shard("b").dropLast(3))),
            ("model.safetensors.index.json", []), ("model.safetensors.index.json", Array(index.prefix(60))),
            ("model.safetensors.index.json", index),
        ]
        for (name, bytes) in stages {
            try tree.write("checkpoint-10/" + name, bytes)
            #expect(["incomplete", "unusable"].contains(try kind()), "after \(bytes.count) bytes of \(name)")
        }
        try tree.write("checkpoint-10/model-00002-of-00002.safetensors", RunTree.shard("b"))
        try tree.write("checkpoint-10/trainer_state.json", state)
        #expect(try kind() == "marked")
        try tree.remove("checkpoint-10/model-00001-of-00002.safetensors")
        #expect(try kind() == "incomplete")
    }

    @Test func aFileOfZerosOfTheRightLengthIsNotComplete() throws {
        try tree.write("checkpoint-10/model.safetensors", [UInt8](repeating: 0, count: RunTree.weights().count))
        #expect(try kind() == "incomplete")
        try tree.write("checkpoint-10/trainer_state.json", RunTree.state(10))
        #expect(try kind() == "unusable")
    }

    /// The marker is the last file of a save. What is too short then stays so, unless it is being written again.
    @Test func aFileThatIsTooShortIsDamageWhereTheMarkerIsNewer() throws {
        try tree.writeTrainerCheckpoint(10)
        try tree.write("checkpoint-10/model.safetensors", Array(RunTree.weights().dropLast(4)))
        #expect(try kind() == "incomplete")
        try tree.write("checkpoint-10/trainer_state.json", RunTree.state(10))
        #expect(try kind() == "unusable")
        try tree.write("checkpoint-10/model.safetensors", Array(RunTree.weights().prefix(3)))
        #expect(try kind() == "incomplete")
    }

    @Test func aMarkerOfAnotherStepProvesNothing() throws {
        try tree.writeTrainerCheckpoint(10)
        try tree.write("checkpoint-10/trainer_state.json", RunTree.state(9))
        #expect(
            try layout.judge(10, in: tree)
                == .incomplete(reason: "trainer_state.json is of step 9, the folder of step 10"))
    }

    @Test func anOldMarkerIsDoubtedWhileTheFolderIsWrittenAgain() throws {
        try tree.writeTrainerCheckpoint(10)
        let before = try layout.judge(10, in: tree)
        #expect(before.kind == "marked")
        try tree.write("checkpoint-10/model.safetensors", RunTree.weights(7))
        let during = try layout.judge(10, in: tree)
        #expect(during.kind == "doubtful")
        #expect(during.stamp != before.stamp)
        try tree.write("checkpoint-10/trainer_state.json", RunTree.state(10))
        #expect(try layout.judge(10, in: tree).kind == "marked")
    }

    @Test func aSaveOnTerminationSaysSoItself() throws {
        try tree.writeTrainerCheckpoint(10)
        try tree.write("checkpoint-10/checkpoint-is-incomplete.txt", "")
        #expect(try kind() == "incomplete")
        try tree.remove("checkpoint-10/checkpoint-is-incomplete.txt")
        #expect(try kind() == "marked")
    }

    @Test(arguments: 0..<8) func aFolderThatIsBeingRotatedIsNeverWrong(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        try tree.writeTrainerCheckpoint(10)
        for name in ["tokenizer.json", "optimizer.pt"] { try tree.write("checkpoint-10/" + name, [1]) }
        var left = try tree.folder.names(in: "checkpoint-10").shuffled(using: &generator)
        while let name = left.popLast() {
            try tree.remove("checkpoint-10/" + name)
            let isWhole = left.contains("model.safetensors") && left.contains("trainer_state.json")
            #expect(
                try kind() == (isWhole ? "marked" : left.contains("trainer_state.json") ? "unusable" : "incomplete"))
        }
        try tree.remove("checkpoint-10")
        #expect(try kind() == "gone")
    }

    @Test func aFolderThatGoesBetweenListingAndLookingIsGone() throws {
        try tree.writeTrainerCheckpoint(10)
        let candidate = try #require(try layout.candidates(in: tree.root).first)
        try tree.remove("checkpoint-10")
        #expect(try layout.completeness(of: candidate).kind == "gone")
    }

    @Test func aPredictionOfOursIsNeverLearnedFrom() throws {
        try tree.writeTrainerCheckpoint(10)
        try tree.write("checkpoint-10/alpharl.json", "{}")
        #expect(try kind() == "ours")
    }

    @Test func otherFormsOfWeightsAreNamed() throws {
        let forms = [
            "pytorch_model.bin": "no end record of a zip archive",
            "pytorch_model_fsdp_0/__0_0.distcp": "no .metadata", "pytorch_model_fsdp_0_rank0.bin": "accelerate",
        ]
        for (name, words) in forms {
            let tree = try RunTree()
            try tree.write("checkpoint-10/" + name, [1])
            try tree.write("checkpoint-10/trainer_state.json", RunTree.state(10))
            let found = try layout.judge(10, in: tree)
            #expect(found.kind == "unusable" && found.reason.contains(words))
        }
    }

    /// PEFT writes the matrices, then their configuration; the trainer ends with its state.
    @Test func anAdapterIsCompleteOnceItsThreeFilesAreThere() throws {
        let tree = try RunTree()
        try tree.write("checkpoint-10/adapter_model.safetensors", RunTree.adapter())
        #expect(try layout.judge(10, in: tree).kind == "incomplete")
        try tree.write("checkpoint-10/trainer_state.json", RunTree.state(10))
        let without = try layout.judge(10, in: tree)
        #expect(without.kind == "incomplete" && without.reason.contains("adapter_config.json is not beside it"))
        try tree.write("checkpoint-10/adapter_config.json", RunTree.adapterSettings())
        #expect(try layout.judge(10, in: tree).kind == "doubtful")
        try tree.write("checkpoint-10/trainer_state.json", RunTree.state(10))
        let whole = try layout.judge(10, in: tree)
        #expect(whole.kind == "marked")
        #expect(
            whole.stamp?.files.keys.sorted()
                == ["adapter_config.json", "adapter_model.safetensors", "trainer_state.json"])
        try tree.write("checkpoint-10/adapter_config.json", "{\"peft_type\": \"IA3\"}")
        let other = try layout.judge(10, in: tree)
        #expect(other.kind == "unusable" && other.reason.contains("peft_type = IA3 is not supported"))
    }

    /// The Trainer with FSDP and SHARDED_STATE_DICT: accelerate writes the weights one folder below.
    @Test func shardedStateOneFolderBelowIsCompleteWithItsMetadata() throws {
        for name in ["__0_0.distcp", "__1_0.distcp", "__2_0.distcp"] {
            try tree.write("checkpoint-10/pytorch_model_fsdp_0/" + name, TorchFixture.bytes("dcp-plain/" + name))
        }
        try tree.write("checkpoint-10/trainer_state.json", RunTree.state(10))
        #expect(try kind() == "unusable")
        try tree.write("checkpoint-10/pytorch_model_fsdp_0/.metadata", TorchFixture.bytes("dcp-plain/.metadata"))
        #expect(try kind() == "doubtful")
        try tree.write("checkpoint-10/trainer_state.json", RunTree.state(10))
        #expect(try kind() == "marked")
    }

    @Test func slicesOfTensorsAreNotWholeOnes() throws {
        let slices = TinyCheckpoint.safetensors(
            [.float32("a", [1, 2], [1, 2])], metadata: ["DCP_SHARDING_INFO": "{}", "DCP_VERSION": "1.0"])
        try tree.write("checkpoint-10/model.safetensors", slices)
        try tree.write("checkpoint-10/trainer_state.json", RunTree.state(10))
        #expect(try layout.judge(10, in: tree).reason.contains("slices"))
    }

    @Test func theStampHoldsWeightsAndMarkerAndFollowsLinks() throws {
        try tree.writeTrainerCheckpoint(10)
        try tree.folder.makeDirectory("blobs")
        try tree.write("blobs/x", RunTree.weights())
        try tree.remove("checkpoint-10/model.safetensors")
        try tree.link("checkpoint-10/model.safetensors", to: tree.folder.path("blobs/x"))
        let stamp = try #require(try layout.judge(10, in: tree).stamp)
        #expect(stamp.files.keys.sorted() == ["model.safetensors", "trainer_state.json"])
        #expect(stamp.files["model.safetensors"]?.size == Int64(RunTree.weights().count))
        let again = try JSONDecoder().decode(CheckpointStamp.self, from: JSONEncoder().encode(stamp))
        #expect(again == stamp)
    }

    @Test func aFileOfAnotherUserIsSaidWithOwnerAndMode() throws {
        try tree.writeTrainerCheckpoint(10)
        let all = FailingFileSystem(only: [.open])
        _ = try HuggingFaceLayout(calls: all.calls).judge(10, in: tree)
        for number in 1...all.count {
            let files = FailingFileSystem(failing: number, with: EACCES, only: [.open])
            let found = try HuggingFaceLayout(calls: files.calls).judge(10, in: tree)
            #expect(found.kind == "not readable")
            // The index is looked for and is not there: such a file has no owner.
            let isNamed = found.reason.contains("owner uid \(getuid())") && found.reason.contains("mode 0")
            #expect(isNamed || found.reason.contains("index.json"))
        }
    }

    @Test func whateverVanishesWhileItIsLookedAtIsNoError() throws {
        try tree.writeTrainerCheckpoint(10)
        let candidate = try #require(try layout.candidates(in: tree.root).first)
        let all = FailingFileSystem()
        #expect(try HuggingFaceLayout(calls: all.calls).completeness(of: candidate).kind == "marked")
        for number in 1...all.count {
            let files = FailingFileSystem(failing: number, with: ENOENT)
            let found = try HuggingFaceLayout(calls: files.calls).completeness(of: candidate)
            #expect(["marked", "gone", "incomplete", "unusable"].contains(found.kind))
            #expect(files.openDescriptors == 0)
        }
    }

    /// A server that has lost its way for a moment must not make a checkpoint look gone, or half written.
    @Test func aFileServerThatForgetsIsAnErrorAndNotARemoval() throws {
        try tree.writeTrainerCheckpoint(10)
        let candidate = try #require(try layout.candidates(in: tree.root).first)
        let all = FailingFileSystem()
        _ = try HuggingFaceLayout(calls: all.calls).completeness(of: candidate)
        for number in 1...all.count where all.made[number - 1] != .dropFromPageCache {
            let files = FailingFileSystem(failing: number, with: ESTALE)
            #expect(throws: LayoutError.self, "call \(number), \(all.made[number - 1])") {
                try HuggingFaceLayout(calls: files.calls).completeness(of: candidate)
            }
        }
    }

    @Test func aDiskThatFailsIsAnErrorAndNotAnIncompleteCheckpoint() throws {
        try tree.writeTrainerCheckpoint(10)
        let candidate = try #require(try layout.candidates(in: tree.root).first)
        for number in 1...3 {
            let files = FailingFileSystem(failing: number, with: EIO, only: [.open, .read])
            #expect(throws: LayoutError.self) { try HuggingFaceLayout(calls: files.calls).completeness(of: candidate) }
        }
    }

    @Test func theTrainersRecordIsReadWhereItCanBe() throws {
        try tree.writeTrainerCheckpoint(10)
        let candidate = try #require(try layout.candidates(in: tree.root).first)
        #expect(try layout.trainerState(of: candidate)?.maximumStep?.value == 500)
        try tree.write("checkpoint-10/trainer_state.json", "{")
        let error = try #require(throws: LayoutError.self) { try layout.trainerState(of: candidate) }
        #expect("\(error)".hasPrefix(tree.root + "/checkpoint-10/trainer_state.json cannot be read: "))
        try tree.remove("checkpoint-10/trainer_state.json")
        #expect(try layout.trainerState(of: candidate) == nil)
    }
}

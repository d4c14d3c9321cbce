import TestSupport
import Testing

@testable import RunLayouts

struct PrimeRLLayoutTests {
    private let layout = PrimeRLLayout()
    private let tree: RunTree

    init() throws { tree = try RunTree() }

    private func kind(_ step: Int) throws -> String { try layout.judge(step, in: tree).kind }

    /// The order of `save_state_dict_parallel` and `_notify_orchestrator`.
    @Test func aBroadcastIsCompleteOnceItIsStable() throws {
        let folder = "broadcasts/step_5/"
        try tree.write(folder + "tmp-rank0-00001.safetensors", Array(RunTree.shard("a").dropLast()))
        #expect(try kind(5) == "incomplete")
        try tree.remove(folder + "tmp-rank0-00001.safetensors")
        try TrainerTrees.sharded(tree, "broadcasts/step_5")
        #expect(try layout.judge(5, in: tree).reason == "STABLE, which prime-rl writes last, is not there")
        try tree.write(folder + "STABLE", "")
        #expect(try kind(5) == "marked")
    }

    @Test func aMarkerThatSurvivedARewriteProvesNothing() throws {
        try TrainerTrees.plain(tree, "weights/step_5", ["STABLE"])
        try tree.write("weights/step_5/model.safetensors", RunTree.weights(9))
        #expect(try kind(5) == "doubtful")
        try tree.write("weights/step_5/STABLE", "")
        #expect(try kind(5) == "marked")
    }

    private func writeState(_ step: Int, _ names: [String] = ["__0_0.distcp", ".metadata"]) throws {
        for name in names { try tree.write("checkpoints/step_\(step)/trainer/\(name)", [1]) }
    }

    private var folders: [String] {
        get throws {
            try layout.listing(in: tree.root).candidates.map { String($0.directory.dropFirst(tree.root.count + 1)) }
        }
    }

    /// Every rank's part in place, `.metadata` renamed into place last; written again, the old one stays until the end.
    @Test func theTrainersStateIsCompleteWithItsMetadata() throws {
        try writeState(5, ["__0_0.distcp", "__1_0.distcp", ".metadata.tmp"])
        #expect(
            try layout.judge(5, in: tree).reason
                == ".metadata, which torch.distributed.checkpoint writes last, is not there")
        try writeState(5, [".metadata"])
        #expect(try kind(5) == "marked")
        #expect(LayoutRegistry.detect(in: tree.root).layout?.name == "prime-rl")
        try writeState(5, ["__1_0.distcp"])
        #expect(try kind(5) == "doubtful")
        try writeState(5, [".metadata"])
        #expect(try kind(5) == "marked")
    }

    @Test func theTrainersStateCountsAloneOnceOneIsFinished() throws {
        for step in [4, 5] { try TrainerTrees.plain(tree, "broadcasts/step_\(step)", ["STABLE"]) }
        try writeState(5, ["__0_0.distcp"])
        #expect(try folders == ["broadcasts/step_4", "broadcasts/step_5"])
        try writeState(5, [".metadata"])
        try TrainerTrees.plain(tree, "broadcasts/step_6", ["STABLE"])
        #expect(try folders == ["checkpoints/step_5/trainer"])
        let left = try #require(try layout.listing(in: tree.root).ignored.first)
        #expect(left.name == "broadcasts")
        #expect(left.reason.contains("3 step(s) of exported weights, rounded to bfloat16"))
    }

    /// An adapter is exact as it is; experts are stacked in the trainer's state, under other names.
    @Test func exportsCountWhereTheyAreAdaptersOrHaveExperts() throws {
        try writeState(5)
        try tree.write("broadcasts/step_5/adapter_model.safetensors", RunTree.adapter())
        try tree.write("broadcasts/step_5/adapter_config.json", RunTree.adapterSettings())
        try tree.write("broadcasts/step_5/STABLE", "")
        #expect(try folders == ["broadcasts/step_5"])
        #expect(try kind(5) == "marked")
        for name in ["adapter_model.safetensors", "adapter_config.json"] {
            try tree.remove("broadcasts/step_5/" + name)
        }
        let experts = TinyCheckpoint.safetensors([.float32("model.layers.0.mlp.experts.1.up_proj.weight", [1, 1], [1])])
        try tree.write("broadcasts/step_5/model.safetensors", experts)
        #expect(try folders == ["broadcasts/step_5"])
    }

    /// `keep_last` takes the whole step away.
    @Test func aStateThatWasRotatedAwayIsGone() throws {
        for step in [5, 10] { try writeState(step) }
        let candidate = try #require(try layout.candidates(in: tree.root).first)
        try tree.remove("checkpoints/step_5")
        #expect(try layout.completeness(of: candidate).kind == "gone")
        #expect(try layout.steps(in: tree) == [10])
    }

    @Test(arguments: ["broadcasts", "weights", "checkpoints"])
    func theFolderWithTheStepsMayBeWatchedItself(parent: String) throws {
        try TrainerTrees.plain(tree, "\(parent)/step_5", ["STABLE"])
        let detection = LayoutRegistry.detect(in: tree.root + "/" + parent)
        #expect(detection.layout?.name == "prime-rl", "\(detection.explanation)")
        #expect(detection.explanation.contains("STABLE in step_5"))
    }
}

struct NeMoRLLayoutTests {
    private let layout = NeMoRLLayout()
    private let tree: RunTree

    init() throws { tree = try RunTree() }

    @Test func onlyTheRenamedFolderIsACheckpoint() throws {
        try TrainerTrees.plain(tree, "tmp_step_5/policy/weights/model/consolidated", [])
        try TrainerTrees.plain(tree, "old_step_5/policy/weights/model/consolidated", [])
        #expect(try layout.steps(in: tree).isEmpty)
        try TrainerTrees.plain(tree, "step_5/policy/weights/model/consolidated", [])
        #expect(try layout.judge(5, in: tree).kind == "marked")
    }

    @Test func wholeTensorsCountBeforeSlicesAndThoseBeforeOtherForms() throws {
        try tree.write("step_5/policy/weights/.metadata", [1])
        func place() throws -> String {
            let candidate = try #require(try layout.candidates(in: tree.root).first)
            #expect(try layout.completeness(of: candidate).kind == "marked")
            return String(candidate.directory.dropFirst(tree.root.count + 1))
        }
        #expect(try place() == "step_5/policy/weights")
        let slice = try TorchFixture.bytes("dcp-slices/shard-00001-model-00001-of-00001.safetensors")
        try tree.write("step_5/policy/weights/model/shard-00001-model-00001-of-00001.safetensors", slice)
        #expect(try place() == "step_5/policy/weights/model")
        try TrainerTrees.plain(tree, "step_5/policy/weights/model/consolidated", [])
        #expect(try place() == "step_5/policy/weights/model/consolidated")
    }

    @Test func otherFormsAreNamedWithWhatToDo() throws {
        try tree.write("step_5/training_info.json", "{}")
        try tree.write("step_5/policy/weights/iter_0000000/metadata.json", [1])
        let found = try layout.judge(5, in: tree)
        #expect(found.kind == "unusable")
        #expect(found.reason.contains("Megatron's form"))
        #expect(LayoutRegistry.detect(in: tree.root).layout?.name == "nemo-rl")
    }
}

struct SlimeLayoutTests {
    private let layout = SlimeLayout()
    private let tree: RunTree

    init() throws { tree = try RunTree() }

    /// Config first; shards under provisional names; the index last.
    @Test func aSaveIsCompleteWithItsIndex() throws {
        try tree.write("hf_20/config.json", "{}")
        #expect(try layout.steps(in: tree).isEmpty)
        try tree.write("hf_20/model-00001.safetensors", RunTree.shard("a"))
        #expect(try layout.judge(20, in: tree).kind == "incomplete")
        try tree.remove("hf_20/model-00001.safetensors")
        try TrainerTrees.sharded(tree, "hf_20")
        #expect(try layout.judge(20, in: tree).kind == "marked")
    }

    @Test func paddedNumbersAndBareOnesAreSteps() throws {
        for name in ["0000020", "0000040"] { try TrainerTrees.sharded(tree, name) }
        #expect(try layout.steps(in: tree) == [20, 40])
        #expect(LayoutRegistry.detect(in: tree.root).layout?.name == "slime")
    }

    @Test func foldersOfTwoTemplatesAreTwoRuns() throws {
        for name in ["a_20", "b_40"] { try TrainerTrees.sharded(tree, name) }
        try tree.folder.makeDirectory("logs_7")
        #expect(throws: LayoutError.severalRuns(root: tree.root, names: ["a_", "b_"])) {
            try layout.listing(in: tree.root)
        }
    }
}

struct UnmarkedLayoutTests {
    private let tree: RunTree

    init() throws { tree = try RunTree() }

    /// The folder is there first; without what follows the weights two looks have to lie further apart.
    @Test(arguments: [
        ("openrlhf", "global_step7_hf", "tokenizer_config.json"),
        ("areal", "epoch0epochstep6globalstep7", "tokenizer_config.json"), ("torchtune", "step_7", "recipe_state.pt"),
    ])
    func aSaveWithoutAnEndIsWatchedLongerUntilItsLastFile(name: String, folder: String, last: String) throws {
        let layout = try #require(try LayoutRegistry.layout(named: name))
        try tree.folder.makeDirectory(folder)
        #expect(try layout.judge(7, in: tree).kind == "incomplete")
        try tree.write("\(folder)/model.safetensors", RunTree.weights())
        #expect(try layout.judge(7, in: tree).kind == "doubtful")
        try tree.write("\(folder)/\(last)", "{}")
        #expect(try layout.judge(7, in: tree).kind == "unmarked")
        try tree.write("\(folder)/model.safetensors", RunTree.weights(3))
        #expect(try layout.judge(7, in: tree).kind == "doubtful")
    }

    @Test func theBestOfOpenRLHFCountsWhereItsStepHasNoOtherFolder() throws {
        for name in ["best_global_step5_hf", "global_step5_hf", "best_global_step9_hf"] {
            try TrainerTrees.plain(tree, name, ["tokenizer.json"])
        }
        let listing = try OpenRLHFLayout().listing(in: tree.root)
        #expect(
            listing.candidates.map { $0.root.dropFirst(tree.root.count + 1) } == [
                "global_step5_hf", "best_global_step9_hf",
            ])
        #expect(listing.ignored.map(\.name) == ["best_global_step5_hf"])
    }

    @Test func torchtunesStepsCountBeforeItsEpochs() throws {
        for name in ["epoch_0", "epoch_1", "step_50"] { try TrainerTrees.plain(tree, name, ["config.json"]) }
        #expect(try TorchtuneLayout().steps(in: tree) == [50])
    }

    @Test func areasRecoverFolderIsNoStep() throws {
        try TrainerTrees.plain(tree, "recover_checkpoint", [])
        #expect(try AReaLLayout().steps(in: tree).isEmpty)
    }

    @Test(arguments: ["global_step5", "global_step-5", "global_step_5", "global_step_5/huggingface"])
    func relexReadsItsThreeNames(folder: String) throws {
        try TrainerTrees.plain(tree, folder, ["config.json"])
        let detection = LayoutRegistry.detect(in: tree.root)
        #expect(detection.layout?.name == "relex", "\(detection.explanation)")
        #expect(try detection.layout?.judge(5, in: tree).kind == "unmarked")
    }
}

struct VerlManifestTests {
    private let tree: RunTree

    init() throws { tree = try RunTree() }

    private func kind() throws -> String { try VerlLayout().judge(5, in: tree).kind }

    private func writeManifest(_ step: Int) throws {
        try tree.write(
            "global_step_5/actor/ckpt_contents.json", #"{"contents": {"model": {}}, "global_step": \#(step)}"#)
    }

    /// verl 0.9 with Megatron: weights, optimizer, extra, the manifest; the run's tracker may come much later.
    @Test func theManifestEndsTheSave() throws {
        try TrainerTrees.plain(tree, "global_step_5/actor/model/huggingface", ["config.json"])
        #expect(try kind() == "incomplete")
        try tree.write("global_step_5/actor/ckpt_contents.json.tmp", "{")
        #expect(try kind() == "incomplete")
        try writeManifest(5)
        #expect(try kind() == "marked")
        try tree.write("global_step_5/actor/model/huggingface/model.safetensors", RunTree.weights(2))
        #expect(try kind() == "doubtful")
    }

    @Test(arguments: ["", "{", "[]", #"{"global_step": "5"}"#, #"{"global_step": 6}"#, #"{"global_step": 5} x"#])
    func aManifestThatDoesNotSaySoIsWaitedFor(text: String) throws {
        try TrainerTrees.plain(tree, "global_step_5/actor/model/huggingface", [])
        try tree.write("global_step_5/actor/ckpt_contents.json", text)
        #expect(try kind() == "incomplete")
    }

    @Test func megatronsOwnFormIsNamedWithWhatToDo() throws {
        try tree.write("global_step_5/actor/model/dist_ckpt/metadata.json", "{}")
        try tree.write("global_step_5/actor/model/huggingface/config.json", "{}")
        try writeManifest(5)
        #expect(try kind() == "unusable")
        #expect(try VerlLayout().judge(5, in: tree).reason.contains("use_dist_checkpointing=False"))
    }
}

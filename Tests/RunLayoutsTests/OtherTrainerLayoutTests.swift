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

    @Test func wholeWeightsCountBeforeTheTrainersState() throws {
        for name in ["__0_0.distcp", ".metadata"] { try tree.write("checkpoints/step_5/trainer/\(name)", [1]) }
        #expect(try kind(5) == "unusable")
        #expect(try layout.judge(5, in: tree).reason.contains("there is no broadcasts/step_5 with whole weights"))
        try TrainerTrees.plain(tree, "broadcasts/step_5", ["STABLE"])
        #expect(try kind(5) == "marked")
        #expect(try layout.steps(in: tree) == [5])
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

    @Test(arguments: [
        ("model/shard-00000-model-00001-of-00001.safetensors", "save_consolidated: true"),
        ("iter_0000000/metadata.json", "Megatron's form"), (".metadata", "torch.distributed.checkpoint"),
    ])
    func otherFormsAreNamedWithWhatToDo(file: String, words: String) throws {
        try tree.write("step_5/training_info.json", "{}")
        try tree.write("step_5/policy/weights/\(file)", [1])
        let found = try layout.judge(5, in: tree)
        #expect(found.kind == "unusable")
        #expect(found.reason.contains(words))
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

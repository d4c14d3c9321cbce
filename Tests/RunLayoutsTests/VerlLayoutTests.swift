import TestSupport
import Testing

@testable import RunLayouts

struct VerlLayoutTests {
    private let layout = VerlLayout()
    private let tree: RunTree

    init() throws { tree = try RunTree() }

    private func kind(_ step: Int) throws -> String { try layout.judge(step, in: tree).kind }
    private func track(_ step: Int) throws { try tree.write("latest_checkpointed_iteration.txt", String(step)) }

    private func save(_ step: Int, at place: String = "actor/huggingface", weights: [UInt8] = RunTree.weights()) throws
    {
        try tree.write("global_step_\(step)/actor/model_world_size_2_rank_0.pt", [1])
        try tree.write("global_step_\(step)/\(place)/config.json", "{}")
        try tree.write("global_step_\(step)/\(place)/model.safetensors", weights)
        try tree.write("global_step_\(step)/data.pt", [1])
    }

    @Test func aSaveIsCompleteOnceTheTrackerHasItsNumber() throws {
        try save(10)
        try track(10)
        #expect(try kind(10) == "marked")
        let folder = "global_step_20/"
        for name in ["actor/model_world_size_2_rank_0.pt", "actor/extra_state_world_size_2_rank_1.pt"] {
            try tree.write(folder + name, [1])
            #expect(try kind(20) == "incomplete")
        }
        for name in ["config.json", "tokenizer.json"] {
            try tree.write(folder + "actor/huggingface/" + name, "{}")
            #expect(try kind(20) == "incomplete")
        }
        try tree.write(folder + "actor/fsdp_config.json", "{}")
        try tree.write(folder + "actor/huggingface/model.safetensors", Array(RunTree.weights().dropLast()))
        #expect(try kind(20) == "incomplete")
        try tree.write(folder + "actor/huggingface/model.safetensors", RunTree.weights())
        #expect(try kind(20) == "incomplete")
        try tree.write(folder + "data.pt", [1])
        #expect(try kind(20) == "incomplete")
        #expect(try kind(10) == "marked")
        try tree.write("latest_checkpointed_iteration.txt", "")
        #expect(try kind(20) == "doubtful")
        try track(20)
        #expect(try kind(20) == "marked")
    }

    /// verl's merger puts the base under the names of a whole model beside the adapter, and 0 where it does not know alpha.
    @Test(arguments: ["actor/huggingface", "huggingface", "hf_model"])
    func anAdapterIsTakenBeforeTheBaseThatLiesBesideIt(place: String) throws {
        try save(10, at: place)
        try tree.write("global_step_10/\(place)/lora_adapter/adapter_config.json", RunTree.adapterSettings())
        try tree.write("global_step_10/\(place)/lora_adapter/adapter_model.safetensors", RunTree.adapter())
        try track(10)
        let found = try layout.judge(10, in: tree)
        #expect(found.kind == "marked" && found.stamp?.files["adapter_model.safetensors"] != nil)
        try tree.write("global_step_10/\(place)/lora_adapter/adapter_config.json", RunTree.adapterSettings(alpha: 0))
        try track(10)
        let unknown = try layout.judge(10, in: tree)
        #expect(unknown.kind == "unusable" && unknown.reason.contains("lora_alpha cannot be used (got 0.0"))
    }

    @Test(arguments: ["actor/lora_adapter", "actor/model/huggingface/adapter"])
    func anAdapterOfTheTrainerItselfIsFound(place: String) throws {
        try tree.write("global_step_10/actor/huggingface/config.json", "{}")
        try tree.write("global_step_10/\(place)/adapter_model.safetensors", RunTree.adapter())
        try tree.write("global_step_10/\(place)/adapter_config.json", RunTree.adapterSettings())
        if place.hasPrefix("actor/model/") {
            try tree.write("global_step_10/actor/ckpt_contents.json", #"{"global_step": 10}"#)
        }
        try track(10)
        #expect(try kind(10) == "marked")
    }

    @Test func theStampOfAStepDoesNotChangeWithTheRun() throws {
        try save(10)
        try track(10)
        let before = try layout.judge(10, in: tree).stamp
        try save(20)
        try track(20)
        #expect(try layout.judge(10, in: tree).stamp == before)
        #expect(before?.files.keys.sorted() == ["model.safetensors"])
    }

    @Test func aSaveWithoutTheModelIsToldHowToGetIt() throws {
        try tree.write("global_step_10/actor/optim_world_size_2_rank_0.pt", [1])
        try tree.write("global_step_10/actor/huggingface/config.json", "{}")
        #expect(try kind(10) == "incomplete")
        try track(10)
        let found = try layout.judge(10, in: tree)
        #expect(found.kind == "unusable")
        #expect(found.reason.contains("actor_rollout_ref.actor.checkpoint.save_contents"))
    }

    @Test func theHuskThatRotationLeavesIsGone() throws {
        try save(10)
        try tree.remove("global_step_10/actor")
        try track(30)
        let found = try layout.judge(10, in: tree)
        #expect(found == .gone(reason: "only data.pt is left: its weights were rotated away"))
    }

    @Test func aRunThatWasTakenBackDoesNotVouchForItsFuture() throws {
        for step in [10, 20, 30] {
            try save(step)
            try track(step)
        }
        // Resumed from 10, and step 20 is being written again in place.
        try tree.write("global_step_20/actor/huggingface/model.safetensors", RunTree.weights(9))
        #expect(try kind(20) == "doubtful")
        try track(20)
        #expect(try kind(20) == "marked")
        #expect(try layout.judge(30, in: tree).reason.contains("latest_checkpointed_iteration.txt says 20"))
    }

    @Test func weightsThatWereMergedLaterAreDoubtedAndNotRefused() throws {
        try save(10)
        try track(10)
        try tree.write("global_step_10/hf_model/model.safetensors", RunTree.weights(3))
        try tree.remove("global_step_10/actor/huggingface")
        let candidate = try #require(try layout.candidates(in: tree.root).first)
        #expect(candidate.directory.hasSuffix("global_step_10/hf_model"))
        #expect(candidate.root.hasSuffix("/global_step_10"))
        #expect(try kind(10) == "doubtful")
    }

    @Test func withoutATrackerACompleteFolderIsDoubted() throws {
        try save(10, at: "hf_model")
        #expect(try kind(10) == "doubtful")
    }

    @Test(arguments: [
        "x", "-5", "99999999999999999999", "10 20 30 and more than sixty-four bytes of text that nobody wants to read",
        "\0",
    ])
    func aTrackerThatIsNoNumberIsAsGoodAsNone(text: String) throws {
        try save(10)
        try tree.write("latest_checkpointed_iteration.txt", text)
        #expect(try kind(10) == "doubtful")
    }

    @Test func trackerWithALineBreakIsRead() throws {
        try save(10)
        try tree.write("latest_checkpointed_iteration.txt", "10\n")
        #expect(try kind(10) == "marked")
    }
}

struct AlphaRLLayoutTests {
    private let layout = AlphaRLLayout()

    @Test func stepsAreReadAndTheBaseIsLeftOut() throws {
        let tree = try RunTree()
        for step in 0...3 { try tree.write("DAPO-step-\(step)/model.safetensors", RunTree.weights()) }
        try tree.write("DAPO-step-3/svd_components.pt", [1])
        try tree.write("DAPO-step-3/AlphaPredictModel/model.safetensors", RunTree.weights())
        #expect(try layout.steps(in: tree) == [1, 2, 3])
        #expect(try layout.judge(3, in: tree).kind == "unmarked")
        try tree.write("DAPO-step-2/model.safetensors", Array(RunTree.weights().dropLast(4)))
        #expect(try layout.judge(2, in: tree).kind == "incomplete")
    }

    @Test func twoAlgorithmsInOneFolderAreNotMixed() throws {
        let tree = try RunTree()
        for name in ["DAPO-step-1", "GRPO-step-2"] { try tree.folder.makeDirectory(name) }
        #expect(throws: LayoutError.severalRuns(root: tree.root, names: ["DAPO-step-", "GRPO-step-"])) {
            try layout.candidates(in: tree.root)
        }
    }

    @Test func namesOfPredictionsAreNotNamesOfCheckpoints() throws {
        let tree = try RunTree()
        try tree.folder.makeDirectory("step-00000240-from-00000120")
        #expect(try layout.listing(in: tree.root) == .empty)
    }
}

import TestSupport
import Testing

@testable import RunLayouts

struct TorchtitanLayoutTests {
    private let layout = TorchtitanLayout()
    private let tree: RunTree

    init() throws { tree = try RunTree() }

    @Test(arguments: ["checkpoint/", ""])
    func aStepIsCompleteWithItsMetadata(parent: String) throws {
        let folder = parent + "step-10/"
        try tree.write(folder + "__0_0.distcp", [1])
        #expect(LayoutRegistry.detect(in: tree.root).layout?.name == "torchtitan")
        #expect(try layout.judge(10, in: tree).reason.contains("neither .metadata nor model.safetensors.index.json"))
        try tree.write(folder + ".metadata", [1])
        #expect(try layout.judge(10, in: tree).kind == "marked")
        try tree.write(folder + "__0_0.distcp", [2])
        #expect(try layout.judge(10, in: tree).kind == "doubtful")
    }

    @Test func theOldestAreRotatedAway() throws {
        for step in [10, 20] { try TrainerTrees.sharded(tree, "checkpoint/step-\(step)") }
        try tree.remove("checkpoint/step-10")
        #expect(try layout.steps(in: tree) == [20])
    }
}

struct PEFTLayoutTests {
    private let tree: RunTree

    init() throws { tree = try RunTree() }

    private func detected() -> String? { LayoutRegistry.detect(in: tree.root).layout?.name.text }

    /// README, weights, settings.
    @Test(arguments: ["adapter_model.safetensors", "adapter_model.bin"])
    func anAdapterIsCompleteWithItsSettings(weights: String) throws {
        let content =
            weights.hasSuffix("bin") ? try TorchFixture.bytes("peft-bin/adapter_model.bin") : RunTree.adapter()
        try tree.write("lora-20/README.md", "")
        #expect(detected() == nil)
        try tree.write("lora-20/\(weights)", content)
        #expect(detected() == "peft")
        #expect(try PEFTLayout().judge(20, in: tree).reason.contains("adapter_config.json, which PEFT writes last"))
        try tree.write("lora-20/adapter_config.json", RunTree.adapterSettings())
        #expect(try PEFTLayout().judge(20, in: tree).kind == "marked")
        try tree.write("lora-20/\(weights)", content)
        #expect(try PEFTLayout().judge(20, in: tree).kind == "doubtful")
    }

    /// Trainers end their saves later than PEFT does.
    @Test(arguments: [
        ("huggingface", "checkpoint-20", "trainer_state.json"),
        ("areal", "epoch0epochstep1globalstep20", "tokenizer.json"),
        ("openrlhf", "global_step20_hf", "tokenizer.json"), ("prime-rl", "step_20", "STABLE"),
    ])
    func whatATrainerMarksIsTheTrainers(layout: String, folder: String, mark: String) throws {
        try tree.write("\(folder)/adapter_model.safetensors", RunTree.adapter())
        try tree.write("\(folder)/adapter_config.json", RunTree.adapterSettings())
        #expect(detected() == (layout == "prime-rl" ? "peft" : layout))
        try tree.write("\(folder)/\(mark)", mark == "trainer_state.json" ? RunTree.state(20) : "")
        #expect(detected() == layout)
    }

    @Test func foldersOfTwoNamesAreTwoRuns() throws {
        for name in ["a-20", "b-40"] {
            try tree.write("\(name)/adapter_model.safetensors", RunTree.adapter())
            try tree.write("\(name)/adapter_config.json", RunTree.adapterSettings())
        }
        #expect(LayoutRegistry.detect(in: tree.root).explanation.contains("folders of a- and b-"))
    }
}

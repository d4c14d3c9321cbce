import TestSupport
import Testing

@testable import RunLayouts

struct RegistryTests {
    @Test func eachLayoutIsFoundByItsName() throws {
        for layout in LayoutRegistry.all {
            #expect(try LayoutRegistry.layout(named: layout.name.text)?.name == layout.name)
        }
        #expect(
            LayoutRegistry.names == [
                "auto", "huggingface", "verl", "openrlhf", "prime-rl", "nemo-rl", "slime", "areal", "torchtune",
                "torchtitan", "alpharl", "relex", "peft", "pattern",
            ])
        #expect(try LayoutRegistry.layout(named: "auto") == nil)
        #expect(try LayoutRegistry.layout(named: "auto", pattern: "s(\\d+)")?.name == "pattern")
        #expect(try LayoutRegistry.layout(named: "pattern", pattern: "s(\\d+)")?.name == "pattern")
    }

    @Test func contradictionsAreNamed() {
        #expect(throws: LayoutError.unknownLayout(name: "hf", known: LayoutRegistry.names)) {
            try LayoutRegistry.layout(named: "hf")
        }
        #expect(throws: LayoutError.patternMissing) { try LayoutRegistry.layout(named: "pattern") }
        #expect(throws: LayoutError.patternBesideLayout(name: "verl")) {
            try LayoutRegistry.layout(named: "verl", pattern: "s(\\d+)")
        }
    }
}

struct DetectionTests {
    private let tree: RunTree

    init() throws { tree = try RunTree() }

    private func detection() -> Detection { LayoutRegistry.detect(in: tree.root) }

    @Test func aTrainersFolderIsRecognisedAndSaidInWords() throws {
        for step in [10, 20] { try tree.writeTrainerCheckpoint(step) }
        try tree.folder.makeDirectory("runs")
        #expect(detection().layout?.name == "huggingface")
        #expect(
            detection().explanation
                == "huggingface: 2 folder(s), steps 10 to 20, recognised by the name checkpoint-20; some are complete")
    }

    @Test func theFirstFolderDecidesBeforeItIsComplete() throws {
        try tree.folder.makeDirectory("global_step_5/actor")
        #expect(detection().layout?.name == "verl")
        #expect(
            detection().explanation
                == "verl: 1 folder(s), step 5, recognised by actor in global_step_5; none of the newest is complete yet"
        )
    }

    @Test func ofTwoThatFitTheOneWithCompleteCheckpointsIsChosenAndTheOtherNamed() throws {
        try tree.folder.makeDirectory("global_step_5/actor")
        try tree.writeTrainerCheckpoint(10)
        #expect(detection().layout?.name == "huggingface")
        #expect(detection().explanation.contains("chosen over verl: 1 folder(s), step 5, recognised by actor"))
        #expect(
            detection().explanation.hasSuffix(
                "because it alone has a complete checkpoint; set run.layout if that is wrong"))
    }

    @Test func whereTwoFitEquallyNothingIsChosen() throws {
        try tree.writeTrainerCheckpoint(10)
        try tree.write("global_step_5/actor/huggingface/model.safetensors", RunTree.weights())
        #expect(detection().layout == nil)
        #expect(detection().explanation.contains("expected one; set run.layout"))
    }

    @Test func anEmptyOrMissingFolderIsWaitedFor() throws {
        #expect(detection().layout == nil)
        #expect(detection().explanation.contains("no checkpoints in \(tree.root) yet"))
        #expect(LayoutRegistry.detect(in: tree.root + "/none").explanation == "\(tree.root)/none does not exist yet")
    }

    @Test(arguments: [
        ("iter_0000010", "Megatron"), ("project/checkpoint-5", "is run.watch ="),
    ])
    func foldersOfOtherTrainersGetAHint(name: String, words: String) throws {
        try tree.folder.makeDirectory(name)
        #expect(detection().layout == nil)
        #expect(detection().explanation.contains(words))
    }

    @Test(arguments: [
        ("step_10", "\"prime-rl\" or \"nemo-rl\" or \"torchtune\""), ("global_step_10", "\"verl\" or \"relex\""),
        ("step-10", "\"torchtitan\""),
    ])
    func aNameThatSeveralTrainersUseIsNotGuessedAt(name: String, words: String) throws {
        try tree.folder.makeDirectory(name)
        #expect(detection().layout == nil)
        #expect(detection().explanation.contains("\(name) are named as by \(words)"))
        #expect(detection().explanation.hasSuffix("wait for the first save to end, or set run.layout"))
    }

    @Test func aCheckpointItselfIsToldFromAFolderOfThem() throws {
        try tree.writeTrainerCheckpoint(10)
        let explanation = LayoutRegistry.detect(in: tree.root + "/checkpoint-10").explanation
        #expect(explanation.contains("is a checkpoint itself"))
    }

    @Test func twoRunsInOneFolderAreExplained() throws {
        for name in ["DAPO-step-1", "GRPO-step-2"] { try tree.folder.makeDirectory(name) }
        #expect(detection().layout == nil)
        #expect(detection().explanation.contains("set run.pattern, for example 'DAPO-step-(\\d+)'"))
    }
}

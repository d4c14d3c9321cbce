import TestSupport
import Testing
import Vocabulary

@testable import RunLayouts

struct PatternLayoutTests {
    private func layout(_ pattern: String) throws -> PatternLayout { PatternLayout(pattern: try StepPattern(pattern)) }

    /// PEFT saves an adapter that is not named `default` into a folder of its name.
    @Test func anAdapterUnderItsNameIsFoundByPattern() throws {
        let tree = try RunTree()
        try tree.write("checkpoint-10/policy/adapter_model.safetensors", RunTree.adapter())
        try tree.write("checkpoint-10/policy/adapter_config.json", RunTree.adapterSettings())
        let layout = PatternLayout(pattern: try StepPattern(#"checkpoint-(\d+)/policy"#))
        #expect(try layout.judge(10, in: tree).kind == "unmarked")
    }

    @Test func namesMustMatchWholly() throws {
        let tree = try RunTree()
        for name in ["step_5", "step_5_hf", "xstep_7", "step_9"] { try tree.folder.makeDirectory(name) }
        #expect(try layout("step_(\\d+)").steps(in: tree) == [5, 9])
        #expect(try layout("step_(\\d+)_hf").steps(in: tree) == [5])
    }

    @Test func slashesLookIntoFolders() throws {
        let tree = try RunTree()
        try tree.write("weights/step_00012/model.safetensors", RunTree.weights())
        try tree.write("other/step_3/model.safetensors", RunTree.weights())
        let found = try layout("weights/step_(\\d+)").candidates(in: tree.root)
        #expect(found.map(\.step.value) == [12])
        #expect(found.first?.directory == tree.root + "/weights/step_00012")
        #expect(found.first?.root == found.first?.directory)
        #expect(try layout("weights/step_(\\d+)").judge(12, in: tree).kind == "unmarked")
    }

    @Test func theStepMayStandAboveTheWeights() throws {
        let tree = try RunTree()
        try tree.write("step_7/policy/weights/model.safetensors", RunTree.weights())
        try tree.folder.makeDirectory("step_8/policy")
        let found = try layout("step_(\\d+)/policy/weights").candidates(in: tree.root)
        #expect(found.map(\.step.value) == [7])
        #expect(found.first?.root == tree.root + "/step_7")
        try tree.write("step_7/alpharl.json", "{}")
        #expect(try layout("step_(\\d+)/policy/weights").judge(7, in: tree).kind == "ours")
    }

    @Test func twoFoldersOfOneStepAreSaidAndOneIsTaken() throws {
        let tree = try RunTree()
        for name in ["step_5", "step_05", "a/step_6", "b/step_6"] { try tree.folder.makeDirectory(name) }
        let same = try layout("step_(\\d+)").candidates(in: tree.root)
        #expect(same.map(\.step.value) == [5])
        #expect(same.first?.directory.hasSuffix("/step_05") == true && same.first?.note.contains("step_5") == true)
        let apart = try layout("[ab]/step_(\\d+)").candidates(in: tree.root)
        #expect(apart.first?.directory.hasSuffix("a/step_6") == true)
        #expect(apart.first?.note.contains("b/step_6 left out") == true)
    }

    @Test func whatTheGroupCatchesMustBeANumber() throws {
        let tree = try RunTree()
        for name in ["run-x", "run-12", "run-"] { try tree.folder.makeDirectory(name) }
        let listing = try layout("run-(.*)").listing(in: tree.root)
        #expect(listing.candidates.map(\.step.value) == [12])
        #expect(listing.ignored.map(\.name) == ["run-", "run-x"])
    }

    @Test(arguments: [
        ("step_\\d+", "it has 0 groups"), ("(a)(\\d+)", "it has 2 groups"), ("(a|b)/(\\d+)", "it has 2 groups"),
        ("step_(\\d+", "is no regular expression"), ("(a/b)", "is no regular expression"),
        ("a)|(\\d+", "no regular expression"),
        ("/step_(\\d+)", "empty"), ("step_(\\d+)/", "empty"), ("../(\\d+)", "leads elsewhere"),
        ("[", "no regular expression"),
        ("*", "no regular expression"),
    ])
    func badPatternsAreRefusedWithTheReason(pattern: String, reason: String) {
        #expect { try StepPattern(pattern) } throws: { "\($0)".contains(reason) }
    }

    @Test(arguments: ["step_(\\d+)", "(?:a|b)-(\\d+)", "(?<step>\\d+)", "epoch\\d+epochstep\\d+globalstep(\\d+)"])
    func patternsWithOneGroupAreTaken(pattern: String) throws {
        #expect(try StepPattern(pattern).text == pattern)
    }
}

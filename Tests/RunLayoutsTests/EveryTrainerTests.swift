import TestSupport
import Testing

@testable import RunLayouts

/// What must hold for the folders of every trainer.
struct EveryTrainerTests {
    private let tree: RunTree

    init() throws { tree = try RunTree() }

    @Test(arguments: TrainerTrees.all.indices)
    func itsFoldersAreRecognisedByThemselves(_ index: Int) throws {
        let (name, write) = TrainerTrees.all[index]
        for step in [10, 20, 30] { try write(tree, step) }
        let detection = LayoutRegistry.detect(in: tree.root)
        let layout = try #require(detection.layout, "\(detection.explanation)")
        #expect(layout.name.text == name)
        #expect(try layout.steps(in: tree) == [10, 20, 30])
        for step in [10, 20, 30] { #expect(["marked", "unmarked"].contains(try layout.judge(step, in: tree).kind)) }
        #expect(detection.explanation.contains("recognised by"))
    }

    @Test(arguments: TrainerTrees.all.indices)
    func aPredictionInItsFolderIsNotLearnedFrom(_ index: Int) throws {
        let (name, write) = TrainerTrees.all[index]
        try write(tree, 10)
        let layout = try #require(try LayoutRegistry.layout(named: name))
        let candidate = try #require(try layout.candidates(in: tree.root).first)
        let folder = candidate.directory.dropFirst(tree.root.count + 1)
        try tree.write("\(folder)/alpharl.json", "{}")
        #expect(try layout.completeness(of: candidate) == .ours)
    }

    @Test(arguments: TrainerTrees.all.indices)
    func whatIsRemovedIsGoneAndNoError(_ index: Int) throws {
        let (name, write) = TrainerTrees.all[index]
        for step in [10, 20] { try write(tree, step) }
        let layout = try #require(try LayoutRegistry.layout(named: name))
        let candidate = try #require(try layout.candidates(in: tree.root).first)
        try tree.remove(String(candidate.root.dropFirst(tree.root.count + 1)))
        #expect(try layout.completeness(of: candidate).kind == "gone")
        #expect(try layout.steps(in: tree) == [20])
    }

    /// A weight file cut anywhere is not complete, and where no marker vouches for it, waited for.
    @Test(arguments: TrainerTrees.all.indices)
    func aShortWeightFileIsNeverComplete(_ index: Int) throws {
        let (name, write) = TrainerTrees.all[index]
        try write(tree, 10)
        let layout = try #require(try LayoutRegistry.layout(named: name))
        let candidate = try #require(try layout.candidates(in: tree.root).first)
        let folder = candidate.directory.dropFirst(tree.root.count + 1)
        let (file, whole): (String, [UInt8]) =
            switch name {
            case "slime", "torchtitan": ("model-00002-of-00002.safetensors", RunTree.shard("b"))
            case "peft": ("adapter_model.safetensors", RunTree.adapter())
            default: ("model.safetensors", RunTree.weights())
            }
        for length in stride(from: 0, to: whole.count, by: 7) {
            try tree.write("\(folder)/\(file)", Array(whole[..<length]))
            let kind = try layout.completeness(of: candidate).kind
            #expect(["incomplete", "unusable"].contains(kind), "\(length) bytes: \(kind)")
        }
    }
}

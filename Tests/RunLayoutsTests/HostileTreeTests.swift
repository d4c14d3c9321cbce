import Files
import TestSupport
import Testing
import Vocabulary

@testable import RunLayouts

/// Folders that nobody should have made: no layout traps, fails, or takes a damaged file for weights.
struct HostileTreeTests {
    private static let names = [
        "checkpoint-", "global_step_", "global_step-", "global_step", "step_", "epoch_", "best_global_step", "hf_",
        "DAPO-step-", "epoch1epochstep2globalstep", "tmp_step_", "", "-", "\u{0663}",
    ]
    private static let numbers = [
        "0", "1", "7", "007", "12", "99999999999999999999999", "1e9", "-5", "1.5", "\u{0661}\u{0662}", "", "4_hf",
    ]
    private static let places = [
        "", "actor/", "actor/huggingface/", "actor/model/huggingface/", "huggingface/", "hf_model/", "trainer/",
        "policy/weights/", "policy/weights/model/", "policy/weights/model/consolidated/",
    ]
    private static let files = [
        "model.safetensors", "model-00001.safetensors", "model.safetensors.index.json", "trainer_state.json", "STABLE",
        "ckpt_contents.json", "training_info.json", "recipe_state.pt", "config.json", "tokenizer.json", ".metadata",
        "shard-00001-model-00001-of-00001.safetensors", "adapter_config.json", "data.pt", "alpharl.json",
    ]
    private static let parents = ["", "", "", "weights/", "broadcasts/", "checkpoints/"]

    private func content(_ generator: inout SeededGenerator) -> [UInt8] {
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: return []
        case 1:
            return (0..<Int.random(in: 0...64, using: &generator)).map { _ in .random(in: 0...255, using: &generator) }
        case 2: return Array(RunTree.state(7).utf8)
        case 3: return Array(#"{"global_step": 7, "total_steps": 1e999, "val_reward": -99999999.0, "x": [[[{}"#.utf8)
        case 4: return Array(RunTree.index.utf8)
        default: return Array(RunTree.weights().prefix(Int.random(in: 0...120, using: &generator)))
        }
    }

    @Test(arguments: 0..<40)
    func noTreeTrapsOrIsAnError(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let tree = try RunTree()
        for _ in 0..<12 {
            let folder =
                Self.parents.randomElement(using: &generator)! + Self.names.randomElement(using: &generator)!
                + Self.numbers.randomElement(using: &generator)!
            for _ in 0..<Int.random(in: 0...4, using: &generator) {
                let path =
                    folder + "/" + Self.places.randomElement(using: &generator)!
                    + Self.files.randomElement(using: &generator)!
                // Where a file is what should be a folder, or the other way round, the tree stays as it is.
                try? tree.write(path, content(&generator))
            }
        }
        try? tree.write(
            "latest_checkpointed_iteration.txt",
            ["7", "", "x", "99999999999999999999"].randomElement(using: &generator)!)
        for layout in LayoutRegistry.all {
            let listing: CheckpointListing
            do { listing = try layout.listing(in: tree.root) } catch {
                guard case .severalRuns = error else { throw error }
                continue
            }
            #expect(listing.candidates.map(\.step) == listing.candidates.map(\.step).sorted())
            #expect(Set(listing.candidates.map(\.step)).count == listing.candidates.count)
            for candidate in listing.candidates {
                #expect((1...StepNumber.largest).contains(candidate.step.value))
                #expect(candidate.root.hasPrefix(tree.root) && candidate.directory.hasPrefix(candidate.root))
                _ = try layout.evidence(in: candidate)
                _ = try layout.trainerState(of: candidate)
                if case .complete(let stamp, _) = try layout.completeness(of: candidate) {
                    #expect(!stamp.files.isEmpty)
                }
            }
        }
        #expect(!LayoutRegistry.detect(in: tree.root).explanation.isEmpty)
    }
}

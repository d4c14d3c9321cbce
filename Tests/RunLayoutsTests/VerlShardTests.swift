import Foundation
import TestSupport
import Testing
import Vocabulary

@testable import RunLayouts

/// The default of verl: FSDP shards, written here by torch itself, and no whole weights.
struct VerlShardTests {
    private let layout = VerlLayout()
    private let tree: RunTree

    init() throws { tree = try RunTree() }

    private func kind(_ step: Int) throws -> String { try layout.judge(step, in: tree).kind }
    private func track(_ step: Int) throws { try tree.write("latest_checkpointed_iteration.txt", String(step)) }

    private func shard(_ rank: Int, of form: String = "fsdp2-world-4", world: Int = 4, step: Int = 10) throws {
        let name = "model_world_size_\(world)_rank_\(rank).pt"
        try tree.write("global_step_\(step)/actor/\(name)", TorchFixture.bytes("\(form)/\(name)"))
    }

    private func configuration(_ form: String = "fsdp2-world-4", step: Int = 10) throws {
        try tree.write("global_step_\(step)/actor/fsdp_config.json", TorchFixture.bytes("\(form)/fsdp_config.json"))
    }

    private func directory(_ step: Int = 10) throws -> String? {
        try layout.candidates(in: tree.root).first { $0.step.value == step }?.directory
    }

    @Test func aSaveIsCompleteWithEveryRankAndTheTracker() throws {
        try tree.write("latest_checkpointed_iteration.txt", "5")
        for rank in [2, 0, 3, 1] {
            #expect(try kind(10) != "marked")
            try shard(rank)
        }
        try configuration()
        try tree.write("global_step_10/actor/huggingface/config.json", "{}")
        #expect(try kind(10) == "incomplete")
        try track(10)
        #expect(try kind(10) == "marked")
        #expect(try directory()?.hasSuffix("global_step_10/actor") == true)
        let names = try layout.judge(10, in: tree).stamp?.files.keys.sorted() ?? []
        #expect(names == ["fsdp_config.json"] + (0..<4).map { "model_world_size_4_rank_\($0).pt" })
    }

    @Test func shardsCountBeforeWhatWasMergedFromThem() throws {
        for rank in 0..<4 { try shard(rank) }
        try track(10)
        try tree.write("global_step_10/actor/huggingface/model.safetensors", RunTree.weights())
        #expect(try directory()?.hasSuffix("global_step_10/actor") == true)
        #expect(try kind(10) == "marked")
        // Removed after they were merged: what is left counts.
        try tree.remove("global_step_10/actor/model_world_size_4_rank_2.pt")
        #expect(try directory()?.hasSuffix("global_step_10/actor/huggingface") == true)
    }

    @Test func aMissingRankIsNamed() throws {
        for rank in [0, 1, 3] { try shard(rank) }
        try configuration()
        #expect(try kind(10) == "incomplete")
        try track(10)
        let found = try layout.judge(10, in: tree)
        #expect(found.kind == "unusable")
        #expect(found.reason.contains("ranks 2 of 4 are missing"))
    }

    @Test func ofTwoWorldsTheConfigurationSaysWhichCounts() throws {
        for rank in 0..<4 { try shard(rank) }
        for rank in 0..<3 { try shard(rank, of: "fsdp1-world-3", world: 3) }
        try track(10)
        let found = try layout.judge(10, in: tree)
        #expect(found.kind == "unusable")
        #expect(found.reason.contains("shards of 3 and of 4 ranks and no fsdp_config.json"))
        try configuration("fsdp1-world-3")
        try track(10)
        #expect(try kind(10) == "marked")
        let names = try layout.judge(10, in: tree).stamp?.files.keys.sorted() ?? []
        #expect(names == ["fsdp_config.json"] + (0..<3).map { "model_world_size_3_rank_\($0).pt" })
    }

    @Test func aShardThatIsBeingWrittenIsWaitedForAndACutOneIsDamage() throws {
        for rank in 0..<4 { try shard(rank) }
        let whole = try TorchFixture.bytes("fsdp2-world-4/model_world_size_4_rank_1.pt")
        try tree.write("global_step_10/actor/model_world_size_4_rank_1.pt", Array(whole.dropLast(9)))
        #expect(try kind(10) == "incomplete")
        try track(10)
        #expect(try kind(10) == "unusable")
        try tree.write("global_step_10/actor/model_world_size_4_rank_1.pt", whole)
        #expect(try kind(10) == "doubtful")
        try track(10)
        #expect(try kind(10) == "marked")
    }
}

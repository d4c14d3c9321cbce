import Files
import Foundation
import TestSupport
import Testing
import Vocabulary

@testable import Checkpoints

/// Files that are whole one by one and do not make a checkpoint together.
struct HostileShardTests {
    private let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory(inMemory: true) }

    private func shardProblem(_ change: () throws -> Void = {}) throws -> ShardProblem? {
        try change()
        do {
            let source = try CheckpointReader.open(directory: folder.path)
            for tensor in source.tensors { _ = try source.read(tensor.name) }
            return nil
        } catch CheckpointError.pieces(_, let problem) { return problem }
    }

    private func copy(_ form: String, _ names: [String: String]) throws {
        for (name, new) in names { try folder.write(TorchFixture.bytes("\(form)/\(name)"), to: new) }
    }

    private func shards(_ form: String, world: Int, as other: Int? = nil) throws {
        for rank in 0..<world {
            try copy(
                form,
                [
                    FSDPShards.fileName(world: world, rank: rank): FSDPShards.fileName(
                        world: other ?? world, rank: rank)
                ])
        }
    }

    @Test func missingRanksAreNamedAndRanksOfAnotherSaveAreNoStandIn() throws {
        try shards("fsdp2-world-4", world: 4)
        #expect(try shardProblem() == nil)
        try FileManager.default.removeItem(atPath: folder.path("model_world_size_4_rank_3.pt"))
        #expect(try shardProblem() == .missingRanks([3], world: 4))
        // A rank of a save over three.
        try copy("fsdp1-world-3", ["model_world_size_3_rank_2.pt": "model_world_size_4_rank_3.pt"])
        guard case .wrongRows(_, 3, _, _) = try shardProblem() else {
            Issue.record("rows of another save were taken")
            return
        }
    }

    @Test func twoWorldSizesInOneFolderNeedTheirConfiguration() throws {
        try shards("fsdp2-world-4", world: 4)
        try shards("fsdp1-world-3", world: 3)
        #expect(try shardProblem() == .severalWorlds([3, 4]))
        try folder.write(#"{"FSDP_version": 1, "world_size": 3}"#, to: "fsdp_config.json")
        #expect(try shardProblem() == nil)
        try folder.write(#"{"FSDP_version": 1, "world_size": 8}"#, to: "fsdp_config.json")
        #expect(try shardProblem() == .noWorld(said: 8, found: [3, 4]))
        for bad in [#"{"world_size": 0}"#, "{}", "[]", #"{"world_size": 1e99}"#, #"{"world_size": "3"}"#, ""] {
            try folder.write(bad, to: "fsdp_config.json")
            #expect(try shardProblem() == .badWorld(file: "fsdp_config.json"), "\(bad)")
        }
    }

    @Test func aWorldOfOneThatHidesOthersIsNoticed() throws {
        // One rank of four under the name of all there is: its part is not the whole.
        try copy("fsdp2-world-4", ["model_world_size_4_rank_0.pt": "model_world_size_1_rank_0.pt"])
        guard case .wrongRows = try shardProblem() else {
            Issue.record("a quarter was taken for all")
            return
        }
        // Two ranks that both have all of it, of different trainings.
        try FileManager.default.removeItem(atPath: folder.path("model_world_size_1_rank_0.pt"))
        let whole = try TorchFixture.bytes("fsdp1-world-1/model_world_size_1_rank_0.pt")
        var other = whole
        let place = try #require(other.firstRange(of: [0x50, 0x4B, 0x07, 0x08]))
        for index in place.upperBound..<other.count where index > other.count / 2 {
            if other[index] == 0x3D { other[index] = 0x3C; break }
        }
        try folder.write(whole, to: "model_world_size_2_rank_0.pt")
        try folder.write(whole, to: "model_world_size_2_rank_1.pt")
        #expect(try shardProblem() == nil)
        try folder.write(other, to: "model_world_size_2_rank_1.pt")
        guard case .differsBetweenRanks(_, 1, "content") = try shardProblem() else {
            Issue.record("copies that differ were taken")
            return
        }
    }

    @Test func namesOfShardsAreExact() {
        #expect(FSDPShards.rank(ofFile: "model_world_size_8_rank_7.pt")?.rank == 7)
        for name in [
            "model_world_size_08_rank_7.pt", "model_world_size_8_rank_07.pt", "model_world_size_8_rank_7.pt.tmp",
            "optim_world_size_8_rank_7.pt", "model_world_size_8_rank_-1.pt", "model_world_size_0_rank_0.pt",
            "model_world_size_99999999999999999999_rank_0.pt", "extra_state_world_size_8_rank_7.pt",
        ] {
            #expect(FSDPShards.rank(ofFile: name) == nil, "\(name)")
        }
        #expect(throws: ShardProblem.self) {
            try FSDPShards.world(names: ["model_world_size_999999_rank_0.pt"], configuration: nil)
        }
    }

    // MARK: torch.distributed.checkpoint

    private func distributed(_ change: (inout [UInt8]) throws -> Void) throws -> ShardProblem? {
        for name in ["__0_0.distcp", "__1_0.distcp", "__2_0.distcp"] { try copy("dcp-plain", [name: name]) }
        var metadata = try TorchFixture.bytes("dcp-plain/.metadata")
        try change(&metadata)
        try folder.write(metadata, to: ".metadata")
        return try shardProblem()
    }

    private func replace(_ old: String, _ new: String, in bytes: inout [UInt8]) throws {
        let range = try #require(bytes.firstRange(of: Array(old.utf8)))
        precondition(old.utf8.count == new.utf8.count, "The length of a text stands before it.")
        bytes.replaceSubrange(range, with: Array(new.utf8))
    }

    @Test func metadataNamesFilesOfItsFolderThatAreLongEnough() throws {
        #expect(try distributed { _ in } == nil)
        #expect(
            try distributed { try replace("__0_0.distcp", "../_0.distcp", in: &$0) } == .unsafeFileName("../_0.distcp"))
        #expect(
            try distributed { try replace("__0_0.distcp", "__7_0.distcp", in: &$0) } == .missingFile("__7_0.distcp"))
        #expect(
            try distributed { try replace("__0_0.distcp", "data.safeten", in: &$0) } == .unsafeFileName("data.safeten"))
        let cut = try TorchFixture.bytes("dcp-plain/__1_0.distcp")
        _ = try distributed { _ in }
        try folder.write(Array(cut.dropLast()), to: "__1_0.distcp")
        guard case .beyondFile(_, "__1_0.distcp") = try shardProblem() else {
            Issue.record("a piece beyond its file was taken")
            return
        }
    }

    @Test func anotherPickleIsNoMetadata() throws {
        let bytes = Pickle.whole(Pickle.dictionary([]))
        try folder.write(bytes, to: ".metadata")
        #expect(try shardProblem() == .notMetadata("got a dictionary"))
        try folder.write(Pickle.whole(Pickle.global("posix", "system") + [0x29, 0x52]), to: ".metadata")
        let error = #expect(throws: CheckpointError.self) { try CheckpointReader.open(directory: folder.path) }
        #expect(
            error
                == .archive(
                    file: folder.path(".metadata"), .badPickle(.forbidden(module: "posix", name: "system"))))
    }

    // MARK: Slices

    @Test func slicesAreNeverWholeTensors() throws {
        let slice = try TorchFixture.bytes("dcp-slices/shard-00001-model-00001-of-00001.safetensors")
        try folder.write(slice, to: "model.safetensors")
        let error = #expect(throws: CheckpointError.self) { try CheckpointReader.open(directory: folder.path) }
        #expect(error == .damaged(file: folder.path("model.safetensors"), .slices))
        try FileManager.default.removeItem(atPath: folder.path("model.safetensors"))
        // The second rank alone: the rows before it are nowhere.
        try copy(
            "dcp-slices",
            ["shard-00002-model-00001-of-00001.safetensors": "shard-00002-model-00001-of-00001.safetensors"])
        #expect(try shardProblem() == .missingFile("shard-00001-model-..."))
        // A whole tensor between slices.
        try folder.write(
            TinyCheckpoint.safetensors([.float32("a", [1], [1])]), to: "shard-00001-model-00001-of-00001.safetensors")
        #expect(try shardProblem() == .mixed(file: "shard-00001-model-00001-of-00001.safetensors"))
    }

    /// What torch writes with `save_distributed=False`: an index, and offsets of zero beside whole tensors. A slice that begins
    /// somewhere else is none, whatever index names it.
    @Test func wholeTensorsWithOffsetsOfZeroAreWhole() throws {
        for name in ["model-00001-of-00001.safetensors", "model.safetensors.index.json"] {
            try folder.write(try TorchFixture.bytes("dcp-whole/\(name)"), to: name)
        }
        let source = try CheckpointReader.open(directory: folder.path)
        let expected = try CheckpointReader.open(directory: TorchFixture.path("whole"))
        #expect(Set(source.tensors) == Set(expected.tensors))
        for tensor in expected.tensors {
            #expect(try source.read(tensor.name).isIdentical(to: expected.read(tensor.name)), "\(tensor.name)")
        }
        let second = try TorchFixture.bytes("dcp-slices/shard-00002-model-00001-of-00001.safetensors")
        try folder.write(second, to: "model-00001-of-00001.safetensors")
        let error = #expect(throws: CheckpointError.self) { try CheckpointReader.open(directory: folder.path) }
        #expect(error == .damaged(file: folder.path("model-00001-of-00001.safetensors"), .slices))
    }

    @Test func piecesFillATensorExactly() throws {
        func tensor(_ boxes: [([Int], [Int])]) throws(ShardProblem) -> AssembledTensor {
            try AssembledTensor(
                name: "w", type: .float32, shape: [4, 6],
                pieces: boxes.map { offsets, sizes in
                    TensorPiece(
                        offsets: offsets, sizes: sizes,
                        content: .strided(StridedBytes(file: 0, start: 0, width: 4, shape: sizes)))
                })
        }
        #expect(
            try tensor([([0, 0], [4, 2]), ([0, 2], [1, 4]), ([1, 2], [3, 4]), ([4, 0], [0, 6])]).pieces.count == 3)
        #expect(throws: ShardProblem.incomplete(tensor: "w", got: 18, expected: 24)) {
            try tensor([([0, 0], [3, 6])])
        }
        #expect(throws: ShardProblem.overlap(tensor: "w", offsets: [2, 0])) {
            try tensor([([0, 0], [3, 6]), ([2, 0], [1, 6])])
        }
        #expect(throws: ShardProblem.outside(tensor: "w", offsets: [0, 3], sizes: [4, 4], shape: [4, 6])) {
            try tensor([([0, 3], [4, 4])])
        }
        #expect(throws: ShardProblem.outside(tensor: "w", offsets: [.max, 0], sizes: [1, 6], shape: [4, 6])) {
            try tensor([([.max, 0], [1, 6])])
        }
    }
}

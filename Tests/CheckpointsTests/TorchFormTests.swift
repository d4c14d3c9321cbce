import Checkpoints
import Files
import TestSupport
import Testing
import Vocabulary

/// Every form that torch writes, by three versions of it, against the same weights as safetensors wrote them.
struct TorchFormTests {
    static let forms = [
        "fsdp2-world-4", "fsdp2-world-1", "fsdp2-hybrid-2x2", "fsdp1-world-3", "fsdp1-world-1", "fsdp1-hybrid-2x2",
        "bin-one-file", "bin-two-files", "bin-views", "dcp-prime-rl", "dcp-plain", "dcp-slices",
    ]

    static let written = TorchFixture.versions.flatMap { version in
        forms.filter { TorchFixture.exists($0, torch: version) }.map { (version, $0) }
    }

    @Test func theFixturesAreThere() {
        #expect(Self.written.filter { $0.0 == TorchFixture.current }.count == Self.forms.count)
        #expect(Self.written.count >= Self.forms.count + 10)
    }

    @Test(arguments: written) func everyTensorIsBitForBitWhatTorchHad(version: String, form: String) throws {
        let expected = try CheckpointReader.open(directory: TorchFixture.path("whole", torch: version))
        let source = try CheckpointReader.open(directory: TorchFixture.path(form, torch: version))
        #expect(Set(source.tensors.map(\.name)) == Set(expected.tensors.map(\.name)))
        #expect(source.otherTensors.isEmpty)
        for tensor in source.tensors {
            let values = try expected.read(tensor.name)
            #expect(tensor == expected.description(of: tensor.name))
            #expect(try source.read(tensor.name).isIdentical(to: values), "\(tensor.name)")
            var bytes: [UInt8] = [], wanted: [UInt8] = []
            try source.copyBytes(tensor.name, chunk: 20) { bytes += $0 }
            try expected.copyBytes(tensor.name, chunk: 20) { wanted += $0 }
            #expect(bytes == wanted)
        }
        try source.verifyUnchanged()
    }

    /// With ALPHARL_TEST_TORCH, a Python that has torch: all forms are made anew and read.
    @Test(.enabled(if: TorchFixture.python != nil)) func whatTorchWritesNowIsReadToo() throws {
        let folder = try TemporaryDirectory()
        let script = TorchFixture.path("../../Reference/torch_checkpoints.py")
        try Tool.run(TorchFixture.python ?? "", [script, "--out", folder.path("made")])
        let expected = try CheckpointReader.open(directory: folder.path("made/whole"))
        for form in Self.forms {
            let source = try CheckpointReader.open(directory: folder.path("made/\(form)"))
            #expect(Set(source.tensors.map(\.name)) == Set(expected.tensors.map(\.name)), "\(form)")
            for tensor in source.tensors {
                #expect(try source.read(tensor.name).isIdentical(to: expected.read(tensor.name)), "\(form)")
            }
        }
    }

    @Test(arguments: written) func everyRangeOfRowsIsThatPartOfTheWhole(version: String, form: String) throws {
        let source = try CheckpointReader.open(directory: TorchFixture.path(form, torch: version))
        for tensor in source.tensors {
            let all = try source.read(tensor.name).floats()
            for first in 0...tensor.rowCount {
                for end in first...tensor.rowCount {
                    let part = try source.readRows(tensor.name, first..<end).floats()
                    #expect(part == Array(all[first * tensor.elementsPerRow..<end * tensor.elementsPerRow]))
                }
            }
        }
    }

    @Test(arguments: written) func theQuickLookCountsTheSameFiles(version: String, form: String) throws {
        let folder = TorchFixture.path(form, torch: version)
        let source = try CheckpointReader.open(directory: folder)
        #expect(try CheckpointReader.files(of: folder) == source.files)
    }

    @Test func typesAreReadAsTheyAreAndTheRestIsCopied() throws {
        let source = try CheckpointReader.open(directory: TorchFixture.path("bin-types"))
        let same = try CheckpointReader.open(file: TorchFixture.path("bin-types/same.safetensors"))
        for tensor in same.tensors {
            #expect(source.description(of: tensor.name) == tensor)
            #expect(try source.read(tensor.name).isIdentical(to: same.read(tensor.name)), "\(tensor.name)")
        }
        #expect(source.description(of: "empty")?.shape == [0, 4])
        #expect(source.description(of: "scalar")?.shape == [])
        for other in same.otherTensors {
            #expect(source.otherTensors.contains(other))
            var bytes: [UInt8] = [], wanted: [UInt8] = []
            try source.copyBytes(other.name, chunk: 5) { bytes += $0 }
            try same.copyBytes(other.name, chunk: 5) { wanted += $0 }
            #expect(bytes == wanted, "\(other.name)")
        }
        #expect(source.otherTensors.map(\.type.rawValue).filter { ["U16", "F8_E4M3"].contains($0) }.count == 2)
    }

    @Test func aRangeOfRowsReadsOnlyTheShardsThatHoldIt() throws {
        let files = FailingFileSystem(only: [.read])
        let source = try CheckpointReader.open(directory: TorchFixture.path("fsdp2-world-4"), calls: files.calls)
        let opened = files.made.count
        // 11 rows over 4 ranks are 3, 3, 3 and 2.
        _ = try source.readRows("lm_head.weight", 4..<5)
        #expect(files.made.count == opened + 1)
        _ = try source.readRows("lm_head.weight", 2..<4)
        #expect(files.made.count == opened + 3)
    }

    @Test func oneFileOfTorchIsACheckpointOfItsOwn() throws {
        let source = try CheckpointReader.open(file: TorchFixture.path("bin-one-file/pytorch_model.bin"))
        #expect(source.tensors.count == 15)
        #expect(throws: CheckpointError.self) {
            try CheckpointReader.open(file: TorchFixture.path("fsdp2-world-4/model_world_size_4_rank_0.pt"))
        }
    }

    @Test func accelerateKeepsTheModelOneFolderBelow() throws {
        let folder = try TemporaryDirectory()
        try TorchFixture.copy("dcp-plain", to: folder.path("pytorch_model_fsdp_0"))
        let source = try CheckpointReader.open(directory: folder.path)
        #expect(source.files.keys.contains("pytorch_model_fsdp_0/.metadata"))
        #expect(try CheckpointReader.files(of: folder.path) == source.files)
        let expected = try CheckpointReader.open(directory: TorchFixture.path("whole"))
        #expect(try source.read("lm_head.weight").isIdentical(to: expected.read("lm_head.weight")))
    }
}

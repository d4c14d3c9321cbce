import Checkpoints
import Files
import Glibc
import TestSupport
import Testing
import Vocabulary

struct CheckpointReaderTests {
    let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory(inMemory: true) }

    private let first = [TinyTensor.float32("w", [2, 3], [1, 2, 3, 4, 5, 6]), .int64("ids", [2], [7, 8])]
    private let second = [
        TinyTensor.bfloat16("v", [2, 2], [1, -2, 0.5, 4]), .float16("h", [2], [1, 2]), .float64("d", [1], [3]),
    ]

    @Test func everyFloatingPointTypeIsReadAsItIsStored() throws {
        try TinyCheckpoint.write(first + second, to: folder.path)
        let source = try CheckpointReader.open(directory: folder.path)
        #expect(source.tensors.map(\.name) == ["w", "v", "h", "d"])
        #expect(source.tensors.map(\.elementType) == [.float32, .bfloat16, .float16, .float64])
        #expect(try source.read("w") == .float32([1, 2, 3, 4, 5, 6]))
        #expect(try source.read("v") == .bfloat16([0x3F80, 0xC000, 0x3F00, 0x4080]))
        #expect(try source.read("h") == .float16([0x3C00, 0x4000]))
        #expect(try source.read("d") == .float64([3]))
        #expect(try source.readRows("w", 1..<2) == .float32([4, 5, 6]))
        #expect(try source.readRows("w", 1..<1) == .float32([]))
        try source.verifyUnchanged()
    }

    @Test func otherTypesAreListedCopiedAndRefusedOnlyWhenAskedFor() throws {
        try TinyCheckpoint.write(first + second, to: folder.path)
        let source = try CheckpointReader.open(directory: folder.path)
        #expect(source.otherTensors == [OtherTensor(name: "ids", type: .i64, shape: [2], byteCount: 16)])
        #expect(throws: CheckpointError.unsupportedType("ids", type: .i64, directory: folder.path)) {
            try source.read("ids")
        }
        var bytes: [UInt8] = []
        try source.copyBytes("ids", chunk: 3) { bytes += $0 }
        #expect(bytes == first[1].bytes)
        #expect(throws: CheckpointError.missingTensor("none", directory: folder.path)) { try source.read("none") }
        #expect(throws: CheckpointError.missingTensor("none", directory: folder.path)) {
            try source.copyBytes("none", chunk: 1) { _ in }
        }
    }

    @Test func shardsAreOneCheckpoint() throws {
        try TinyCheckpoint.writeSharded([second, first], to: folder.path)
        let source = try CheckpointReader.open(directory: folder.path)
        #expect(source.tensors.map(\.name) == ["v", "h", "d", "w"])
        #expect(source.shards.map(\.tensors) == [["v", "h", "d"], ["w", "ids"]])
        #expect(try source.read("w") == .float32([1, 2, 3, 4, 5, 6]))
        #expect(
            Set(source.files.keys) == [
                "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "model.safetensors.index.json",
            ])
    }

    @Test func theIndexCountsBeforeAStaleSingleFile() throws {
        try TinyCheckpoint.write([.float32("w", [1], [99])], to: folder.path)
        try TinyCheckpoint.writeSharded([[.float32("w", [1], [1])], [.float32("v", [1], [2])]], to: folder.path)
        let source = try CheckpointReader.open(directory: folder.path)
        #expect(try source.read("w") == .float32([1]))
        #expect(unlink(folder.path("model-00002-of-00002.safetensors")) == 0)
        #expect(try CheckpointReader.open(directory: folder.path).read("w") == .float32([99]))
    }

    @Test func oneFileOfAnyNameIsACheckpointOfItsOwn() throws {
        try folder.write(TinyCheckpoint.safetensors(first), to: "adapter_model.safetensors")
        let source = try CheckpointReader.open(file: folder.path("adapter_model.safetensors"))
        #expect(try source.read("w") == .float32([1, 2, 3, 4, 5, 6]))
        #expect(source.directory == folder.path)
        #expect(source.shards.map(\.fileName) == ["adapter_model.safetensors"])
        #expect(throws: CheckpointError.self) { try CheckpointReader.open(file: folder.path("none")) }
    }

    @Test func aMissingShardIsUnsettled() throws {
        try TinyCheckpoint.writeSharded([first, second], to: folder.path)
        #expect(unlink(folder.path("model-00002-of-00002.safetensors")) == 0)
        let error = #expect(throws: CheckpointError.self) { try CheckpointReader.open(directory: folder.path) }
        #expect(
            error
                == .badIndex(
                    file: folder.path("model.safetensors.index.json"), .missingFile("model-00002-of-00002.safetensors"))
        )
        #expect(error?.severity == .unsettled)
    }

    @Test func aFolderWithoutWeightsSaysWhatItHolds() throws {
        try folder.write("{}", to: "config.json")
        let error = #expect(throws: CheckpointError.self) { try CheckpointReader.open(directory: folder.path) }
        #expect(error == .noWeights(directory: folder.path, found: ["config.json"]))
        let gone = #expect(throws: CheckpointError.self) { try CheckpointReader.open(directory: folder.path("none")) }
        #expect(gone?.isVanished == true)
    }

    @Test func allFilesAreOpenedBeforeAnyIsRead() throws {
        try TinyCheckpoint.writeSharded([first, second], to: folder.path)
        let files = FailingFileSystem(only: [.open, .read])
        _ = try CheckpointReader.open(directory: folder.path, calls: files.calls)
        // The index must be read to know the files; then all of them are opened, then the headers are read.
        #expect(files.made == [.open, .read, .open, .open, .read, .read, .read, .read])
    }

    @Test func anOpenCheckpointOutlivesItsFolder() throws {
        try TinyCheckpoint.write(first, to: folder.path)
        let source = try CheckpointReader.open(directory: folder.path)
        #expect(unlink(folder.path("model.safetensors")) == 0)
        #expect(try source.read("w") == .float32([1, 2, 3, 4, 5, 6]))
        let error = #expect(throws: CheckpointError.self) { try source.verifyUnchanged() }
        #expect(error?.severity == .vanished)
    }

    @Test func aStaleFileHandleIsAVanishedCheckpoint() throws {
        try TinyCheckpoint.write(first, to: folder.path)
        let files = FailingFileSystem(failing: 3, with: ESTALE, only: [.read])
        let source = try CheckpointReader.open(directory: folder.path, calls: files.calls)
        let error = #expect(throws: CheckpointError.self) { try source.read("w") }
        #expect(error?.isVanished == true)
    }

    @Test func aFileRewrittenInPlaceIsNoticedThroughTheDescriptor() throws {
        try TinyCheckpoint.write(first, to: folder.path)
        let source = try CheckpointReader.open(directory: folder.path)
        let descriptor = open(folder.path("model.safetensors"), O_WRONLY)
        #expect(pwrite(descriptor, [1], 1, 200) == 1)
        // The clock of the file system may not have moved since the file was made: set the time as a writer would.
        var times = [timespec(tv_sec: 1, tv_nsec: 0), timespec(tv_sec: 1, tv_nsec: 0)]
        #expect(futimens(descriptor, &times) == 0)
        close(descriptor)
        let error = #expect(throws: CheckpointError.self) { try source.verifyUnchanged() }
        #expect(error?.severity == .unsettled)
    }

    @Test func aFileReplacedByRenameIsNoticedThroughTheName() throws {
        try TinyCheckpoint.write(first, to: folder.path)
        let source = try CheckpointReader.open(directory: folder.path)
        try TinyCheckpoint.write(first, to: folder.path("new"))
        #expect(rename(folder.path("new/model.safetensors"), folder.path("model.safetensors")) == 0)
        let error = #expect(throws: CheckpointError.self) { try source.verifyUnchanged() }
        guard case .changedWhileReading(folder.path("model.safetensors"), _, _) = error else {
            Issue.record("got \(String(describing: error))")
            return
        }
    }

    @Test func everyFailingCallIsReported() throws {
        try TinyCheckpoint.writeSharded([first, second], to: folder.path)
        func use(_ calls: FileSystemCalls) throws {
            let source = try CheckpointReader.open(directory: folder.path, calls: calls)
            for tensor in source.tensors { _ = try source.read(tensor.name) }
            try source.copyBytes("ids", chunk: 8) { _ in }
            try source.verifyUnchanged()
        }
        let whole = FailingFileSystem()
        try use(whole.calls)
        for number in 1...whole.count where whole.made[number - 1] != .dropFromPageCache {
            let files = FailingFileSystem(failing: number, with: EIO)
            let error = #expect(throws: CheckpointError.self) { try use(files.calls) }
            #expect(error?.severity == .system)
            #expect(files.openDescriptors == 0)
        }
    }

    @Test func linkedWeightsAreReadAndTheTargetIsWatched() throws {
        try TinyCheckpoint.write(first, to: folder.path("blobs"))
        try folder.makeDirectory("snapshot")
        #expect(symlink("../blobs/model.safetensors", folder.path("snapshot/model.safetensors")) == 0)
        let source = try CheckpointReader.open(directory: folder.path("snapshot"))
        #expect(try source.read("w") == .float32([1, 2, 3, 4, 5, 6]))
        let status = try FileTree().status(of: folder.path("blobs/model.safetensors"))
        #expect(source.files["model.safetensors"] == status?.identity)
    }

    @Test func pagesAreGivenBackUnlessTheyAreToBeKept() throws {
        try TinyCheckpoint.write(first, to: folder.path)
        for (caching, expected) in [(PageCaching.dropAfterReading, 1), (.keep, 0)] {
            let files = FailingFileSystem(only: [.dropFromPageCache])
            let source = try CheckpointReader.open(directory: folder.path, calls: files.calls, caching: caching)
            _ = try source.read("w")
            #expect(files.count == expected)
        }
    }
}

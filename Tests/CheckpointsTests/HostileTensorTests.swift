import Files
import TestSupport
import Testing
import Vocabulary

@testable import Checkpoints

/// Descriptions of tensors that lie about their storage, and containers that lie about their members.
struct HostileTensorTests {
    private let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory(inMemory: true) }

    private func problem(_ bytes: [UInt8]) throws -> TorchProblem? { try folder.problem(ofTorchFile: bytes) }

    @Test func aTensorStaysInItsStorage() throws {
        func check(_ size: [Int], _ stride: [Int], offset: Int = 0, elements: Int = 6) throws -> TorchProblem? {
            try problem(Pickle.file(Pickle.tensor(elements: elements, offset: offset, size: size, stride: stride)))
        }
        #expect(try check([2, 3], [3, 1]) == nil)
        #expect(try check([3, 2], [1, 3]) == nil)
        #expect(try check([0, 1 << 40], [1 << 40, 1]) == nil)
        #expect(try check([2, 3], [3, 1], offset: 1) == .beyondStorage(tensor: "w", last: 6, elements: 6))
        #expect(try check([2, 3], [4, 1]) == .beyondStorage(tensor: "w", last: 6, elements: 6))
        #expect(try check([1, 7], [0, 0]) == .largerThanStorage(tensor: "w", elements: 7, storage: 6))
        #expect(
            try check([1 << 29, 1 << 30], [0, 0]) == .largerThanStorage(tensor: "w", elements: 1 << 59, storage: 6))
        #expect(try check([1 << 40, 1 << 40], [0, 0]) == .sizeOverflow(tensor: "w"))
        #expect(try check([0, 1 << 40, 1 << 40], [0, 0, 0]) == .sizeOverflow(tensor: "w"))
        #expect(try check([2, 2], [1 << 62, 1 << 62]) == .sizeOverflow(tensor: "w"))
        #expect(try check([2, 3], [3, 1], offset: .max) == .sizeOverflow(tensor: "w"))
        for bad in [[-1, 3], [2, -3]] { #expect(try check(bad, [3, 1]) != nil) }
        #expect(try check([2, 3], [3, 1], offset: -1) != nil)
        #expect(try check([2, 3], [3]) != nil)
        #expect(
            try check([2, 3], [3, 1], elements: 7)
                == .wrongStorageSize(key: "0", tensor: "w", bytes: 24, expected: 28))
        #expect(try check([2, 3], [3, 1], elements: .max) != nil)
        let many = [Int](repeating: 1, count: TorchLimits.dimensions + 1)
        #expect(try check(many, many) != nil)
    }

    @Test func aTensorNeedsAStorageOfItsFile() throws {
        let elsewhere = Pickle.tensor(key: "../0", elements: 6, size: [6], stride: [1])
        #expect(try problem(Pickle.file(elsewhere)) == .missingStorage(key: "../0", tensor: "w"))
        let other = Pickle.tensor(elements: 6, size: [6], stride: [1], storage: "float32")
        #expect(try problem(Pickle.file(other)) == .unexpected("numbers in torch.float32", tensor: "w"))
        let text = Pickle.whole(Pickle.dictionary([(Pickle.text("w"), Pickle.text("weights"))]))
        #expect(try problem(ZipBytes.state(text).bytes) == .unexpected("a text", tensor: "w"))
        let list = Pickle.whole(Array("]".utf8))
        #expect(try problem(ZipBytes.state(list).bytes) == .notAStateDictionary("a list"))
        let valid = Pickle.tensor(elements: 6, size: [6], stride: [1])
        let twice = Pickle.whole(Pickle.dictionary([(Pickle.text("w"), valid), (Pickle.text("w"), valid)]))
        #expect(try problem(ZipBytes.state(twice).bytes) == .duplicateTensor("w"))
    }

    // MARK: Containers

    private func damaged(_ change: (inout ZipBytes) -> Void) throws -> TorchProblem? {
        var zip = ZipBytes.state(
            Pickle.whole(Pickle.dictionary([(Pickle.text("w"), Pickle.tensor(elements: 6, size: [6], stride: [1]))])),
            storages: [("0", [UInt8](repeating: 1, count: 24))])
        change(&zip)
        return try problem(zip.bytes)
    }

    @Test func aMemberIsStoredOnceWhereTheDirectorySays() throws {
        #expect(try damaged { _ in } == nil)
        #expect(try damaged { $0.members[2].method = 8 } == .badZip(.compressed(member: "m/data/0")))
        #expect(try damaged { $0.members[2].flags = 0x0809 } == .badZip(.encrypted(member: "m/data/0")))
        #expect(
            try damaged { $0.members.append(.init(name: "m/data/0", bytes: [])) }
                == .badZip(.duplicateMember("m/data/0")))
        #expect(try damaged { $0.members[2].claimedSize = 4096 } == .badZip(.overlap(member: "m/data/0")))
        #expect(try damaged { $0.members[2].claimedSize = .max } == .badZip(.overlap(member: "m/data/0")))
        #expect(try damaged { $0.members[2].claimedOffset = 1 << 40 } == .badZip(.overlap(member: "m/data/0")))
        #expect(try damaged { $0.members[2].claimedOffset = 7 } != nil)
        // Two members in one place: the second begins where the first has not ended.
        #expect(try damaged { $0.members[2].claimedOffset = 0 } != nil)
        #expect(try damaged { $0.claimedCount = 3 } == .badZip(.directoryOutOfPlace))
        #expect(try damaged { $0.claimedCount = 9 } == .badZip(.directoryDamaged(member: 4)))
        #expect(try damaged { $0.claimedCount = 1 << 40 } == .badZip(.tooManyMembers(1 << 40)))
        #expect(try damaged { $0.claimedDirectorySize = 1 << 40 } == .badZip(.directoryTooLarge(bytes: 1 << 40)))
        #expect(try damaged { $0.claimedDirectoryOffset = 3 } == .badZip(.directoryOutOfPlace))
        #expect(try damaged { $0.claimedDirectoryOffset = .max } == .badZip(.directoryOutOfPlace))
    }

    @Test func onlyStateDictionariesOfThisMachineAreOpened() throws {
        #expect(try damaged { $0.members[0].name = "m/other" } == .noPickle)
        #expect(try damaged { $0.members.append(.init(name: "n/data.pkl", bytes: [])) } == .noPickle)
        #expect(try damaged { $0.members.append(.init(name: "m/constants.pkl", bytes: [])) } == .program)
        #expect(try damaged { $0.members.append(.init(name: "m/code/x.py", bytes: [])) } == .program)
        #expect(try damaged { $0.members[1].bytes = Array("big".utf8) } == .byteOrder("big"))
        let old: [UInt8] = [0x80, 0x02, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E]
        #expect(try problem(old + [UInt8](repeating: 0, count: 200)) == .beforeZip)
    }

    @Test func everyTruncationIsUnsettled() throws {
        let valid = try TorchFixture.bytes("fsdp1-world-1/model_world_size_1_rank_0.pt")
        for length in stride(from: 0, to: valid.count, by: 7) {
            try folder.write(Array(valid[..<length]), to: "pytorch_model.bin")
            let error = #expect(throws: CheckpointError.self, "cut at \(length)") {
                try CheckpointReader.files(of: folder.path)
            }
            #expect(error?.severity == .unsettled)
        }
    }
}

import Files
import Foundation
import TestSupport
import Testing
import Vocabulary

@testable import Checkpoints

/// Files that torch never wrote: refused with what they asked for, and nothing of it done.
struct HostilePickleTests {
    private let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory(inMemory: true) }

    private func problem(_ bytes: [UInt8]) throws -> TorchProblem? { try folder.problem(ofTorchFile: bytes) }

    @Test func theBuilderMakesWhatIsAccepted() throws {
        #expect(try problem(Pickle.file(Pickle.tensor(elements: 6, size: [2, 3], stride: [3, 1]))) == nil)
        let source = try CheckpointReader.open(directory: folder.path)
        #expect(source.description(of: "w")?.shape == [2, 3])
    }

    @Test(arguments: [
        ("posix", "system"), ("os", "system"), ("builtins", "eval"), ("builtins", "getattr"), ("subprocess", "Popen"),
        ("torch", "load"), ("torch.hub", "load"), ("torch._utils", "_rebuild_qtensor"), ("numpy", "dtype"),
        ("collections", "defaultdict"), ("torch.storage", "_load_from_bytes"), ("", ""), ("torch", "FloatStorage\u{0}"),
    ])
    func aProgramInAPickleIsRefusedByNameAndNotRun(module: String, name: String) throws {
        let witness = folder.path("witness")
        let attack = Pickle.call(Pickle.global(module, name), [Pickle.text("touch \(witness)")])
        for value in [attack, Pickle.dictionary([(Pickle.text("w"), attack)])] {
            let expected = TorchProblem.badPickle(.forbidden(module: module, name: name))
            #expect(try problem(ZipBytes.state(Pickle.whole(value)).bytes) == expected)
            #expect(expected.description.contains("it was not called"))
        }
        // The same by the opcode of protocol 4, whose names are values.
        let late = Pickle.text(module) + Pickle.text(name) + [0x93]
        #expect(
            try problem(ZipBytes.state(Pickle.whole(late + [0x29, 0x52])).bytes)
                == .badPickle(.forbidden(module: module, name: name)))
        #expect(!FileManager.default.fileExists(atPath: witness))
    }

    @Test(arguments: [
        // INST, OBJ, EXT1, PERSID, BINBYTES, POP, DUP, NEWOBJ_EX, NEXT_BUFFER, LONG4, BYTEARRAY8
        UInt8(ascii: "i"), UInt8(ascii: "o"), 0x82, UInt8(ascii: "P"), UInt8(ascii: "B"), UInt8(ascii: "0"),
        UInt8(ascii: "2"), 0x92, 0x97, 0x8B, 0x96,
    ])
    func otherOpcodesAreRefused(code: UInt8) throws {
        #expect(throws: PickleProblem.opcode(code, at: 3)) { try PickleReader.read([0x80, 2, 0x4E, code]) }
    }

    @Test func recordsAreOnlyMadeAsTorchMakesThem() throws {
        let arguments = Pickle.tuple([Pickle.text("x")])
        for name in ["FloatStorage", "float32", "Tensor"] {
            let reduced = Pickle.whole(Pickle.global("torch", name) + arguments + Array("R".utf8))
            #expect(throws: PickleProblem.misused(name: "torch.\(name)", as: "REDUCE")) {
                try PickleReader.read(reduced)
            }
        }
        let made = Pickle.global("torch._utils", "_rebuild_tensor_v2") + arguments + [0x81]
        #expect(throws: PickleProblem.misused(name: "torch._utils._rebuild_tensor_v2", as: "NEWOBJ")) {
            try PickleReader.read(Pickle.whole(made))
        }
        let built = Pickle.tuple([]) + Pickle.dictionary([]) + Array("b".utf8)
        #expect(throws: PickleProblem.misused(name: "a tuple", as: "BUILD")) {
            try PickleReader.read(Pickle.whole(built))
        }
        // A text is not called, and what was called is not called again.
        #expect(throws: PickleProblem.misused(name: "a text", as: "REDUCE")) {
            try PickleReader.read(Pickle.whole(Pickle.text("posix system") + arguments + Array("R".utf8)))
        }
        let size = Pickle.call(Pickle.global("torch", "Size"), [Pickle.tuple([])])
        #expect(throws: PickleProblem.misused(name: "torch.Size", as: "REDUCE")) {
            try PickleReader.read(Pickle.whole(size + arguments + Array("R".utf8)))
        }
    }

    @Test func aBombOfReferencesIsOneValueForEachOpcode() throws {
        let clock = ContinuousClock.now
        let closed = try PickleReader.read([0x80, 4] + bomb(levels: 20_000) + [0x2E])
        #expect(closed.tree.values.count < 20_010)
        #expect(
            try problem(ZipBytes.state([0x80, 4] + bomb(levels: 20_000) + [0x2E]).bytes)
                == .notAStateDictionary("a tuple"))
        #expect(ContinuousClock.now - clock < .seconds(20))
    }

    /// Each tuple holds the one before it twice: 2^levels texts for whoever writes it out.
    private func bomb(levels: Int) -> [UInt8] {
        var bytes = Pickle.text("bomb") + [0x94]
        for level in 0..<levels {
            bytes += [0x6A] + (0..<4).map { UInt8(truncatingIfNeeded: level >> ($0 * 8)) } + [0x86, 0x94]
        }
        return bytes
    }

    @Test func limitsHoldBeforeMemoryIsTaken() throws {
        let deep = [0x80, 2] + [UInt8](repeating: UInt8(ascii: "("), count: TorchLimits.openMarks + 1)
        #expect(throws: PickleProblem.tooDeep) { try PickleReader.read(deep) }
        #expect(throws: PickleProblem.memo(0xFFFF_FFFF, at: 3)) {
            try PickleReader.read([0x80, 2, 0x4E, UInt8(ascii: "r"), 0xFF, 0xFF, 0xFF, 0xFF, 0x2E])
        }
        #expect(throws: PickleProblem.textTooLong(bytes: 0xFFFF_FFFF)) {
            try PickleReader.read([0x80, 2, UInt8(ascii: "X"), 0xFF, 0xFF, 0xFF, 0xFF])
        }
        #expect(throws: PickleProblem.endsEarly) {
            try PickleReader.read([0x80, 2, UInt8(ascii: "X"), 9, 0, 0, 0, 65])
        }
        #expect(throws: PickleProblem.endsEarly) {
            try PickleReader.read([0x80, 4, 0x95, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F, 0x2E])
        }
        let many = [0x80, 2] + [UInt8](repeating: 0x4E, count: TorchLimits.pickleValues + 1)
        #expect(throws: PickleProblem.tooManyValues) { try PickleReader.read(many) }
        #expect(throws: PickleProblem.protocolVersion(6)) { try PickleReader.read([0x80, 6, 0x4E, 0x2E]) }
        #expect(throws: PickleProblem.trailingBytes(1)) { try PickleReader.read([0x80, 2, 0x4E, 0x2E, 0x2E]) }
        #expect(throws: PickleProblem.self) { try PickleReader.read([]) }
    }

    @Test func numbersAreWhatPythonWrote() throws {
        func integer(_ bytes: [UInt8]) throws -> Int? {
            let (tree, root) = try PickleReader.read([0x80, 2] + bytes + [0x2E])
            return tree.integer(root)
        }
        #expect(try integer([0x4A, 0xFE, 0xFF, 0xFF, 0xFF]) == -2)
        #expect(try integer([0x8A, 0]) == 0)
        #expect(try integer([0x8A, 2, 0x00, 0xFF]) == -256)
        #expect(try integer([0x8A, 5, 0, 0, 0, 0, 1]) == 1 << 32)
        #expect(try integer([0x8A, 9, 0, 0, 0, 0, 0, 0, 0, 0, 1]) == nil)
        let (tree, root) = try PickleReader.read([0x80, 2, 0x47, 0x3F, 0xF8, 0, 0, 0, 0, 0, 0, 0x2E])
        guard case .double(1.5) = tree[root] else {
            Issue.record("a float is big-endian")
            return
        }
    }
}

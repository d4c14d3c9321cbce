import TestSupport
import Vocabulary

@testable import Checkpoints

/// A zip archive as torch writes it, byte by byte: stored members, sizes in the directory only, zip64 records.
struct ZipBytes {
    struct Member {
        var name: String
        var bytes: [UInt8]
        var method: UInt16 = 0
        var flags: UInt16 = 0x0808
        /// What the directory says, where it lies.
        var claimedSize: UInt64?
        var claimedOffset: UInt64?
    }

    var members: [Member]
    var claimedCount: UInt64?
    var claimedDirectorySize: UInt64?
    var claimedDirectoryOffset: UInt64?

    init(_ members: [(String, [UInt8])]) { self.members = members.map { Member(name: $0.0, bytes: $0.1) } }

    /// The archive of a state dictionary: this pickle, and storages by key.
    static func state(_ pickle: [UInt8], storages: [(String, [UInt8])] = []) -> ZipBytes {
        ZipBytes(
            [("m/data.pkl", pickle), ("m/byteorder", Array("little".utf8))]
                + storages.map { ("m/data/" + $0.0, $0.1) } + [("m/version", Array("3\n".utf8))])
    }

    var bytes: [UInt8] {
        var result: [UInt8] = []
        var directory: [UInt8] = []
        for member in members {
            let name = Array(member.name.utf8)
            let offset = UInt64(result.count)
            result += u32(0x0403_4B50) + u16(0) + u16(member.flags) + u16(member.method) + u32(0) + u32(0) + u32(0)
            result += u32(0) + u16(UInt16(name.count)) + u16(0) + name + member.bytes
            let size = member.claimedSize ?? UInt64(member.bytes.count)
            let place = member.claimedOffset ?? offset
            let isWide = max(size, place) >= 0xFFFF_FFFF
            directory += u32(0x0201_4B50) + u16(0) + u16(0) + u16(member.flags) + u16(member.method) + u32(0) + u32(0)
            directory += u32(isWide ? 0xFFFF_FFFF : UInt32(size)) + u32(isWide ? 0xFFFF_FFFF : UInt32(size))
            directory += u16(UInt16(name.count)) + u16(isWide ? 28 : 0) + u16(0) + u16(0) + u16(0) + u32(0)
            directory += u32(isWide ? 0xFFFF_FFFF : UInt32(place)) + name
            if isWide { directory += u16(1) + u16(24) + u64(size) + u64(size) + u64(place) }
        }
        let start = claimedDirectoryOffset ?? UInt64(result.count)
        let (count, size) = (claimedCount ?? UInt64(members.count), claimedDirectorySize ?? UInt64(directory.count))
        result += directory
        let end = UInt64(result.count)
        result += u32(0x0606_4B50) + u64(44) + u16(0) + u16(0) + u32(0) + u32(0) + u64(count) + u64(count)
        result += u64(size) + u64(start) + u32(0x0706_4B50) + u32(0) + u64(end) + u32(1)
        result += u32(0x0605_4B50) + u16(0) + u16(0) + u16(0xFFFF) + u16(0xFFFF) + u32(0xFFFF_FFFF) + u32(0xFFFF_FFFF)
        return result + u16(0)
    }

    private func u16(_ value: UInt16) -> [UInt8] { (0..<2).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) } }
    private func u32(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) } }
    private func u64(_ value: UInt64) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) } }
}

/// Opcodes, written by hand.
enum Pickle {
    static func global(_ module: String, _ name: String) -> [UInt8] { Array("c\(module)\n\(name)\n".utf8) }

    static func text(_ text: String) -> [UInt8] {
        let bytes = Array(text.utf8)
        return Array("X".utf8) + (0..<4).map { UInt8(truncatingIfNeeded: bytes.count >> ($0 * 8)) } + bytes
    }

    static func integer(_ value: Int) -> [UInt8] {
        [0x8A, 8] + (0..<8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }

    static func tuple(_ items: [[UInt8]]) -> [UInt8] { Array("(".utf8) + items.flatMap(\.self) + Array("t".utf8) }
    static func call(_ function: [UInt8], _ arguments: [[UInt8]]) -> [UInt8] {
        function + tuple(arguments) + Array("R".utf8)
    }

    static func dictionary(_ pairs: [([UInt8], [UInt8])]) -> [UInt8] {
        Array("}(".utf8) + pairs.flatMap { $0.0 + $0.1 } + Array("u".utf8)
    }

    static func whole(_ value: [UInt8]) -> [UInt8] { [0x80, 2] + value + Array(".".utf8) }

    /// `_rebuild_tensor_v2` of a storage of float32.
    static func tensor(
        key: String = "0", elements: Int, offset: Int = 0, size: [Int], stride: [Int], storage: String = "FloatStorage"
    ) -> [UInt8] {
        let place =
            tuple([
                text("storage"), global("torch", storage), text(key), text("cpu"), integer(elements),
            ]) + Array("Q".utf8)
        return call(
            global("torch._utils", "_rebuild_tensor_v2"),
            [
                place, integer(offset), tuple(size.map(integer)), tuple(stride.map(integer)), [0x89],
                call(global("collections", "OrderedDict"), []),
            ])
    }

    /// The file of a state dictionary with one tensor `w` over a storage of these floats.
    static func file(_ tensor: [UInt8], floats: Int = 6) -> [UInt8] {
        ZipBytes.state(
            whole(dictionary([(text("w"), tensor)])), storages: [("0", [UInt8](repeating: 1, count: 4 * floats))]
        ).bytes
    }
}

extension TemporaryDirectory {
    /// What is wrong with bytes as `pytorch_model.bin`, of which every tensor is read; nil: nothing.
    func problem(ofTorchFile bytes: [UInt8]) throws -> TorchProblem? {
        try write(bytes, to: "pytorch_model.bin")
        do {
            let source = try CheckpointReader.open(directory: path)
            for tensor in source.tensors { _ = try source.read(tensor.name) }
            return nil
        } catch CheckpointError.archive(_, let problem) { return problem }
    }
}

/// Reads a pickle into a `PickleTree`: the opcodes of protocols 2 to 4 that `torch.save` and
/// torch.distributed.checkpoint write, and names of `PickleGlobal`'s list. Everything else is refused by name.
///
/// Nothing is imported, called or looked up. Every opcode takes at least one byte and makes at most one value, so
/// that time and memory grow with the length of the pickle whatever it says; a value that is used a million times is one
/// value. Source: CPython `pickletools.py`; torch `_weights_only_unpickler.py`.
struct PickleReader {
    typealias Reference = PickleTree.Reference

    private let bytes: [UInt8]
    private var position = 0
    private var tree = PickleTree()
    private var stack: [Reference] = []
    /// Lengths of the stack at open marks.
    private var marks: [Int] = []
    private var memo: [Reference] = []

    /// The value that the pickle describes, with all that it is made of.
    static func read(_ bytes: [UInt8]) throws(PickleProblem) -> (tree: PickleTree, root: Reference) {
        guard bytes.count <= TorchLimits.pickleBytes else { throw .tooLarge(bytes: bytes.count) }
        var reader = PickleReader(bytes: bytes)
        let root = try reader.run()
        guard reader.position == bytes.count else { throw .trailingBytes(bytes.count - reader.position) }
        return (reader.tree, root)
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private mutating func run() throws(PickleProblem) -> Reference {
        guard try byte() == 0x80 else { throw .opcode(bytes[0], at: 0) }
        let version = try byte()
        guard (2...5).contains(version) else { throw .protocolVersion(Int(version)) }
        while true {
            let start = position
            let code = try byte()
            if code == UInt8(ascii: ".") {
                guard marks.isEmpty, stack.count == 1 else { throw .stackUnderflow(at: start) }
                return stack[0]
            }
            if try readAtom(code, at: start) { continue }
            if try readContainer(code, at: start) { continue }
            if try readMemo(code, at: start) { continue }
            guard try readGlobal(code, at: start) else { throw .opcode(code, at: start) }
        }
    }

    // MARK: Numbers, texts

    private mutating func readAtom(_ code: UInt8, at start: Int) throws(PickleProblem) -> Bool {
        switch code {
        case UInt8(ascii: "N"): try push(.none)
        case 0x88: try push(.bool(true))
        case 0x89: try push(.bool(false))
        case UInt8(ascii: "K"): try push(.integer(Int(try byte())))
        case UInt8(ascii: "M"): try push(.integer(Int(try unsigned(2))))
        case UInt8(ascii: "J"): try push(.integer(Int(Int32(truncatingIfNeeded: try unsigned(4)))))
        case 0x8A: try push(try long(at: start))
        case UInt8(ascii: "G"):
            try push(.double(Double(bitPattern: UInt64(littleEndian: try unsigned(8)).byteSwapped)))
        case UInt8(ascii: "X"): try push(.text(try text(Int(try unsigned(4)))))
        case 0x8C: try push(.text(try text(Int(try byte()))))
        case UInt8(ascii: "U"): try push(.text(try text(Int(try byte()))))
        case 0x95:
            // The length of a frame: only a hint for a reader that buffers.
            guard try unsigned(8) <= UInt64(bytes.count - position) else { throw .endsEarly }
        default: return false
        }
        return true
    }

    /// LONG1: two's complement of any length below 256 bytes.
    private mutating func long(at start: Int) throws(PickleProblem) -> PickleTree.Value {
        let count = Int(try byte())
        guard count <= bytes.count - position else { throw .endsEarly }
        defer { position += count }
        guard count <= 8 else { return .largeInteger }
        guard count > 0 else { return .integer(0) }
        var value: UInt64 = bytes[position + count - 1] >= 0x80 ? .max : 0
        for offset in (0..<count).reversed() { value = value << 8 | UInt64(bytes[position + offset]) }
        return .integer(Int(truncatingIfNeeded: value))
    }

    // MARK: Tuples, lists, dictionaries

    private mutating func readContainer(_ code: UInt8, at start: Int) throws(PickleProblem) -> Bool {
        switch code {
        case UInt8(ascii: "("):
            guard marks.count < TorchLimits.openMarks else { throw .tooDeep }
            marks.append(stack.count)
        case UInt8(ascii: ")"): try push(.tuple([]))
        case 0x85: try push(.tuple(try take(1, at: start)))
        case 0x86: try push(.tuple(try take(2, at: start)))
        case 0x87: try push(.tuple(try take(3, at: start)))
        case UInt8(ascii: "t"): try push(.tuple(try takeToMark(at: start)))
        case UInt8(ascii: "]"), 0x8F: try push(.list([]))
        case UInt8(ascii: "}"): try push(.dictionary([]))
        case UInt8(ascii: "a"): try append(try take(1, at: start), at: start)
        case UInt8(ascii: "e"), 0x90: try append(try takeToMark(at: start), at: start)
        case UInt8(ascii: "s"): try set(try take(2, at: start), at: start)
        case UInt8(ascii: "u"): try set(try takeToMark(at: start), at: start)
        default: return false
        }
        return true
    }

    private mutating func append(_ elements: [Reference], at start: Int) throws(PickleProblem) {
        let target = try top(at: start)
        guard case .list(var list) = tree[target] else { throw .misused(name: tree.words(for: target), as: "APPEND") }
        tree.values[Int(target.index)] = .none  // so that the list is not copied
        list += elements
        tree.values[Int(target.index)] = .list(list)
    }

    private mutating func set(_ pairs: [Reference], at start: Int) throws(PickleProblem) {
        let target = try top(at: start)
        guard case .dictionary(var flat) = tree[target], pairs.count % 2 == 0 else {
            throw .misused(name: tree.words(for: target), as: "SETITEM")
        }
        tree.values[Int(target.index)] = .none
        flat += pairs
        tree.values[Int(target.index)] = .dictionary(flat)
    }

    // MARK: Memo

    private mutating func readMemo(_ code: UInt8, at start: Int) throws(PickleProblem) -> Bool {
        switch code {
        case UInt8(ascii: "q"): try remember(Int(try byte()), at: start)
        case UInt8(ascii: "r"): try remember(Int(try unsigned(4)), at: start)
        case 0x94: try remember(memo.count, at: start)
        case UInt8(ascii: "h"): try recall(Int(try byte()), at: start)
        case UInt8(ascii: "j"): try recall(Int(try unsigned(4)), at: start)
        default: return false
        }
        return true
    }

    /// Picklers number their memo in turn; anything else would let a few bytes ask for gigabytes.
    private mutating func remember(_ index: Int, at start: Int) throws(PickleProblem) {
        let value = try top(at: start)
        if index < memo.count {
            memo[index] = value
        } else if index == memo.count {
            memo.append(value)
        } else {
            throw .memo(index, at: start)
        }
    }

    private mutating func recall(_ index: Int, at start: Int) throws(PickleProblem) {
        guard index < memo.count else { throw .memo(index, at: start) }
        stack.append(memo[index])
    }

    // MARK: Names and what is made of them

    private mutating func readGlobal(_ code: UInt8, at start: Int) throws(PickleProblem) -> Bool {
        switch code {
        case UInt8(ascii: "c"):
            let module = try line()
            try push(.global(try global(module, try line())))
        case 0x93:
            let names = try take(2, at: start)
            guard let module = tree.text(names[0]), let name = tree.text(names[1]) else { throw .badText(at: start) }
            try push(.global(try global(module, name)))
        case UInt8(ascii: "R"): try reduce(at: start)
        case 0x81: try construct(at: start)
        case UInt8(ascii: "b"): try build(at: start)
        case UInt8(ascii: "Q"): try push(.persistent(try take(1, at: start)[0]))
        default: return false
        }
        return true
    }

    private func global(_ module: String, _ name: String) throws(PickleProblem) -> PickleGlobal {
        guard let global = PickleGlobal.named(module: module, name) else {
            throw .forbidden(module: module, name: name)
        }
        return global
    }

    private mutating func reduce(at start: Int) throws(PickleProblem) {
        let operands = try take(2, at: start)
        guard case .global(let global) = tree[operands[0]], global.canBeCalled,
            let arguments = tree.tuple(operands[1])
        else { throw .misused(name: tree.words(for: operands[0]), as: "REDUCE") }
        if global.meaning == .orderedDictionary {
            guard arguments.isEmpty else { throw .misused(name: global.name, as: "REDUCE with arguments") }
            try push(.dictionary([]))
        } else {
            try push(.call(global, arguments: operands[1]))
        }
    }

    private mutating func construct(at start: Int) throws(PickleProblem) {
        let operands = try take(2, at: start)
        guard case .global(let global) = tree[operands[0]], global.canBeConstructed,
            tree.tuple(operands[1]) != nil
        else { throw .misused(name: tree.words(for: operands[0]), as: "NEWOBJ") }
        try push(.object(global, arguments: operands[1], state: nil))
    }

    private mutating func build(at start: Int) throws(PickleProblem) {
        let state = try take(1, at: start)[0]
        let target = try top(at: start)
        switch tree[target] {
        case .object(let global, let arguments, nil):
            tree.values[Int(target.index)] = .object(global, arguments: arguments, state: state)
        // `_metadata` of a module's state dictionary: versions of its parts, of no use here.
        case .dictionary: break
        default: throw .misused(name: tree.words(for: target), as: "BUILD")
        }
    }

    // MARK: Stack and bytes

    private mutating func push(_ value: PickleTree.Value) throws(PickleProblem) {
        guard tree.values.count < TorchLimits.pickleValues else { throw .tooManyValues }
        stack.append(Reference(index: Int32(tree.values.count)))
        tree.values.append(value)
    }

    private func top(at start: Int) throws(PickleProblem) -> Reference {
        guard let last = stack.last, stack.count > marks.last ?? 0 else { throw .stackUnderflow(at: start) }
        return last
    }

    private mutating func take(_ count: Int, at start: Int) throws(PickleProblem) -> [Reference] {
        guard stack.count - (marks.last ?? 0) >= count else { throw .stackUnderflow(at: start) }
        defer { stack.removeLast(count) }
        return Array(stack.suffix(count))
    }

    private mutating func takeToMark(at start: Int) throws(PickleProblem) -> [Reference] {
        guard let mark = marks.popLast() else { throw .noMark(at: start) }
        defer { stack.removeSubrange(mark...) }
        return Array(stack[mark...])
    }

    private mutating func byte() throws(PickleProblem) -> UInt8 {
        guard position < bytes.count else { throw .endsEarly }
        defer { position += 1 }
        return bytes[position]
    }

    private mutating func unsigned(_ count: Int) throws(PickleProblem) -> UInt64 {
        guard count <= bytes.count - position else { throw .endsEarly }
        defer { position += count }
        return (0..<count).reversed().reduce(0) { $0 << 8 | UInt64(bytes[position + $1]) }
    }

    private mutating func text(_ count: Int) throws(PickleProblem) -> String {
        guard count <= TorchLimits.textBytes else { throw .textTooLong(bytes: count) }
        guard count <= bytes.count - position else { throw .endsEarly }
        defer { position += count }
        guard let text = String(validating: bytes[position..<position + count], as: UTF8.self) else {
            throw .badText(at: position)
        }
        return text
    }

    /// To the next line feed, at most 1,024 bytes away.
    private mutating func line() throws(PickleProblem) -> String {
        let limit = min(bytes.count, position + 1024)
        guard let end = bytes[position..<limit].firstIndex(of: 0x0A) else { throw .endsEarly }
        let text = String(validating: bytes[position..<end], as: UTF8.self)
        guard let text else { throw .badText(at: position) }
        position = end + 1
        return text
    }
}

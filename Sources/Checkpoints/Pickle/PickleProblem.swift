/// Why a pickle is refused.
public enum PickleProblem: Error, Hashable, Sendable, CustomStringConvertible {
    case tooLarge(bytes: Int)
    case endsEarly
    case trailingBytes(Int)
    case protocolVersion(Int)
    /// An opcode that none of the writers that are read here produces.
    case opcode(UInt8, at: Int)
    /// A name that is not on the list: whatever it would do, it is not done.
    case forbidden(module: String, name: String)
    /// A name of the list, used as it never is.
    case misused(name: String, as: String)
    case stackUnderflow(at: Int)
    case noMark(at: Int)
    case memo(Int, at: Int)
    case tooDeep
    case tooManyValues
    case badText(at: Int)
    case textTooLong(bytes: Int)
    case badNumber(at: Int)

    public var description: String {
        switch self {
        case .tooLarge(let bytes):
            "its pickle is too large (got \(bytes) bytes, expected at most \(TorchLimits.pickleBytes))"
        case .endsEarly: "its pickle ends before it is finished"
        case .trailingBytes(let count): "its pickle has \(count) bytes after its end"
        case .protocolVersion(let version): "its pickle has protocol \(version) (expected 2 to 5)"
        case .opcode(let code, let position):
            "its pickle has an opcode that torch does not write (got 0x\(String(code, radix: 16)) at byte \(position))"
        case .forbidden(let module, let name):
            "its pickle asks for \(shown(module + "." + name)), which is not on the list of what weights are made of; it was not "
                + "called"
        case .misused(let name, let use): "its pickle uses \(name) as torch never does (\(use))"
        case .stackUnderflow(let position): "its pickle takes more than it gave (at byte \(position))"
        case .noMark(let position): "its pickle ends a group that it did not begin (at byte \(position))"
        case .memo(let index, let position):
            "its pickle uses place \(index) of its memo out of turn (at byte \(position))"
        case .tooDeep: "its pickle nests too deeply (expected at most \(TorchLimits.openMarks) open groups)"
        case .tooManyValues: "its pickle has too many values (expected at most \(TorchLimits.pickleValues))"
        case .badText(let position): "its pickle has a text that is not UTF-8 (at byte \(position))"
        case .textTooLong(let bytes):
            "its pickle has a text that is too long (got \(bytes) bytes, expected at most \(TorchLimits.textBytes))"
        case .badNumber(let position): "its pickle has a number that is none (at byte \(position))"
        }
    }
}

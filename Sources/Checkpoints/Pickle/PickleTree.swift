/// What a pickle describes, as inert values in one array: nothing is called, and a value that occurs in many places is
/// there once. Walk it along what you expect, never along all there is: a hostile pickle is a graph with more paths than
/// there is time for, and may have circles.
struct PickleTree: Sendable {
    /// The place of a value.
    struct Reference: Hashable, Sendable {
        let index: Int32
    }

    enum Value: Sendable {
        case none
        case bool(Bool)
        case integer(Int)
        /// Beyond 64 bits: hashes, which nobody needs.
        case largeInteger
        case double(Double)
        case text(String)
        case global(PickleGlobal)
        case tuple([Reference])
        case list([Reference])
        /// Keys and values in turn, in the order in which they were set.
        case dictionary([Reference])
        /// REDUCE of a global with these arguments.
        case call(PickleGlobal, arguments: Reference)
        /// NEWOBJ of a global, and what BUILD gave it.
        case object(PickleGlobal, arguments: Reference, state: Reference?)
        /// BINPERSID.
        case persistent(Reference)
    }

    var values: [Value] = []

    subscript(_ reference: Reference) -> Value { values[Int(reference.index)] }

    func integer(_ reference: Reference) -> Int? {
        if case .integer(let value) = self[reference] { return value }
        return nil
    }

    func text(_ reference: Reference) -> String? {
        if case .text(let value) = self[reference] { return value }
        return nil
    }

    func tuple(_ reference: Reference) -> [Reference]? {
        if case .tuple(let values) = self[reference] { return values }
        return nil
    }

    /// Keys and values of a dictionary.
    func pairs(_ reference: Reference) -> [(key: Reference, value: Reference)]? {
        guard case .dictionary(let flat) = self[reference] else { return nil }
        return stride(from: 0, to: flat.count, by: 2).map { (flat[$0], flat[$0 + 1]) }
    }

    /// The value that was set last for a key that is a text.
    func member(_ name: String, of reference: Reference) -> Reference? {
        guard case .dictionary(let flat) = self[reference] else { return nil }
        return stride(from: flat.count - 2, through: 0, by: -2).first { text(flat[$0]) == name }.map { flat[$0 + 1] }
    }

    /// Numbers of a tuple, or of a `torch.Size` of one; nil where they are not whole numbers from 0 on.
    func sizes(_ reference: Reference) -> [Int]? {
        var reference = reference
        if case .call(let global, let arguments) = self[reference], global.meaning == .size {
            guard let inner = tuple(arguments), inner.count == 1 else { return nil }
            reference = inner[0]
        }
        let elements: [Reference]
        switch self[reference] {
        case .tuple(let values), .list(let values): elements = values
        default: return nil
        }
        guard elements.count <= TorchLimits.dimensions else { return nil }
        let numbers = elements.compactMap { integer($0) }
        return numbers.count == elements.count && numbers.allSatisfy { $0 >= 0 } ? numbers : nil
    }

    /// What a value is, in a word or two, for messages.
    func words(for reference: Reference) -> String {
        switch self[reference] {
        case .none: "None"
        case .bool: "a bool"
        case .integer, .largeInteger: "an integer"
        case .double: "a float"
        case .text: "a text"
        case .global(let global): global.name
        case .tuple: "a tuple"
        case .list: "a list"
        case .dictionary: "a dictionary"
        case .call(let global, _), .object(let global, _, _): global.name
        case .persistent: "a storage"
        }
    }
}

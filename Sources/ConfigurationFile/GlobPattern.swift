import Vocabulary

/// A pattern over whole tensor names: `*` is any run of characters (dots too, also none), `?` is any one character,
/// everything else is itself, in the same case. There are no brackets and no escapes.
public struct GlobPattern: Hashable, Sendable, CustomStringConvertible {
    public let text: String

    public init(_ text: String) { self.text = text }

    public var description: String { text }

    /// Cost: at most the product of the two lengths; a star is retried from where it stands, never nested.
    public func matches(_ name: TensorName) -> Bool {
        let pattern = Array(text.unicodeScalars)
        let characters = Array(name.text.unicodeScalars)
        var (inPattern, inName) = (0, 0)
        var star: (inPattern: Int, inName: Int)?
        while inName < characters.count {
            if inPattern < pattern.count, pattern[inPattern] == "*" {
                star = (inPattern, inName)
                inPattern += 1
            } else if inPattern < pattern.count, pattern[inPattern] == "?" || pattern[inPattern] == characters[inName] {
                inPattern += 1
                inName += 1
            } else if let last = star {
                // The last star takes one character more; what came before it is settled.
                star = (last.inPattern, last.inName + 1)
                (inPattern, inName) = (last.inPattern + 1, last.inName + 1)
            } else {
                return false
            }
        }
        return pattern[inPattern...].allSatisfy { $0 == "*" }
    }
}

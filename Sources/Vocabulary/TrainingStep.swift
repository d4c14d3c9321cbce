/// The number of optimizer updates that a checkpoint has seen, in 0...Int.max. Step 0 is the base.
public struct TrainingStep: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    public let value: Int

    /// - Precondition: `value >= 0`. Where the number comes from outside, check it first.
    public init(_ value: Int) {
        precondition(value >= 0, "A training step counts optimizer updates and cannot be negative; got \(value).")
        self.value = value
    }

    public init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer().decode(Int.self)
        guard value >= 0 else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath, debugDescription: "a training step cannot be negative; got \(value)"
                ))
        }
        self.value = value
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(value)
    }

    public static func < (left: TrainingStep, right: TrainingStep) -> Bool { left.value < right.value }

    public var description: String { String(value) }
}

/// The row number of a `Subject`: never reused, and never mixed up with that of another kind of row.
public struct RowIdentifier<Subject>: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    public let value: Int64

    public init(_ value: Int64) { self.value = value }

    public init(from decoder: any Decoder) throws { value = try decoder.singleValueContainer().decode(Int64.self) }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(value)
    }

    public static func < (left: Self, right: Self) -> Bool { left.value < right.value }

    public var description: String { String(value) }
}

public typealias CheckpointID = RowIdentifier<CheckpointRecord>
public typealias RegistrationID = RowIdentifier<RegistrationRecord>
public typealias PredictionID = RowIdentifier<PredictionRecord>

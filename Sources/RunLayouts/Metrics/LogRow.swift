import Checkpoints
public import Vocabulary

/// One row of a trainer's log: the finite numbers in it by name, and the step that they belong to.
public struct LogRow: Hashable, Sendable {
    public let step: TrainingStep
    public let values: [String: Double]

    public init(step: TrainingStep, values: [String: Double]) {
        self.step = step
        self.values = values
    }
}

/// Reads rows as trainers write them: objects with a step and numbers, among text, lists and whatever else. verl puts the
/// numbers into an object `data` beside the step.
struct LogRowReader: Sendable {
    /// The first of these that a row has is its step, and none of them is a metric.
    static let stepNames = ["step", "global_step", "_step"]
    static let nestedName = "data"

    /// Rows share the text of their names.
    private var names: Set<String> = []

    /// Nil for an object without a step that is a whole number, and for anything that is no object.
    ///
    /// - Parameter bytes: what the scanner goes through.
    mutating func row(_ scanner: inout JSONScanner, in bytes: [UInt8]) throws(JSONProblem) -> LogRow? {
        guard try scanner.peek() == .object else {
            try scanner.skip()
            return nil
        }
        var steps: [String: TrainingStep] = [:]
        var values: [String: Double] = [:]
        try scanner.object(
            member: { (scanner, name) throws(JSONProblem) in
                if Self.stepNames.contains(name) {
                    steps[name] = try Self.step(&scanner, in: bytes)
                } else if name == Self.nestedName, try scanner.peek() == .object {
                    values.merge(try numbers(&scanner, in: bytes)) { _, new in new }
                } else {
                    try take(name, &scanner, in: bytes, &values)
                }
            }, problem: { $0 })
        return Self.stepNames.lazy.compactMap { steps[$0] }.first.map { LogRow(step: $0, values: values) }
    }

    /// The finite numbers of an object, by name.
    mutating func numbers(_ scanner: inout JSONScanner, in bytes: [UInt8]) throws(JSONProblem) -> [String: Double] {
        var values: [String: Double] = [:]
        try scanner.object(
            member: { (scanner, name) throws(JSONProblem) in try take(name, &scanner, in: bytes, &values) },
            problem: { $0 })
        return values
    }

    private mutating func take(
        _ name: String, _ scanner: inout JSONScanner, in bytes: [UInt8], _ values: inout [String: Double]
    ) throws(JSONProblem) {
        guard let value = try Self.number(&scanner, in: bytes), value.isFinite else { return }
        values[names.insert(name).memberAfterInsert] = value
    }

    /// A whole number that can be a step; nil for any other value. Some callbacks write 10.0.
    static func step(_ scanner: inout JSONScanner, in bytes: [UInt8]) throws(JSONProblem) -> TrainingStep? {
        guard let number = try number(&scanner, in: bytes), let value = Int(exactly: number) else { return nil }
        return (0...StepNumber.largest).contains(value) ? TrainingStep(value) : nil
    }

    /// Nil for anything but a number.
    private static func number(_ scanner: inout JSONScanner, in bytes: [UInt8]) throws(JSONProblem) -> Double? {
        guard try scanner.peek() == .number else {
            try scanner.skip()
            return nil
        }
        let start = scanner.offset
        try scanner.skip()
        return Double(String(decoding: bytes[start..<scanner.offset], as: UTF8.self))
    }
}

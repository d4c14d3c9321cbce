import Foundation
import GRDB
import Vocabulary

/// Reading of one column by name, which throws where GRDB would trap: a damaged file must never end the daemon.
extension Row {
    func value<Value: DatabaseValueConvertible>(_ column: String, as type: Value.Type = Value.self) throws -> Value {
        guard let value: Value = try optional(column) else { throw MalformedValue(column: column, expected: "a value") }
        return value
    }

    func optional<Value: DatabaseValueConvertible>(
        _ column: String, as type: Value.Type = Value.self
    ) throws -> Value? {
        try Self.converted(self[column] ?? .null, column)
    }

    private static func converted<Value: DatabaseValueConvertible>(
        _ stored: DatabaseValue, _ column: String
    ) throws -> Value? {
        if stored.isNull { return nil }
        guard let value = Value.fromDatabaseValue(stored) else {
            throw MalformedValue(column: column, expected: "\(Value.self)")
        }
        return value
    }

    func step(_ column: String) throws -> TrainingStep {
        guard let step = try optionalStep(column) else { throw MalformedValue(column: column, expected: "a step") }
        return step
    }

    func optionalStep(_ column: String) throws -> TrainingStep? {
        guard let value = try optional(column, as: Int.self) else { return nil }
        guard value >= 0 else { throw MalformedValue(column: column, expected: "a step of at least 0") }
        return TrainingStep(value)
    }

    func identifier<Subject>(_ column: String) throws -> RowIdentifier<Subject> {
        RowIdentifier(try value(column))
    }

    func choice<Choice: RawRepresentable>(_ column: String) throws -> Choice where Choice.RawValue == String {
        guard let choice = Choice(rawValue: try value(column)) else {
            throw MalformedValue(column: column, expected: "one of the states of \(Choice.self)")
        }
        return choice
    }

    /// A vector of exactly `count` float32.
    func floats(_ column: String, count: Int) throws -> [Float] {
        guard let values = LittleEndian.floats(try value(column)), values.count == count else {
            throw MalformedValue(column: column, expected: "\(count) float32")
        }
        return values
    }

    /// Vectors of `count` float32 each, one after the other. Of a row of a cursor, which lies in SQLite's memory, this is the only copy.
    func vectors(_ column: String, of count: Int) throws -> [[Float]] {
        let values = try withUnsafeData(named: column) { $0.flatMap { LittleEndian.vectors($0, of: count) } }
        guard let values else {
            throw MalformedValue(column: column, expected: "vectors of \(count) float32")
        }
        return values
    }

    func doubles(_ column: String) throws -> [Double] {
        guard let values = LittleEndian.doubles(try value(column)) else {
            throw MalformedValue(column: column, expected: "float64 values")
        }
        return values
    }

    func steps(_ column: String) throws -> [TrainingStep] {
        let text: String = try value(column)
        guard let steps = JSONText.steps(text) else {
            throw MalformedValue(column: column, expected: "a JSON list of steps")
        }
        return steps
    }
}

/// The same by place, for the few reads of very many rows; the name is for the error.
extension Row {
    func optional<Value: DatabaseValueConvertible>(at place: Int, _ column: String) throws -> Value? {
        try Self.converted(self[place], column)
    }

    func value<Value: DatabaseValueConvertible>(at place: Int, _ column: String) throws -> Value {
        guard let value: Value = try optional(at: place, column) else {
            throw MalformedValue(column: column, expected: "a value")
        }
        return value
    }

    func step(at place: Int, _ column: String) throws -> TrainingStep {
        let value: Int = try value(at: place, column)
        guard value >= 0 else { throw MalformedValue(column: column, expected: "a step of at least 0") }
        return TrainingStep(value)
    }
}

/// Lists of steps as JSON text: readable in sqlite3, and what `json_each` takes.
enum JSONText {
    static func of(_ steps: [TrainingStep]) -> String {
        "[" + steps.map { String($0.value) }.joined(separator: ",") + "]"
    }

    /// Number by number: a refit reads up to 64 lists of 64 steps for each module.
    ///
    /// - Returns: nil for anything else than a JSON list of whole numbers of at least 0.
    static func steps(_ text: String) -> [TrainingStep]? {
        var rest = Array(text.utf8)[...]
        guard take("[", from: &rest) else { return nil }
        var steps: [TrainingStep] = []
        if !take("]", from: &rest) {
            repeat {
                guard let number = takeNumber(from: &rest) else { return nil }
                steps.append(TrainingStep(number))
            } while take(",", from: &rest)
            guard take("]", from: &rest) else { return nil }
        }
        skipSpaces(&rest)
        return rest.isEmpty ? steps : nil
    }

    private static func skipSpaces(_ rest: inout ArraySlice<UInt8>) {
        while rest.first == UInt8(ascii: " ") { rest.removeFirst() }
    }

    private static func take(_ sign: Unicode.Scalar, from rest: inout ArraySlice<UInt8>) -> Bool {
        skipSpaces(&rest)
        guard rest.first == UInt8(ascii: sign) else { return false }
        rest.removeFirst()
        return true
    }

    private static func takeNumber(from rest: inout ArraySlice<UInt8>) -> Int? {
        skipSpaces(&rest)
        var number: Int?
        while let byte = rest.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
            let (tens, overflows) = (number ?? 0).multipliedReportingOverflow(by: 10)
            let (sum, carries) = tens.addingReportingOverflow(Int(byte - UInt8(ascii: "0")))
            guard !overflows, !carries else { return nil }
            number = sum
            rest.removeFirst()
        }
        return number
    }
}

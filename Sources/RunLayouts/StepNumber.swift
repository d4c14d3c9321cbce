public import Vocabulary

/// Reads the step out of a folder's name, which anybody may have written.
public enum StepNumber {
    /// A trillion optimizer steps: a larger number is a date, a hash or a mistake.
    public static let largest = 1_000_000_000_000

    public enum Problem: Error, Hashable, Sendable, CustomStringConvertible {
        case notANumber, leadingZeros, tooLarge

        public var description: String {
            switch self {
            case .notANumber: "it has no plain number where the step should be"
            case .leadingZeros: "its step has leading zeros, which this trainer never writes"
            case .tooLarge: "its step is above \(StepNumber.largest), which is no count of optimizer steps"
            }
        }
    }

    /// - Parameter allowsLeadingZeros: whether the writer pads its numbers.
    public static func parse(_ text: some StringProtocol, allowsLeadingZeros: Bool) throws(Problem) -> TrainingStep {
        let digits = text.utf8
        guard !digits.isEmpty, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { throw .notANumber }
        if digits.count > 1, digits.first == 0x30, !allowsLeadingZeros { throw .leadingZeros }
        // Zeros in front, however many, cannot make a number large.
        let significant = String(text.drop { $0 == "0" })
        guard significant.utf8.count <= 13, let value = Int(significant.isEmpty ? "0" : significant), value <= largest
        else { throw .tooLarge }
        return TrainingStep(value)
    }
}

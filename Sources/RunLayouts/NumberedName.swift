import Vocabulary

/// Folder names with a number between fixed texts, such as `global_step120_hf`.
struct NumberedName: Sendable {
    let before: String
    var after = ""
    /// Whether the writer pads its numbers.
    var allowsLeadingZeros = false

    /// Nil for a name of another kind; a failure for one that is nearly of this kind.
    func step(in name: String) -> Result<TrainingStep, StepNumber.Problem>? {
        guard name.hasPrefix(before), name.hasSuffix(after), name.count > before.count + after.count else { return nil }
        let number = name.dropFirst(before.count).dropLast(after.count)
        guard number.first?.isNumber == true else { return nil }
        return Result { () throws(StepNumber.Problem) in
            try StepNumber.parse(number, allowsLeadingZeros: allowsLeadingZeros)
        }
    }
}

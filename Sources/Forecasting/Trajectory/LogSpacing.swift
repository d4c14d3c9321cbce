import Vocabulary

/// How a list of steps is thinned so that what is left is spread evenly in log step.
enum LogSpacing {
    /// The position whose neighbours are closest in log step, so that it is missed least; ties go to the newest.
    ///
    /// Never the first or the last. Steps rise strictly. Nil for fewer than 3 steps.
    static func mostRedundant(in steps: [TrainingStep]) -> Int? {
        guard steps.count >= 3 else { return nil }
        var best: (position: Int, gap: Double)?
        for position in 1..<(steps.count - 1) {
            let gap = Double(steps[position + 1].value) / Double(steps[position - 1].value)
            if gap <= (best?.gap ?? .infinity) { best = (position, gap) }
        }
        return best?.position
    }
}

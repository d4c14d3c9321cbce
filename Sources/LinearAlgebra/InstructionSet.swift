import CKernels

/// Which of the processor's instruction sets the loops over whole matrices use. Results may differ in the last
/// bits from one to the next; within one they are the same bits every time.
public enum InstructionSet: Int, Sendable, CaseIterable, Comparable {
    /// SSE2 on x86-64, NEON on arm64.
    case baseline
    /// x86-64-v3: AVX2 and FMA.
    case v3
    /// x86-64-v4: AVX-512.
    case v4

    public static func < (left: InstructionSet, right: InstructionSet) -> Bool { left.rawValue < right.rawValue }

    /// The best one that this processor has.
    public static let best: InstructionSet =
        switch alpharl_best_instruction_set() {
        case alpharl_x86_64_v4: .v4
        case alpharl_x86_64_v3: .v3
        default: .baseline
        }

    /// Those that this processor has.
    public static var available: [InstructionSet] { allCases.filter { $0 <= best } }

    var code: alpharl_instruction_set {
        switch self {
        case .baseline: alpharl_baseline
        case .v3: alpharl_x86_64_v3
        case .v4: alpharl_x86_64_v4
        }
    }
}

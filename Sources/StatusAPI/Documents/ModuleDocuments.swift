import Vocabulary

/// `GET /v1/modules?step=N&sort=KEY`.
public struct ModuleList: Codable, Hashable, Sendable {
    /// The recorded step that the numbers belong to; nil when nothing is recorded.
    @Nullable public var step: TrainingStep?
    public var modules: [ModuleDocument]

    public init(step: TrainingStep?, modules: [ModuleDocument]) {
        self.step = step
        self.modules = modules
    }
}

/// One tracked module's update at one step.
public struct ModuleDocument: Codable, Hashable, Sendable {
    public var name: TensorName
    /// `[rows, columns]` = `[out, in]`.
    public var shape: [Int]
    /// Largest singular value of the update, 0 or more.
    @Nullable public var sigma: Double?
    /// `||W_t - W_0||_F`, 0 or more.
    @Nullable public var norm: Double?
    /// `norm / ||W_0||_F`, 0 or more.
    @Nullable public var relativeNorm: Double?
    /// `sigma^2 / norm^2`, 0...1; nil for an update that is zero.
    @Nullable public var energyShare: Double?
    /// Cosine between the rank-1 parts of this and the previous recorded step, -1...1.
    @Nullable public var directionCosine: Double?
    /// R2 of a straight line through the rank-1 parts up to this step, at most 1.
    @Nullable public var linearityR2: Double?
    /// Error of the newest backtest on this module alone, relative to keeping the last checkpoint (1).
    @Nullable public var backtestError: Double?
    /// Share of the entries that are bit for bit those of the base, 0...1.
    @Nullable public var unchangedShare: Double?

    public init(
        name: TensorName, shape: [Int], sigma: Double?, norm: Double?, relativeNorm: Double?, energyShare: Double?,
        directionCosine: Double?, linearityR2: Double?, backtestError: Double?, unchangedShare: Double?
    ) {
        self.name = name
        self.shape = shape
        self.sigma = sigma
        self.norm = norm
        self.relativeNorm = relativeNorm
        self.energyShare = energyShare
        self.directionCosine = directionCosine
        self.linearityR2 = linearityR2
        self.backtestError = backtestError
        self.unchangedShare = unchangedShare
    }
}

/// The order of a list of modules: `sort=KEY`, or `sort=-KEY` for the largest first.
public struct ModuleOrder: Hashable, Sendable {
    public enum Key: String, Hashable, Sendable, CaseIterable {
        case name
        case sigma
        case norm
        case relativeNorm = "relative_norm"
        case energyShare = "energy_share"
        case directionCosine = "direction_cosine"
        case linearityR2 = "linearity_r2"
        case backtestError = "backtest_error"
        case unchangedShare = "unchanged_share"
    }

    public var key: Key
    public var isDescending: Bool

    public init(key: Key, isDescending: Bool = false) {
        self.key = key
        self.isDescending = isDescending
    }

    public static let byName = ModuleOrder(key: .name)

    /// Nil when `text` names no key.
    public init?(parsing text: String) {
        isDescending = text.hasPrefix("-")
        guard let key = Key(rawValue: String(text.dropFirst(isDescending ? 1 : 0))) else { return nil }
        self.key = key
    }

    /// Modules without the number come last either way; equal ones by name.
    public func sorted(_ modules: [ModuleDocument]) -> [ModuleDocument] {
        modules.sorted { left, right in
            switch (number(of: left), number(of: right)) {
            case (let a?, let b?) where a != b: isDescending ? a > b : a < b
            case (_?, nil): true
            case (nil, _?): false
            default: key == .name && isDescending ? left.name > right.name : left.name < right.name
            }
        }
    }

    private func number(of module: ModuleDocument) -> Double? {
        let number: Double? =
            switch key {
            case .name: nil
            case .sigma: module.sigma
            case .norm: module.norm
            case .relativeNorm: module.relativeNorm
            case .energyShare: module.energyShare
            case .directionCosine: module.directionCosine
            case .linearityR2: module.linearityR2
            case .backtestError: module.backtestError
            case .unchangedShare: module.unchangedShare
            }
        return number.flatMap { $0.isNaN ? nil : $0 }
    }
}

import Vocabulary

public enum RegistrationState: String, Sendable, Codable {
    case active
    /// Kept for the record; its vectors are deleted.
    case retired
}

/// A model's slope, registered at an origin for later backtests (method, section 4).
public struct RegistrationRecord: Hashable, Sendable {
    public let id: RegistrationID
    public let origin: TrainingStep
    public let originID: CheckpointID
    public let model: ModelName
    public let state: RegistrationState
    /// The coordinates at the origin come from the stored rank-k part, as the file had vanished.
    public let isFromFactor: Bool
}

/// One direction of a registration, with its vectors: `direction.scale` is the rate per optimizer step.
public struct RegisteredDirection: Hashable, Sendable {
    public let component: Int
    public let direction: RankOneComponent
    /// `<D_o, u v^T>` at the origin.
    public let coordinateAtOrigin: Double

    public init(component: Int, direction: RankOneComponent, coordinateAtOrigin: Double) {
        self.component = component
        self.direction = direction
        self.coordinateAtOrigin = coordinateAtOrigin
    }
}

/// The numbers of one direction, without its vectors; retired registrations keep them.
public struct DirectionScalars: Hashable, Sendable {
    public let module: TensorName
    public let component: Int
    /// Movement per optimizer step along the unit direction.
    public let rate: Double
    public let coordinateAtOrigin: Double
}

/// `<D_n, u v^T>` of every direction of a registration, in the store's direction order: by module name
/// (byte order), then by component.
public struct CoordinatesRecord: Hashable, Sendable {
    public let registration: RegistrationID
    public let values: [Double]
    /// Inner products with the stored rank-k part, as the file had vanished.
    public let isFromFactor: Bool

    public init(registration: RegistrationID, values: [Double], isFromFactor: Bool) {
        self.registration = registration
        self.values = values
        self.isFromFactor = isFromFactor
    }
}

/// What came of a registration at a later checkpoint. Sums run over all directions: a actual, p predicted, e = a - p.
public struct BacktestRecord: Hashable, Sendable {
    public let registration: RegistrationID
    /// Target step divided by origin step.
    public let ratio: Double
    /// nil where nothing was predicted to move.
    public let realised: Double?
    /// nil where there is no evidence.
    public let skill: Double?
    public let sumAA: Double
    public let sumAP: Double
    public let sumPP: Double
    public let sumEE: Double

    public init(
        registration: RegistrationID, ratio: Double, realised: Double?, skill: Double?, sumAA: Double, sumAP: Double,
        sumPP: Double, sumEE: Double
    ) {
        self.registration = registration
        self.ratio = ratio
        self.realised = realised
        self.skill = skill
        self.sumAA = sumAA
        self.sumAP = sumAP
        self.sumPP = sumPP
        self.sumEE = sumEE
    }
}

/// A backtest with the steps it is about.
public struct BacktestPairRecord: Hashable, Sendable {
    public let model: ModelName
    public let origin: TrainingStep
    public let target: TrainingStep
    public let backtest: BacktestRecord
    /// Either coordinate comes from the stored rank-k part in place of the file.
    public let isFromFactor: Bool
}

/// What came of one past forecast, without the sums it was computed from.
public struct BacktestOutcome: Hashable, Sendable {
    public let model: ModelName
    public let origin: TrainingStep
    public let target: TrainingStep
    /// `target / origin`, above 1.
    public let ratio: Double
    /// Nil where nothing moved.
    public let skill: Double?
    /// Nil where no movement was predicted.
    public let realised: Double?
}

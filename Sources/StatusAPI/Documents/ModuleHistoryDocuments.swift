import Vocabulary

/// `GET /v1/modules/NAME`: one module over all recorded steps.
public struct ModuleHistory: Codable, Hashable, Sendable {
    public var name: TensorName
    /// `[rows, columns]` = `[out, in]`.
    public var shape: [Int]
    /// In step order.
    public var steps: [ModuleStep]
    /// How the module moves, over the working set of steps that models are fitted to; nil with fewer than 3 of them.
    @Nullable public var path: ModulePath?

    public init(name: TensorName, shape: [Int], steps: [ModuleStep], path: ModulePath?) {
        self.name = name
        self.shape = shape
        self.steps = steps
        self.path = path
    }
}

/// One module's update at one recorded step.
public struct ModuleStep: Codable, Hashable, Sendable {
    public var step: TrainingStep
    /// The stored singular values of the update, largest first; empty for an update that is zero.
    public var sigmas: [Double]
    /// `||W_t - W_0||_F`, 0 or more.
    @Nullable public var norm: Double?
    @Nullable public var energyShare: Double?
    @Nullable public var directionCosine: Double?
    @Nullable public var linearityR2: Double?
    @Nullable public var unchangedShare: Double?

    public init(
        step: TrainingStep, sigmas: [Double], norm: Double?, energyShare: Double?, directionCosine: Double?,
        linearityR2: Double?, unchangedShare: Double?
    ) {
        self.step = step
        self.sigmas = sigmas
        self.norm = norm
        self.energyShare = energyShare
        self.directionCosine = directionCosine
        self.linearityR2 = linearityR2
        self.unchangedShare = unchangedShare
    }
}

/// The rank-1 parts `M_t` of one module as numbers that can be drawn.
public struct ModulePath: Codable, Hashable, Sendable {
    /// One step of the working set.
    public struct Point: Codable, Hashable, Sendable {
        public var step: TrainingStep
        /// `<M_t, R>` along the unit direction `R` that all the parts share (RELEX), in the units of the weights.
        @Nullable public var coefficient: Double?
        /// Position of the unit vector `u_1` in its first two principal components; nil for an update that is zero.
        @Nullable public var x: Double?
        @Nullable public var y: Double?

        public init(step: TrainingStep, coefficient: Double?, x: Double?, y: Double?) {
            self.step = step
            self.coefficient = coefficient
            self.x = x
            self.y = y
        }
    }

    /// In step order.
    public var points: [Point]
    /// The line of least squares through the coefficients: `intercept + slope * step`.
    @Nullable public var slope: Double?
    @Nullable public var intercept: Double?
    /// Share of the coefficients' variance that the line explains, 0...1; nil where nothing varies.
    @Nullable public var r2: Double?
    /// Shares of the variance of `u_1` in the two components, each 0...1; empty where it has no two.
    public var explained: [Double]

    public init(points: [Point], slope: Double?, intercept: Double?, r2: Double?, explained: [Double]) {
        self.points = points
        self.slope = slope
        self.intercept = intercept
        self.r2 = r2
        self.explained = explained
    }
}

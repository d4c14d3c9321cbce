import Testing
import Vocabulary

@testable import Forecasting

/// Against numpy and scikit-learn, on factors of a real run.
@Suite struct ReferenceModelTests {
    /// Both sides start from the same float32 vectors and float64 sigmas; what differs is the float32 rounding of the
    /// slope's own unit vectors, 6e-8 relative, hence 1e-6.
    @Test func slopesAgreeWithNumpy() throws {
        let fixture = try ForecastingFixture.load()
        #expect(fixture.slopes.count >= 24)
        for expected in fixture.slopes {
            let model = try #require(self.model(expected.model, rank: expected.rank))
            let slope = try model.slope(of: fixture.trajectory(expected.checkpoints))
            let label = "\(expected.model) rank \(expected.rank) after \(expected.checkpoints)"
            let scale = expected.sigma.map(abs).max() ?? 0
            let sizes = slope.components.map(\.scale) + [0, 0]
            for (k, sigma) in expected.sigma.enumerated() where sigma > 1e-9 * scale {
                #expect(abs(sizes[k] - sigma) <= 1e-6 * scale, "\(label): \(sizes[k]) against \(sigma)")
            }
            #expect(abs(slope.projection - expected.projection) <= 1e-6 * scale * 50, "\(label)")
        }
    }

    /// method: 1e-5 relative, on real factors.
    @Test func alphaRLAgreesWithScikitLearn() throws {
        let fixture = try ForecastingFixture.load()
        let model = AlphaRLModel()
        #expect(fixture.alphaRl.count == 3)
        for expected in fixture.alphaRl {
            let trajectory = fixture.trajectory(expected.checkpoints)
            let target = TrainingStep(expected.target)
            guard case .lowRank(let whole) = try model.whole(of: trajectory, at: target) else {
                Issue.record("alphaRL is a whole model")
                continue
            }
            let slope = try model.slope(of: trajectory)
            #expect(abs(whole.norm - expected.norm) <= 1e-5 * expected.norm)
            #expect(abs(whole.projection - expected.projection) <= 1e-5 * expected.norm)
            #expect(abs(slope.norm - expected.slopeNorm) <= 1e-5 * expected.slopeNorm)
            #expect(abs(slope.projection - expected.slopeProjection) <= 1e-5 * expected.slopeNorm)
            #expect(abs(try model.rSquared(of: trajectory) - expected.rSquared) <= 1e-5)
        }
    }

    /// `P(T2) - P(T1) = (T2 - T1) slope`: the anchored form is the whole one's derivative.
    @Test func anchoredAlphaRLIsTheDerivativeOfTheWholeOne() throws {
        let trajectory = try ForecastingFixture.load().trajectory(8)
        let model = AlphaRLModel()
        guard case .lowRank(let near) = try model.whole(of: trajectory, at: 300),
            case .lowRank(let far) = try model.whole(of: trajectory, at: 500)
        else { return #expect(Bool(false), "alphaRL is a whole model") }
        let moved = try model.slope(of: trajectory).scaled(by: 200)
        #expect((far + near.scaled(by: -1)).distance(to: moved) <= 1e-5 * moved.norm)
    }

    private func model(_ name: ModelName, rank: Int) -> (any TrajectoryModel)? {
        switch name {
        case "tangent": TangentModel(rank: rank)
        case "line": LineModel(rank: rank)
        case "ray": RayModel(rank: rank)
        case "two-point": TwoPointModel(rank: rank)
        case "relex": RelexModel(rank: rank)
        default: nil
        }
    }
}

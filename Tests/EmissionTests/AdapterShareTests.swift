import Checkpoints
import Emission
import LinearAlgebra
import TestSupport
import Testing
import Vocabulary

/// What the adapter of an anchored prediction holds, against dense matrices.
struct AdapterShareTests {
    let fixture: AdapterFixture

    init() throws { fixture = try AdapterFixture() }

    /// `D_n + movement`, all of it, and the part that the stored factors know.
    private func dense(_ name: TensorName, rank: Int) throws -> (whole: Matrix, known: Matrix) {
        let module = try fixture.module(name)
        let movement = Dense.matrix(fixture.emission.movement[name] ?? .zero, module)
        let update = try fixture.update(name)
        return (Dense.sum(update, movement), Dense.sum(try Dense.best(update, rank: rank), movement))
    }

    /// Vectors are rounded to float32 once or twice: a few units of 2^-24 of the norm.
    private let rounding = 1e-6

    @Test(arguments: [1, 2, 3])
    func itIsTheBestApproximationOfWhatIsKnown(rank: Int) throws {
        let path = try fixture.publish([fixture.anchored(AdapterFixture.query, rank: rank)], rank: rank).path
        let product = try fixture.product(AdapterFixture.query, in: path)
        let (_, known) = try dense(AdapterFixture.query, rank: rank)
        let difference = Dense.sum(product, try Dense.best(known, rank: rank), times: -1)
        #expect(Dense.square(difference).squareRoot() < rounding * Dense.square(known).squareRoot())
    }

    /// The claim, from factors and inner products, against the dense matrices.
    @Test(arguments: [1, 2, 3, 5])
    func itHoldsTheShareThatItClaims(rank: Int) throws {
        let names = [AdapterFixture.query, AdapterFixture.mlp]
        let published = try fixture.publish(names.map { try fixture.anchored($0, rank: rank) }, rank: rank)
        var (held, whole, missed) = (0.0, 0.0, 0.0)
        for name in names {
            let product = try fixture.product(name, in: published.path)
            let all = try dense(name, rank: rank).whole
            held += Dense.square(product)
            whole += Dense.square(all)
            missed += Dense.square(Dense.sum(all, product, times: -1))
        }
        let description = try #require(published.manifest.adapter)
        #expect(description.updateShareIsExact)
        #expect(abs(description.updateShare - held / whole) < 4 * rounding)
        // At full rank nothing is missed; below it the share is what is not, but for 2 <A, R>.
        if rank == 5 {
            #expect(missed / whole < rounding * rounding && abs(description.updateShare - 1) < 4 * rounding)
        } else {
            #expect(description.updateShare < 0.999)
        }
    }

    @Test(arguments: 1...3)
    func whereTheOverlapWasNotMeasuredTheShareIsNeverTooLarge(rank: Int) throws {
        let measured = try fixture.publish([fixture.anchored(AdapterFixture.query, rank: rank)], rank: rank)
        var other = fixture
        other.emission.settings.directory = fixture.emission.folder.path("unmeasured")
        let bounded = try other.publish(
            [fixture.anchored(AdapterFixture.query, rank: rank, measured: false)], rank: rank)
        let (exact, least) = (try #require(measured.manifest.adapter), try #require(bounded.manifest.adapter))
        #expect(!least.updateShareIsExact && least.updateShare <= exact.updateShare && least.updateShare > 0)
        #expect(bounded.manifest.files == measured.manifest.files)
    }

    @Test func withoutMovementItIsTheStoredTriplets() throws {
        let factor = try fixture.factor(AdapterFixture.query, rank: 2)
        let module = try fixture.module(AdapterFixture.query)
        let published = try fixture.publish(
            [ModuleUpdate(module: module, observed: factor, movement: .zero)], rank: 2)
        let source = try CheckpointReader.open(file: published.path + "/adapter_model.safetensors")
        let down = try source.read("base_model.model.layers.0.q_proj.lora_A.weight").floats()
        #expect(down == factor.triplets.flatMap(\.right))
        let share =
            factor.triplets.reduce(0) { $0 + $1.sigma * $1.sigma } / (factor.frobeniusNorm * factor.frobeniusNorm)
        #expect(abs(try #require(published.manifest.adapter).updateShare - share) < 1e-12)
    }

    /// `two-point`: a multiple of the whole update, of which an adapter has the leading triplets.
    @Test func aMultipleOfTheUpdateIsAMultipleOfItsTriplets() throws {
        let factor = try fixture.factor(AdapterFixture.query, rank: 2)
        let update = ModuleUpdate(
            module: try fixture.module(AdapterFixture.query), observed: factor, multiple: -2.5, movement: .zero)
        let path = try fixture.publish([update], rank: 2).path
        let product = try fixture.product(AdapterFixture.query, in: path)
        let expected = try Dense.best(fixture.update(AdapterFixture.query), rank: 2)
        let difference = Dense.sum(product, expected, times: 2.5)
        #expect(Dense.square(difference).squareRoot() < 2.5 * rounding * Dense.square(expected).squareRoot())
    }

    /// Movement and update cancel: no direction is left, and no number that is not one.
    @Test func whatCancelsLeavesZeros() throws {
        let factor = try fixture.factor(AdapterFixture.mlp, rank: 1)
        let triplet = factor.triplets[0]
        let back = LowRankMatrix([RankOneComponent(scale: -triplet.sigma, left: triplet.left, right: triplet.right)])
        let update = ModuleUpdate(
            module: try fixture.module(AdapterFixture.mlp), observed: factor, movement: back,
            overlap: -triplet.sigma * triplet.sigma)
        let published = try fixture.publish([update], rank: 2)
        let size = Dense.square(try fixture.product(AdapterFixture.mlp, in: published.path)).squareRoot()
        #expect(size < 1e-7 * triplet.sigma)
        let share = try #require(published.manifest.adapter).updateShare
        #expect(share >= 0 && share < 1e-12)
    }
}

import Checkpoints
import ConfigurationFile
import Emission
import Pipeline
import TestSupport
import Testing
import Vocabulary

/// Observed checkpoints from their leading triplets.
struct ReconstructionTests {
    private let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    private func reconstruct(
        _ watch: String, _ base: String, step: Int, rank: Int, rescaling: Bool = false,
        as type: OutputElementType = .same
    ) throws -> (path: String, manifest: ReconstructionManifest) {
        var configuration = RunConfiguration(watch: watch, base: base)
        configuration.emit.directory = folder.path("out")
        configuration.emit.elementType = type
        let weights = try BaseWeights(directory: base, filter: configuration.factors.filter)
        let program = ProgramIdentity(name: "alpharl", version: "test", commit: "test")
        return try Reconstruction(configuration: configuration, base: weights, program: program)
            .write(step: TrainingStep(step), rank: rank, rescaling: rescaling)
    }

    private func example(_ rank: Int, rescaling: Bool = false, as type: OutputElementType = .same) throws
        -> (path: String, manifest: ReconstructionManifest)
    {
        try reconstruct(
            ExampleRun.directory(), ExampleRun.base(), step: 240, rank: rank, rescaling: rescaling, as: type)
    }

    private let module: TensorName = "model.layers.1.mlp.up_proj.weight"

    private func difference(_ left: String, _ right: String, _ name: TensorName) throws -> [Double] {
        let (a, b) = (try CheckpointReader.open(directory: left), try CheckpointReader.open(directory: right))
        return zip(try a.read(name).doubles(), try b.read(name).doubles()).map { $0 - $1 }
    }

    private func norm(_ values: [Double]) -> Double { values.reduce(0) { $0 + $1 * $1 }.squareRoot() }

    /// Sums in single precision miss a bfloat16 weight by a unit of 2^-24 here and there, and dithering takes such a sum to the next
    /// weight with a chance of 2^-16: of N numbers at most about N / 2^16 (five standard deviations more are allowed).
    @Test func allTripletsAreTheCheckpointButForTheDithersChance() throws {
        let (path, manifest) = try example(128)
        let (made, seen) = (
            try CheckpointReader.open(directory: path), try CheckpointReader.open(directory: ExampleRun.checkpoint(240))
        )
        #expect(made.tensors == seen.tensors)
        var (count, others) = (0, 0)
        for tensor in seen.tensors {
            guard case .bfloat16(let found) = try made.read(tensor.name),
                case .bfloat16(let expected) = try seen.read(tensor.name)
            else {
                #expect(try made.read(tensor.name).isIdentical(to: seen.read(tensor.name)))
                continue
            }
            count += found.count
            others += zip(found, expected).count { $0 != $1 }
            #expect(zip(found, expected).allSatisfy { abs(Int($0) - Int($1)) <= 1 }, "the next number at most")
        }
        let mean = Double(count) / 65536
        #expect(Double(others) <= mean + 5 * mean.squareRoot(), "\(others) of \(count)")
        #expect(abs(manifest.updateShare - 1) < 1e-12 && manifest.modules == 21)
    }

    /// The norm of a rank-1 matrix is its singular value; float32 weights of the size of 1 move by 2^-25 at most.
    @Test func oneTripletHasTheNormOfTheFirstSingularValue() throws {
        let (path, manifest) = try example(1, as: .float32)
        let update = norm(try difference(path, ExampleRun.base(), module))
        // numpy.linalg.svd of the same difference.
        #expect(abs(update - 0.01122178) < 2e-7)
        #expect(manifest.rank == 1 && !manifest.isRescaled && manifest.dtype == "float32")
        let others = try difference(path, ExampleRun.checkpoint(240), "model.norm.weight")
        #expect(others.allSatisfy { $0 == 0 })
    }

    @Test func rescalingKeepsTheNormOfTheWholeUpdate() throws {
        let (path, manifest) = try example(2, rescaling: true, as: .float32)
        let kept = norm(try difference(path, ExampleRun.base(), module))
        let whole = norm(try difference(ExampleRun.checkpoint(240), ExampleRun.base(), module))
        #expect(abs(kept / whole - 1) < 1e-5)
        #expect(path.hasSuffix("/step-00000240-rank-2-rescaled") && manifest.isRescaled)
        #expect(manifest.updateShare > 0.2 && manifest.updateShare < 0.7)
    }

    /// A module beyond `denseSide` goes through block Krylov; what is planted there is found.
    @Test func aLargeModuleIsFoundByPasses() throws {
        let (rows, columns) = (520, 600)
        var generator = SeededGenerator(seed: 5)
        var values = [Float](repeating: 0, count: rows * columns)
        for scale: Float in [2, 1] {
            let (left, right) = (generator.unitVector(rows), generator.unitVector(columns))
            for index in values.indices { values[index] += scale * left[index / columns] * right[index % columns] }
        }
        let name = "model.layers.0.mlp.up_proj.weight"
        let zeros = [Float](repeating: 0, count: rows * columns)
        try TinyCheckpoint.write([.float32(name, [rows, columns], zeros)], to: folder.path("base"))
        try TinyCheckpoint.writeSideFiles(to: folder.path("base"))
        try TinyCheckpoint.write([.float32(name, [rows, columns], values)], to: folder.path("run/checkpoint-10"))
        try TinyCheckpoint.writeSideFiles(to: folder.path("run/checkpoint-10"), step: 10)
        let (path, manifest) = try reconstruct(folder.path("run"), folder.path("base"), step: 10, rank: 2)
        let missing = norm(try difference(path, folder.path("run/checkpoint-10"), TensorName(name)))
        #expect(missing < 1e-5 * norm(values.map { Double($0) }))
        #expect(abs(manifest.updateShare - 1) < 1e-5 && manifest.unconvergedModules == 0)
    }

    @Test func aStepThatIsNotThereIsRefusedWithThoseThatAre() throws {
        let error = #expect(throws: PipelineError.self) {
            try reconstruct(ExampleRun.directory(), ExampleRun.base(), step: 241, rank: 1)
        }
        #expect(error?.description.contains("241") == true && error?.description.contains("from 24 to 600") == true)
    }

    @Test func aCheckpointOfAnotherModelIsRefused() throws {
        let name = "model.layers.0.mlp.up_proj.weight"
        try TinyCheckpoint.write([.float32(name, [2, 3], [1, 2, 3, 4, 5, 6])], to: folder.path("base"))
        try TinyCheckpoint.writeSideFiles(to: folder.path("base"))
        let error = #expect(throws: PipelineError.self) {
            try reconstruct(ExampleRun.directory(), folder.path("base"), step: 240, rank: 1)
        }
        guard case .cannotReconstruct(TrainingStep(240), _) = error else {
            Issue.record("got \(String(describing: error))")
            return
        }
        #expect(error?.description.contains(name) == true)
    }
}

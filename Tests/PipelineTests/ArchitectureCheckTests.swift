import Checkpoints
import TestSupport
import Testing
import Vocabulary

@testable import Pipeline

@Suite struct ArchitectureCheckTests {
    private let place: TemporaryDirectory

    init() throws { place = try TemporaryDirectory() }

    private func source(_ name: String, _ shapes: [(String, [Int])]) throws -> any TensorSource {
        let tensors = shapes.map { TinyTensor.float32($0, $1, Array(repeating: 1, count: $1.reduce(1, *))) }
        try TinyCheckpoint.write(tensors, to: place.path(name))
        return try CheckpointReader.open(directory: place.path(name))
    }

    private func differences(
        base: [(String, [Int])], checkpoint: [(String, [Int])]
    ) throws -> [String] {
        ArchitectureCheck.differences(
            between: try source("checkpoint", checkpoint), and: try source("base", base))
    }

    private static let untied = [("lm_head.weight", [4, 2]), ("model.embed_tokens.weight", [4, 2]), ("w", [3, 2])]

    @Test func sameTensorsFit() throws {
        #expect(try differences(base: Self.untied, checkpoint: Self.untied).isEmpty)
    }

    @Test(arguments: [0, 1]) func oneOfTwoTiedEmbeddingsIsEnough(left: Int) throws {
        var tied = Self.untied
        tied.remove(at: left)
        #expect(try differences(base: Self.untied, checkpoint: tied).isEmpty)
        #expect(try differences(base: tied, checkpoint: Self.untied).isEmpty)
    }

    @Test func neitherOfTheTiedOnesIsADifference() throws {
        #expect(try differences(base: Self.untied, checkpoint: [("w", [3, 2])]).count == 2)
    }

    @Test func missingTensorAndOtherShapeAreNamed() throws {
        let found = try differences(base: [("w", [3, 2]), ("x", [5])], checkpoint: [("w", [2, 3])])
        #expect(found.count == 2)
        #expect(found.contains { $0.contains("w has shape") && $0.contains("expected") })
        #expect(found.contains("x is missing"))
    }

    @Test func whatTheCheckpointHasBesidesIsNoDifference() throws {
        #expect(
            try differences(base: [("w", [3, 2])], checkpoint: [("w", [3, 2]), ("value_head.weight", [1])]).isEmpty)
    }
}

import Checkpoints
import Emission
import Files
import Foundation
import TestSupport
import Testing
import Vocabulary

/// The emitted bits against a plain computation of them.
struct EmittedWeightsTests {
    /// The documented order of rounding, written again for one tensor in float32.
    private func plain(_ weights: [Float], _ matrix: LowRankMatrix, columns: Int) -> [Float] {
        weights.indices.map { index in
            var movement: Float?
            for component in matrix.components {
                let factor = Float(component.scale) * component.left[index / columns]
                let term = factor * component.right[index % columns]
                movement = movement.map { $0 + term } ?? term
            }
            guard let movement, movement != 0 else { return weights[index] }
            return weights[index] + movement
        }
    }

    /// Nearest bfloat16, ties to even, by comparing the two neighbours.
    private func nearestBFloat16(_ value: Float) -> UInt16 {
        let low = UInt16(value.bitPattern >> 16)
        let below = Float(bitPattern: UInt32(low) << 16)
        let above = Float(bitPattern: UInt32(low + 1) << 16)
        let (down, up) = (abs(Double(value) - Double(below)), abs(Double(above) - Double(value)))
        return down < up || (down == up && low % 2 == 0) ? low : low + 1
    }

    private func published(_ fixture: EmissionFixture) throws -> any TensorSource {
        try CheckpointReader.open(directory: try fixture.builder().publish(fixture.request()).path)
    }

    @Test func float32IsTheDocumentedSumBitForBit() throws {
        let fixture = try EmissionFixture(type: "F32")
        let result = try published(fixture)
        let source = try fixture.composition().latest
        for (name, matrix) in fixture.movement {
            let columns = try #require(source.description(of: name)).elementsPerRow
            let expected = plain(try source.read(name).floats(), matrix, columns: columns)
            #expect(try result.read(name).isIdentical(to: .float32(expected)))
            #expect(try result.read(name) != source.read(name))
        }
    }

    /// Down or up, never farther, and nowhere but where the sum is not a bfloat16 itself.
    @Test func bfloat16IsOneOfTheTwoNeighboursOfTheDocumentedSum() throws {
        let fixture = try EmissionFixture(type: "BF16")
        let result = try published(fixture)
        let source = try fixture.composition().latest
        for (name, matrix) in fixture.movement {
            let columns = try #require(source.description(of: name)).elementsPerRow
            let exact = plain(try source.read(name).floats(), matrix, columns: columns)
            for (sum, written) in zip(exact, try result.read(name).floats()) {
                let below = Float(bitPattern: sum.bitPattern & 0xFFFF_0000)
                let above = Float(bitPattern: (sum.bitPattern & 0xFFFF_0000) &+ 0x1_0000)
                #expect(sum == below ? written == sum : written == below || written == above)
            }
        }
    }

    @Test func float64IsComputedInDouble() throws {
        let fixture = try EmissionFixture(type: "F64")
        let result = try published(fixture)
        let source = try fixture.composition().latest
        let name: TensorName = "layers.0.mlp.weight"
        let component = try #require(fixture.movement[name]?.components.first)
        let expected = try source.read(name).doubles().enumerated().map { index, weight in
            weight + component.scale * Double(component.left[index / 4]) * Double(component.right[index % 4])
        }
        #expect(try result.read(name) == .float64(expected))
    }

    @Test(arguments: ["F32", "BF16", "F16", "F64"], [1, 3, 7, 1000])
    func theSizeOfBlocksChangesNoBit(type: String, blockElements: Int) throws {
        var fixture = try EmissionFixture(type: type)
        let whole = try fixture.builder().publish(fixture.request()).manifest
        fixture.settings.directory = fixture.folder.path("again")
        fixture.settings.blockElements = blockElements
        let blocks = try fixture.builder().publish(fixture.request()).manifest
        #expect(blocks == whole)
    }

    @Test func whatDoesNotMoveIsCopiedByteForByte() throws {
        let fixture = try EmissionFixture(type: "BF16")
        let path = try fixture.builder().publish(fixture.request(composition: fixture.composition([:]))).path
        #expect(try TensorsOf.equal(path, fixture.folder.path("run/checkpoint-120")))
        let zero = LowRankMatrix([RankOneComponent(scale: 0, left: [0, 0, 0, 0, 1], right: [1, 0, 0, 0, 0, 0, 0])])
        var other = fixture
        other.settings.directory = fixture.folder.path("zero")
        let still = try other.builder().publish(
            other.request(composition: other.composition(["layers.0.q_proj.weight": zero])))
        #expect(try TensorsOf.equal(still.path, fixture.folder.path("run/checkpoint-120")))
    }

    @Test func minusZeroThatDoesNotMoveStaysMinusZero() throws {
        let fixture = try EmissionFixture()
        try TinyCheckpoint.write(
            [.float32("w", [2, 2], [-0.0, -0.0, 1, 1])], to: fixture.folder.path("run/checkpoint-120"))
        try TinyCheckpoint.write([.float32("w", [2, 2], [0, 0, 0, 0])], to: fixture.folder.path("base"))
        let move = LowRankMatrix([RankOneComponent(scale: 1, left: [0, 1], right: [1, 0])])
        let path = try fixture.builder().publish(fixture.request(composition: fixture.composition(["w": move]))).path
        let values = try CheckpointReader.open(directory: path).read("w")
        #expect(values.isIdentical(to: .float32([-0.0, -0.0, 2, 1])))
    }

    @Test func aWholePredictionIsAddedToTheBaseAndOthersAreTheLatest() throws {
        let fixture = try EmissionFixture()
        let composition = try fixture.composition(anchorIsBase: true)
        let path = try fixture.builder().publish(fixture.request(composition: composition)).path
        let result = try CheckpointReader.open(directory: path)
        let name: TensorName = "layers.0.q_proj.weight"
        let matrix = try #require(fixture.movement[name])
        let expected = plain(try composition.base.read(name).floats(), matrix, columns: 7)
        #expect(try result.read(name).isIdentical(to: .float32(expected)))
        #expect(try result.read("layers.0.norm.weight") == composition.latest.read("layers.0.norm.weight"))
    }

    @Test func otherTensorsComeFromTheBaseWhenAsked() throws {
        var fixture = try EmissionFixture()
        fixture.settings.otherTensors = .base
        let result = try published(fixture)
        let composition = try fixture.composition()
        #expect(try result.read("layers.0.norm.weight") == composition.base.read("layers.0.norm.weight"))
        #expect(try result.read("layers.0.q_proj.weight") != composition.base.read("layers.0.q_proj.weight"))
    }

    @Test func aMultipleOfTheWholeUpdateIsAllOfItsRanks() throws {
        let fixture = try EmissionFixture()
        let name: TensorName = "layers.0.q_proj.weight"
        let composition = try fixture.composition([name: .zero], updateMultiple: 2, anchorIsBase: true)
        let path = try fixture.builder().publish(fixture.request(composition: composition)).path
        let (base, latest) = (try composition.base.read(name).floats(), try composition.latest.read(name).floats())
        let expected = zip(base, latest).map { $0 + 2 * ($1 - $0) }
        let result = try CheckpointReader.open(directory: path)
        #expect(try result.read(name).isIdentical(to: .float32(expected)))
        #expect(try result.read("layers.0.mlp.weight") == composition.latest.read("layers.0.mlp.weight"))
    }

    @Test(arguments: ["F32", "BF16", "F16", "F64"], [EmissionSettings.OutputType.bfloat16, .float32])
    func anotherTypeIsWrittenForEveryFloatingPointTensor(type: String, output: EmissionSettings.OutputType) throws {
        var fixture = try EmissionFixture(type: type)
        fixture.settings.dtype = output
        let result = try published(fixture)
        let expected: ElementType = output == .bfloat16 ? .bfloat16 : .float32
        #expect(result.tensors.allSatisfy { $0.elementType == expected })
        #expect(result.otherTensors.map(\.type) == [.i64])
        let source = try fixture.composition().latest
        #expect(
            try result.read("embed.weight").isIdentical(to: source.read("embed.weight").converted(to: expected)))
    }

    @Test func weightsThatLeaveTheRangeAreRefusedWithTheirPlace() throws {
        let fixture = try EmissionFixture(type: "F16")
        let move = LowRankMatrix([
            RankOneComponent(scale: 70_000, left: [0, 0, 1, 0, 0], right: [0, 0, 0, 0, 0, 1, 0])
        ])
        let name: TensorName = "layers.0.q_proj.weight"
        #expect(throws: EmissionError.notFinite(name, row: 2, column: 5, type: .float16)) {
            try fixture.builder().publish(fixture.request(composition: fixture.composition([name: move])))
        }
        #expect(try fixture.folder.names(in: "predicted") == [])
    }

    @Test func aMovementOfAnotherShapeOrOfNothingIsRefused() throws {
        let fixture = try EmissionFixture()
        let move = LowRankMatrix([RankOneComponent(scale: 1, left: [1, 0], right: [1, 0])])
        #expect(throws: EmissionError.wrongShape("embed.weight", left: 2, right: 2, shape: [3, 4])) {
            try fixture.builder().publish(fixture.request(composition: fixture.composition(["embed.weight": move])))
        }
        let directory = fixture.folder.path("run/checkpoint-120")
        #expect(throws: EmissionError.checkpoint(.missingTensor("none", directory: directory))) {
            try fixture.builder().publish(fixture.request(composition: fixture.composition(["none": move])))
        }
        #expect(
            throws: EmissionError.checkpoint(.unsupportedType("rope.positions", type: .i64, directory: directory))
        ) {
            try fixture.builder().publish(fixture.request(composition: fixture.composition(["rope.positions": move])))
        }
    }
}

enum TensorsOf {
    /// Whether two checkpoints hold the same bytes under the same names.
    static func equal(_ left: String, _ right: String) throws -> Bool {
        func all(_ path: String) throws -> [String: [UInt8]] {
            let source = try CheckpointReader.open(directory: path)
            var bytes: [String: [UInt8]] = [:]
            for name in source.shards.flatMap(\.tensors) {
                var content: [UInt8] = []
                try source.copyBytes(name, chunk: 1000) { content += $0 }
                bytes[name.text] = content
            }
            return bytes
        }
        return try all(left) == all(right)
    }
}

import Checkpoints
import LinearAlgebra
import TestSupport
import Testing
import Vocabulary

@testable import Emission

/// The kernel that moves and rounds in one sweep, against the same written out step by step: the same bits on every
/// instruction set.
@Suite struct AdditionKernelTests {
    static let rows = 5, columns = 1037

    static func weights(_ type: ElementType) -> TensorValues {
        var random = NumericsGenerator(seed: 11)
        let hostile: [Float] = [
            0, -0.0, .infinity, -.infinity, .nan, 3.38e38, -3.38e38, 0x1p-140, 6e-5, 65504, 1e-8, 0x1p-14,
        ]
        let numbers = (0..<rows * columns).map { index in
            index % 7 == 3 ? hostile[index / 7 % hostile.count] : Float(0.02 * random.normal())
        }
        return .rounding(numbers, to: type)
    }

    static func movement() -> LowRankMatrix {
        var random = NumericsGenerator(seed: 12)
        return LowRankMatrix(
            (0..<3).map { _ in
                RankOneComponent(
                    scale: 1e-4 * random.normal(), left: random.normals(rows).map(Float.init),
                    // Where a column is 0 for all components, nothing moves.
                    right: random.normals(columns).enumerated().map { $0.offset % 9 == 4 ? 0 : Float($0.element) })
            })
    }

    static func patterns(_ values: TensorValues) -> [UInt64] {
        switch values {
        case .bfloat16(let bits), .float16(let bits): bits.map(UInt64.init)
        case .float32(let numbers): numbers.map { $0.isNaN ? 1 : UInt64($0.bitPattern) }
        case .float64(let numbers): numbers.map { $0.isNaN ? 1 : $0.bitPattern }
        }
    }

    static func stepByStep(_ values: TensorValues, _ type: ElementType, _ dither: DitheredRounding) -> TensorValues {
        if values.elementType == .float64 {
            var numbers = values.doubles()
            TensorMovement<Double>(movement(), columns: columns).add(to: &numbers, firstRow: 0, updates: nil)
            return dither.round(numbers, first: 77, to: type)
        }
        var numbers = values.floats()
        TensorMovement<Float>(movement(), columns: columns).add(to: &numbers, firstRow: 0, updates: nil)
        return dither.round(numbers, first: 77, to: type)
    }

    @Test(arguments: ElementType.allCases, ElementType.allCases)
    func theKernelGivesTheBitsOfTheStepsOneByOne(source: ElementType, type: ElementType) {
        let values = Self.weights(source), movement = Self.movement()
        let dither = DitheredRounding(tensor: "model.layers.3.mlp.up_proj.weight")
        let expected = Self.patterns(Self.stepByStep(values, type, dither))
        let addition = LowRankAddition(
            rows: Self.rows, columns: Self.columns,
            components: movement.components.map { ($0.scale, $0.left, $0.right) })
        for set in InstructionSet.available {
            let moved = addition.added(
                to: StoredElements(values), rows: 0..<Self.rows, as: StoredElementType(type),
                dither: LowRankAddition.Dither(seed: dither.seed, first: 77), instructions: set)
            #expect(Self.patterns(TensorValues(moved)) == expected, "\(set)")
        }
    }
}

import Vocabulary

/// Adds a movement to weights, row by row, in one precision.
///
/// The order of rounding is fixed, so that anybody can compute the same bits: with every operation rounded to
/// `Number` (float32, or double where the weights are float64) and none fused,
///
///     movement[r,c] = multiple * (latest[r,c] - base[r,c])       only where a multiple of the whole update is asked for
///     for j in components, in their order:
///         movement[r,c] = movement[r,c] + (scale_j * left_j[r]) * right_j[c]
///     result[r,c] = weight[r,c] + movement[r,c]                  weight[r,c] itself where the movement is 0
///
/// with the first term assigned, not added to 0. Rounding the result to the output type comes after, once. Elements
/// do not depend on each other, so blocks and threads make no difference.
struct TensorMovement<Number: BinaryFloatingPoint> {
    private struct Component {
        let scale: Number
        let left: [Number]
        let right: [Number]
    }

    private let components: [Component]
    private let columns: Int

    /// - Precondition: every component has `columns` entries in `right`.
    init(_ matrix: LowRankMatrix, columns: Int) {
        self.columns = columns
        components = matrix.components.map { component in
            precondition(
                component.right.count == columns, "A movement of \(component.right.count) columns for \(columns).")
            return Component(
                scale: Number(component.scale), left: component.left.map { Number($0) },
                right: component.right.map { Number($0) })
        }
    }

    /// - Parameters:
    ///   - weights: whole rows, row-major; the first is row `firstRow` of the tensor. Holds the result afterwards.
    ///   - updates: `multiple * (latest - base)` for the same rows, or nil.
    func add(to weights: inout [Number], firstRow: Int, updates: [Number]?) {
        guard columns > 0 else { return }
        var movement = [Number](repeating: 0, count: columns)
        for row in 0..<weights.count / columns {
            let start = row * columns
            var isFirst = true
            if let updates {
                for column in 0..<columns { movement[column] = updates[start + column] }
                isFirst = false
            }
            for component in components {
                let factor = component.scale * component.left[firstRow + row]
                Self.accumulate(factor, component.right, into: &movement, isFirst: isFirst)
                isFirst = false
            }
            if isFirst { return }
            for column in 0..<columns {
                let weight = weights[start + column]
                // Adding 0 would turn -0 into 0.
                weights[start + column] = movement[column] == 0 ? weight : weight + movement[column]
            }
        }
    }

    private static func accumulate(_ factor: Number, _ right: [Number], into movement: inout [Number], isFirst: Bool) {
        if isFirst {
            for column in movement.indices { movement[column] = factor * right[column] }
        } else {
            for column in movement.indices { movement[column] = movement[column] + factor * right[column] }
        }
    }

    /// `multiple * (latest - base)`, element by element.
    static func updates(_ multiple: Double, latest: [Number], base: [Number]) -> [Number] {
        let factor = Number(multiple)
        return latest.indices.map { factor * (latest[$0] - base[$0]) }
    }
}

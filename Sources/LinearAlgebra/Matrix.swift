/// A dense matrix of doubles, column-major: entry (row, column) is `elements[column * rows + row]`.
///
/// `rows` and `columns` in 0... . Meant for small matrices and for a few long columns, not for weights.
public struct Matrix: Equatable, Sendable {
    public let rows: Int
    public let columns: Int
    public private(set) var elements: [Double]

    /// - Precondition: `elements.count == rows * columns`.
    public init(rows: Int, columns: Int, elements: [Double]) {
        precondition(rows >= 0 && columns >= 0, "A matrix cannot be \(rows) x \(columns).")
        precondition(
            elements.count == rows * columns,
            "\(rows) x \(columns) needs \(rows * columns) numbers; got \(elements.count).")
        self.rows = rows
        self.columns = columns
        self.elements = elements
    }

    public init(zeros rows: Int, _ columns: Int) {
        self.init(rows: rows, columns: columns, elements: [Double](repeating: 0, count: rows * columns))
    }

    /// The square matrix with `diagonal` on its diagonal.
    public init(diagonal: [Double]) {
        self.init(zeros: diagonal.count, diagonal.count)
        for (index, value) in diagonal.enumerated() { self[index, index] = value }
    }

    /// One column for each vector, widened.
    ///
    /// - Precondition: every vector has `rows` entries.
    public init(rows: Int, columns vectors: [[Float]]) {
        precondition(vectors.allSatisfy { $0.count == rows }, "Every column needs \(rows) numbers.")
        var elements = [Double](repeating: 0, count: rows * vectors.count)
        var place = 0
        for vector in vectors {
            for value in vector {
                elements[place] = Double(value)
                place += 1
            }
        }
        self.init(rows: rows, columns: vectors.count, elements: elements)
    }

    public subscript(row: Int, column: Int) -> Double {
        get { elements[column * rows + row] }
        set { elements[column * rows + row] = newValue }
    }

    public func column(_ column: Int) -> ArraySlice<Double> { elements[column * rows..<(column + 1) * rows] }

    /// The columns in `range`, as a matrix.
    public func columns(_ range: Range<Int>) -> Matrix {
        Matrix(
            rows: rows, columns: range.count,
            elements: Array(elements[range.lowerBound * rows..<range.upperBound * rows]))
    }

    /// The square matrix of the rows and columns at `places`.
    public func selecting(_ places: [Int]) -> Matrix {
        if places.count == rows, places.count == columns { return self }
        var result = Matrix(zeros: places.count, places.count)
        for (column, from) in places.enumerated() {
            for (row, place) in places.enumerated() { result[row, column] = self[place, from] }
        }
        return result
    }

    /// This matrix with the columns of `other` after its own.
    public func appending(_ other: Matrix) -> Matrix {
        precondition(rows == other.rows, "Columns of \(other.rows) cannot follow columns of \(rows).")
        return Matrix(rows: rows, columns: columns + other.columns, elements: elements + other.elements)
    }

    public var transposed: Matrix {
        var result = Matrix(zeros: columns, rows)
        for column in 0..<columns {
            for row in 0..<rows { result[column, row] = self[row, column] }
        }
        return result
    }

    /// Each column times its factor.
    public func scalingColumns(by factors: [Double]) -> Matrix {
        precondition(factors.count == columns, "\(columns) columns need as many factors; got \(factors.count).")
        var result = self
        for column in 0..<columns {
            for row in 0..<rows { result[row, column] *= factors[column] }
        }
        return result
    }

    /// The elements rounded to single precision, column after column.
    public var floats: [Float] { elements.map(Float.init) }

    var isFinite: Bool { elements.allSatisfy(\.isFinite) }
}

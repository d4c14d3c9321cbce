import Foundation
import GRDB
import Vocabulary

/// Directions of one module with their vectors, which lie together for all registrations of one origin: they are read once
/// however many of these are asked for.
struct DirectionReader {
    private let module: ModuleRow
    private let database: Database
    private var origin: (checkpoint: Int64, left: Data, right: Data)?

    init(module: ModuleRow, database: Database) {
        self.module = module
        self.database = database
    }

    /// By component; none where the model had no slope in this module.
    mutating func directions(of registration: RegistrationID) throws -> [RegisteredDirection] {
        let statement = try database.cachedStatement(
            sql: """
                SELECT d.component, d.place, d.rate, d.coordinate_at_origin, r.checkpoint_id
                FROM registered_direction d JOIN registration r ON r.id = d.registration_id
                WHERE d.registration_id = ? AND d.module_id = ? ORDER BY d.component
                """)
        let rows = try Row.fetchAll(statement, arguments: [registration.value, module.id])
        guard !rows.isEmpty else { return try directionsOfEarlierSchemas(registration) }
        return try rows.map { row in
            let place: Int = try row.value("place")
            let (left, right) = try vectors(of: try row.value("checkpoint_id"))
            guard let left = LittleEndian.vector(left, at: place, of: module.module.rows) else {
                throw MalformedValue(column: "left_vectors", expected: "vector \(place)")
            }
            guard let right = LittleEndian.vector(right, at: place, of: module.module.columns) else {
                throw MalformedValue(column: "right_vectors", expected: "vector \(place)")
            }
            return try direction(row, left, right)
        }
    }

    private mutating func vectors(of checkpoint: Int64) throws -> (left: Data, right: Data) {
        if let origin, origin.checkpoint == checkpoint { return (origin.left, origin.right) }
        let statement = try database.cachedStatement(
            sql: "SELECT left_vectors, right_vectors FROM direction_vectors WHERE checkpoint_id = ? AND module_id = ?")
        guard let row = try Row.fetchOne(statement, arguments: [checkpoint, module.id]) else {
            throw MalformedValue(
                column: "left_vectors", expected: "the vectors of \(module.module.name): there is no row")
        }
        let left: Data = try row.value("left_vectors")
        let right: Data = try row.value("right_vectors")
        for (column, data, count) in [
            ("left_vectors", left, module.module.rows), ("right_vectors", right, module.module.columns),
        ] where !data.count.isMultiple(of: 4 * count) {
            throw MalformedValue(column: column, expected: "vectors of \(count) float32")
        }
        origin = (checkpoint, left, right)
        return (left, right)
    }

    /// Until schema 2 each direction had its vectors in its own row.
    private func directionsOfEarlierSchemas(_ registration: RegistrationID) throws -> [RegisteredDirection] {
        let statement = try database.cachedStatement(
            sql: "SELECT * FROM direction WHERE registration_id = ? AND module_id = ? ORDER BY component")
        return try Row.fetchAll(statement, arguments: [registration.value, module.id]).map { row in
            try direction(
                row, try row.floats("left_vector", count: module.module.rows),
                try row.floats("right_vector", count: module.module.columns))
        }
    }

    private func direction(_ row: Row, _ left: [Float], _ right: [Float]) throws -> RegisteredDirection {
        RegisteredDirection(
            component: try row.value("component"),
            direction: RankOneComponent(scale: try row.value("rate"), left: left, right: right),
            coordinateAtOrigin: try row.value("coordinate_at_origin"))
    }
}

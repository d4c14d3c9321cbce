import GRDB
import Vocabulary

/// Directions of one module with their vectors, which lie together for all registrations of one origin: they are read once
/// however many of these are asked for.
struct DirectionReader {
    private let module: ModuleRow
    private let database: Database
    private var origin: (checkpoint: Int64, left: [[Float]], right: [[Float]])?

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
            for (column, vectors) in [("left_vectors", left), ("right_vectors", right)]
            where !vectors.indices.contains(place) {
                throw MalformedValue(column: column, expected: "vector \(place)")
            }
            return try direction(row, left[place], right[place])
        }
    }

    private mutating func vectors(of checkpoint: Int64) throws -> (left: [[Float]], right: [[Float]]) {
        if let origin, origin.checkpoint == checkpoint { return (origin.left, origin.right) }
        let statement = try database.cachedStatement(
            sql: "SELECT left_vectors, right_vectors FROM direction_vectors WHERE checkpoint_id = ? AND module_id = ?")
        let rows = try Row.fetchCursor(statement, arguments: [checkpoint, module.id])
        // The row lies in the cursor's memory.
        return try withExtendedLifetime(rows) {
            guard let row = try rows.next() else {
                throw MalformedValue(
                    column: "left_vectors", expected: "the vectors of \(module.module.name): there is no row")
            }
            let left = try row.vectors("left_vectors", of: module.module.rows)
            let right = try row.vectors("right_vectors", of: module.module.columns)
            origin = (checkpoint, left, right)
            return (left, right)
        }
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

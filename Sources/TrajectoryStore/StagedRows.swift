import Foundation
import GRDB
import Vocabulary

/// One module's factor, checked and turned into bytes before the transaction begins.
struct StagedFactor {
    private struct Triplet {
        let sigma: Double
        let residual: Double
        let hasConverged: Bool
        let left: Data
        let right: Data
    }

    private let recording: ModuleRecording
    private let triplets: [Triplet]

    init(_ recording: ModuleRecording, operation: String) throws(StoreError) {
        self.recording = recording
        triplets = try recording.factor.triplets.map { (triplet) throws(StoreError) in
            try requireVectors(triplet.left, triplet.right, of: recording.module, operation: operation)
            return Triplet(
                sigma: triplet.sigma, residual: triplet.residual, hasConverged: triplet.hasConverged,
                left: LittleEndian.data(triplet.left), right: LittleEndian.data(triplet.right))
        }
        if let gram = recording.gram { try requireGram(gram, operation: operation) }
    }

    func insert(module: Int64, checkpoint: CheckpointID, in database: Database) throws {
        let factor = recording.factor
        let insertion = try database.cachedStatement(
            sql: """
                INSERT INTO factor (module_id, checkpoint_id, frobenius_norm, unchanged_share, passes,
                    direction_cosine, linearity_r2) VALUES (?, ?, ?, ?, ?, ?, ?)
                """)
        try insertion.execute(arguments: [
            module, checkpoint.value, factor.frobeniusNorm, factor.unchangedShare, factor.passes,
            recording.directionCosine, recording.linearityR2,
        ])
        let vectors = try database.cachedStatement(
            sql: """
                INSERT INTO triplet (module_id, checkpoint_id, rank, sigma, residual, converged, left_vector,
                    right_vector) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """)
        for (rank, triplet) in triplets.enumerated() {
            try vectors.execute(arguments: [
                module, checkpoint.value, rank, triplet.sigma, triplet.residual, triplet.hasConverged, triplet.left,
                triplet.right,
            ])
        }
        if let gram = recording.gram { try insert(gram, module: module, checkpoint: checkpoint, in: database) }
    }

    private func insert(_ gram: GramRow, module: Int64, checkpoint: CheckpointID, in database: Database) throws {
        let insertion = try database.cachedStatement(
            sql: """
                INSERT INTO gram (module_id, checkpoint_id, against, entries) VALUES (?, ?, ?, ?)
                """)
        try insertion.execute(arguments: [
            module, checkpoint.value, JSONText.of(gram.against),
            LittleEndian.data(GramEntry.encoded(gram.entries)),
        ])
    }
}

/// One direction of a registration, checked and turned into bytes.
struct StagedDirection {
    private let direction: RegisteredDirection
    private let left: Data
    private let right: Data

    init(_ direction: RegisteredDirection, module: Module, operation: String) throws(StoreError) {
        self.direction = direction
        try requireVectors(direction.direction.left, direction.direction.right, of: module, operation: operation)
        left = LittleEndian.data(direction.direction.left)
        right = LittleEndian.data(direction.direction.right)
    }

    static func all(
        _ directions: [RegisteredDirection], of module: Module, operation: String
    ) throws(StoreError) -> [StagedDirection] {
        try directions.map { (direction) throws(StoreError) in
            try StagedDirection(direction, module: module, operation: operation)
        }
    }

    func insert(registration: RegistrationID, module: Int64, in database: Database) throws {
        let insertion = try database.cachedStatement(
            sql: """
                INSERT INTO direction (registration_id, module_id, component, rate, coordinate_at_origin, left_vector,
                    right_vector) VALUES (?, ?, ?, ?, ?, ?, ?)
                """)
        try insertion.execute(arguments: [
            registration.value, module, direction.component, direction.direction.scale, direction.coordinateAtOrigin,
            left, right,
        ])
    }
}

private func requireVectors(
    _ left: [Float], _ right: [Float], of module: Module, operation: String
) throws(StoreError) {
    guard left.count == module.rows, right.count == module.columns else {
        throw .wrongShape(
            operation: operation, what: "a vector of \(module.name)", got: "\(left.count) x \(right.count)",
            expected: "\(module.rows) x \(module.columns)")
    }
    guard left.allSatisfy(\.isFinite), right.allSatisfy(\.isFinite) else {
        throw .notFinite(operation: operation, what: "a vector of \(module.name)")
    }
}

private func requireGram(_ gram: GramRow, operation: String) throws(StoreError) {
    guard GramEntry.encoded(gram.entries).allSatisfy(\.isFinite) else {
        throw .notFinite(operation: operation, what: "the Gram row of step \(gram.step)")
    }
}

extension GramEntry {
    /// One after the other: left, right, the number of parts, the parts.
    static func encoded(_ entries: [GramEntry]) -> [Double] {
        entries.flatMap { [$0.left, $0.right, Double($0.parts.count)] + $0.parts }
    }

    static func decoded(from numbers: [Double]) throws -> [GramEntry] {
        var entries: [GramEntry] = []
        var rest = numbers[...]
        while !rest.isEmpty {
            guard rest.count >= 3, let parts = Int(exactly: rest[rest.startIndex + 2]), parts >= 0,
                rest.count - 3 >= parts
            else { throw MalformedValue(column: "entries", expected: "inner products of a Gram row") }
            entries.append(
                GramEntry(
                    left: rest[rest.startIndex], right: rest[rest.startIndex + 1],
                    parts: Array(rest.dropFirst(3).prefix(parts))))
            rest = rest.dropFirst(3 + parts)
        }
        return entries
    }
}

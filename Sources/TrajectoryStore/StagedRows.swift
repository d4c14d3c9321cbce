import Foundation
import GRDB
import Vocabulary

/// One module's factor, checked and turned into bytes before the transaction begins.
struct StagedFactor {
    private let recording: ModuleRecording
    private let left: Data
    private let right: Data
    private let gram: StagedGram?
    private let rebuilt: [StagedGram]

    init(_ recording: ModuleRecording, operation: String) throws(StoreError) {
        self.recording = recording
        let triplets = recording.factor.triplets
        for triplet in triplets {
            try requireVectors(triplet.left, triplet.right, of: recording.module, operation: operation)
        }
        left = LittleEndian.data(joining: triplets.map(\.left))
        right = LittleEndian.data(joining: triplets.map(\.right))
        gram = try recording.gram.map { (row) throws(StoreError) in try StagedGram(row, operation: operation) }
        rebuilt = try recording.rebuilt.map { (row) throws(StoreError) in try StagedGram(row, operation: operation) }
    }

    func insert(module: Int64, checkpoint: CheckpointID, in database: Database) throws {
        let factor = recording.factor
        let insertion = try database.cachedStatement(
            sql: """
                INSERT INTO factor (module_id, checkpoint_id, frobenius_norm, unchanged_share, passes,
                    direction_cosine, linearity_r2, content_hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """)
        try insertion.execute(arguments: [
            module, checkpoint.value, factor.frobeniusNorm, factor.unchangedShare, factor.passes,
            recording.directionCosine, recording.linearityR2, recording.contentHash,
        ])
        let vectors = try database.cachedStatement(
            sql: """
                INSERT INTO triplet (module_id, checkpoint_id, rank, sigma, residual, converged, left_vector,
                    right_vector) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """)
        for (rank, triplet) in factor.triplets.enumerated() {
            try vectors.execute(arguments: [
                module, checkpoint.value, rank, triplet.sigma, triplet.residual, triplet.hasConverged,
                rank == 0 ? left : Data(), rank == 0 ? right : Data(),
            ])
        }
        try gram?.insert(module: module, checkpoint: checkpoint.value, in: database)
        for row in rebuilt { try row.insertAtItsStep(module: module, in: database) }
    }
}

/// A Gram row, checked and turned into bytes.
private struct StagedGram {
    private let row: GramRow
    private let parts: Int
    private let entries: Data

    init(_ row: GramRow, operation: String) throws(StoreError) {
        self.row = row
        parts = row.entries.reduce(0) { max($0, $1.partCount) }
        let numbers = GramEntry.encoded(row.entries, parts: parts)
        guard numbers.allSatisfy(\.isFinite) else {
            throw .notFinite(operation: operation, what: "the Gram row of step \(row.step)")
        }
        entries = LittleEndian.data(numbers)
    }

    func insert(module: Int64, checkpoint: Int64, in database: Database) throws {
        let insertion = try database.cachedStatement(
            sql: """
                INSERT OR REPLACE INTO gram (module_id, checkpoint_id, against, entries, parts) VALUES (?, ?, ?, ?, ?)
                """)
        try insertion.execute(arguments: [module, checkpoint, JSONText.of(row.against), entries, parts])
    }

    /// Of a checkpoint that is recorded and has no row, or one with fewer steps: the factors say what it holds, whoever asks.
    func insertAtItsStep(module: Int64, in database: Database) throws {
        let checkpoint = try Int64.fetchOne(
            database, sql: "SELECT id FROM checkpoint WHERE step = ? AND \(TrajectoryDatabase.isRecorded)",
            arguments: [row.step.value])
        guard let checkpoint else {
            throw StoreError.notFound(operation: "rebuild a Gram row", what: "recorded step \(row.step)")
        }
        try insert(module: module, checkpoint: checkpoint, in: database)
    }
}

/// The directions of one module that have one checkpoint as their origin, checked and turned into bytes.
struct StagedDirections {
    private let numbers: [(registration: RegistrationID, direction: RegisteredDirection)]
    private let left: Data
    private let right: Data

    init(
        _ registered: [RegistrationID: [RegisteredDirection]], of module: Module, operation: String
    ) throws(StoreError) {
        let sorted = registered.sorted { $0.key < $1.key }
        numbers = sorted.flatMap { (id, directions) in directions.map { (id, $0) } }
        for (_, direction) in numbers {
            try requireVectors(direction.direction.left, direction.direction.right, of: module, operation: operation)
        }
        left = LittleEndian.data(joining: numbers.map(\.direction.direction.left))
        right = LittleEndian.data(joining: numbers.map(\.direction.direction.right))
    }

    func insert(origin: CheckpointID, module: Int64, in database: Database) throws {
        guard !numbers.isEmpty else { return }
        let vectors = try database.cachedStatement(
            sql: """
                INSERT INTO direction_vectors (checkpoint_id, module_id, left_vectors, right_vectors)
                VALUES (?, ?, ?, ?)
                """)
        try vectors.execute(arguments: [origin.value, module, left, right])
        let insertion = try database.cachedStatement(
            sql: """
                INSERT INTO registered_direction (registration_id, module_id, component, place, rate,
                    coordinate_at_origin) VALUES (?, ?, ?, ?, ?, ?)
                """)
        for (place, (registration, direction)) in numbers.enumerated() {
            try insertion.execute(arguments: [
                registration.value, module, direction.component, place, direction.direction.scale,
                direction.coordinateAtOrigin,
            ])
        }
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

extension GramEntry {
    /// One after the other: left, right, the parts. An entry with fewer parts than `parts` gets its last one again, which is what
    /// `part(rank:)` gives of it.
    static func encoded(_ entries: [GramEntry], parts: Int) -> [Double] {
        entries.flatMap { entry in
            [entry.left, entry.right] + (0..<parts).map { entry.part(rank: $0 + 1) }
        }
    }

    static func decoded(from numbers: [Double], count: Int, parts: Int) throws -> [GramEntry] {
        let width = 2 + min(max(parts, 0), numbers.count)
        guard parts >= 0, numbers.count == count * width else {
            throw MalformedValue(
                column: "entries", expected: "\(count) times 2 inner products and those of \(parts) parts")
        }
        return (0..<count).map { index in
            let entry = numbers[index * width..<(index + 1) * width]
            return GramEntry(
                left: entry[entry.startIndex], right: entry[entry.startIndex + 1], parts: entry.dropFirst(2))
        }
    }

    /// As schemas 1 and 2 wrote them: left, right, the number of parts, the parts.
    static func decodedWithCounts(from numbers: [Double]) throws -> [GramEntry] {
        var entries: [GramEntry] = []
        var rest = numbers[...]
        while !rest.isEmpty {
            guard rest.count >= 3, let parts = Int(exactly: rest[rest.startIndex + 2]), parts >= 0,
                rest.count - 3 >= parts
            else { throw MalformedValue(column: "entries", expected: "inner products of a Gram row") }
            entries.append(
                GramEntry(
                    left: rest[rest.startIndex], right: rest[rest.startIndex + 1],
                    parts: rest.dropFirst(3).prefix(parts)))
            rest = rest.dropFirst(3 + parts)
        }
        return entries
    }
}

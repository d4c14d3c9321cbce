import GRDB
import Vocabulary

/// Factors of recorded checkpoints.
extension TrajectoryDatabase {
    /// The factors of one module, with their vectors, at those of `steps` that are recorded; ascending.
    /// None for a module that is new.
    ///
    /// Cost: one read of 4 bytes for each row and column and triplet and step.
    public func factors(
        of module: TensorName, at steps: [TrainingStep]
    ) throws(StoreError) -> [StepFactor] {
        try reading("load factors of \(module)") { database in
            guard let found = try Self.module(module, in: database) else { return [] }
            return try Self.factors(
                of: found, in: database, "AND c.step IN (SELECT value FROM json_each(?))", [JSONText.of(steps)])
        }
    }

    /// The latest recorded factor below `step`: the warm start and the reference of the sign rule.
    ///
    /// - Parameter includingZero: whether an update that is exactly zero counts; the sign rule skips them.
    public func previousFactor(
        of module: TensorName, before step: TrainingStep, includingZero: Bool = false
    ) throws(StoreError) -> StepFactor? {
        try reading("load the previous factor of \(module)") { database in
            guard let found = try Self.module(module, in: database) else { return nil }
            // The second condition on the state admits the index of active steps, and CROSS JOIN makes SQLite walk it
            // downwards and stop at the first hit: the cost does not grow with the run.
            let latest = try Int.fetchOne(
                database,
                sql: """
                    SELECT c.step FROM checkpoint c
                    CROSS JOIN factor f ON f.module_id = :module AND f.checkpoint_id = c.id
                    WHERE c.state = 'recorded' AND c.state <> 'superseded' AND c.step < :step AND (:any OR EXISTS (
                        SELECT 1 FROM triplet t WHERE t.module_id = :module AND t.checkpoint_id = c.id))
                    ORDER BY c.step DESC LIMIT 1
                    """,
                arguments: ["module": found.id, "step": step.value, "any": includingZero])
            guard let latest else { return nil }
            return try Self.factors(of: found, in: database, "AND c.step = ?", [latest]).first
        }
    }

    /// The Gram rows of one module at those of `steps` that are recorded and have one; ascending.
    /// None for a module that is new.
    public func gramRows(
        of module: TensorName, at steps: [TrainingStep]
    ) throws(StoreError) -> [GramRow] {
        try reading("load Gram rows of \(module)") { database in
            guard let found = try Self.module(module, in: database) else { return [] }
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT c.step, g.against, g.entries, g.parts FROM gram g
                    JOIN checkpoint c ON c.id = g.checkpoint_id AND c.state = 'recorded'
                    WHERE g.module_id = ? AND c.step IN (SELECT value FROM json_each(?)) ORDER BY c.step
                    """,
                arguments: [found.id, JSONText.of(steps)])
            return try rows.map(GramRow.init(row:))
        }
    }

    /// The numbers of every module at one recorded step, by module name; empty where the step is not recorded.
    public func factorSummaries(at step: TrainingStep) throws(StoreError) -> [FactorSummary] {
        try reading("list the factors of step \(step)") { database in
            try Row.fetchAll(
                database, sql: "SELECT * FROM module_factor WHERE step = ? ORDER BY module", arguments: [step.value]
            ).map(FactorSummary.init(row:))
        }
    }

    /// The numbers of one module at every recorded step; ascending.
    public func factorSummaries(of module: TensorName) throws(StoreError) -> [FactorSummary] {
        try reading("list the factors of \(module)") { database in
            try Row.fetchAll(
                database, sql: "SELECT * FROM module_factor WHERE module = ? ORDER BY step", arguments: [module.text]
            ).map(FactorSummary.init(row:))
        }
    }

    /// The stored singular values of one module at every recorded step where its update is not zero, largest first.
    public func singularValues(of module: TensorName) throws(StoreError) -> [TrainingStep: [Double]] {
        try reading("list the singular values of \(module)") { database in
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT c.step, t.sigma FROM triplet t
                    JOIN checkpoint c ON c.id = t.checkpoint_id AND c.state = 'recorded'
                    JOIN module m ON m.id = t.module_id WHERE m.name = ? ORDER BY c.step, t.rank
                    """, arguments: [module.text])
            return try rows.reduce(into: [:]) { try $0[$1.step("step"), default: []].append($1.value("sigma")) }
        }
    }

    /// First the small rows, in order; then the vectors of each by key. One joined and ordered query would make
    /// SQLite sort the vectors themselves, through a temporary file.
    private static func factors(
        of module: ModuleRow, in database: Database, _ condition: String, _ arguments: StatementArguments
    ) throws -> [StepFactor] {
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT c.step, f.* FROM factor f JOIN checkpoint c ON c.id = f.checkpoint_id AND c.state = 'recorded'
                WHERE f.module_id = ? \(condition) ORDER BY c.step
                """,
            arguments: [module.id] + arguments)
        return try rows.map { row in
            let factor = UpdateFactor(
                triplets: try triplets(of: module, checkpoint: try row.identifier("checkpoint_id"), in: database),
                frobeniusNorm: try row.value("frobenius_norm"), baseNorm: module.baseNorm,
                unchangedShare: try row.value("unchanged_share"), passes: try row.value("passes"))
            return StepFactor(
                step: try row.step("step"), factor: factor, contentHash: try row.optional("content_hash"))
        }
    }

    /// Largest first; none where the update is zero. The vectors of all ranks are with rank 0; in rows of schemas 1 and 2 each
    /// rank has its own.
    private static func triplets(
        of module: ModuleRow, checkpoint: CheckpointID, in database: Database
    ) throws -> [SingularTriplet] {
        let statement = try database.cachedStatement(
            sql: "SELECT * FROM triplet WHERE module_id = ? AND checkpoint_id = ? ORDER BY rank")
        let rows = try Row.fetchCursor(statement, arguments: [module.id, checkpoint.value])
        var numbers: [(sigma: Double, residual: Double, hasConverged: Bool)] = []
        var left: [[Float]] = []
        var right: [[Float]] = []
        while let row = try rows.next() {
            numbers.append((try row.value("sigma"), try row.value("residual"), try row.value("converged")))
            left += try row.vectors("left_vector", of: module.module.rows)
            right += try row.vectors("right_vector", of: module.module.columns)
        }
        for (column, vectors) in [("left_vector", left), ("right_vector", right)] where vectors.count != numbers.count {
            throw MalformedValue(column: column, expected: "\(numbers.count) vectors, but \(vectors.count)")
        }
        return numbers.indices.map { rank in
            SingularTriplet(
                sigma: numbers[rank].sigma, left: left[rank], right: right[rank], residual: numbers[rank].residual,
                hasConverged: numbers[rank].hasConverged)
        }
    }
}

extension GramRow {
    init(row: Row) throws {
        let against = try row.steps("against")
        let numbers = try row.doubles("entries")
        let entries =
            if let parts = try row.optional("parts", as: Int.self) {
                try GramEntry.decoded(from: numbers, count: against.count, parts: parts)
            } else {
                try GramEntry.decodedWithCounts(from: numbers)
            }
        guard entries.count == against.count else {
            throw MalformedValue(column: "entries", expected: "inner products with \(against.count) steps")
        }
        self.init(step: try row.step("step"), against: against, entries: entries)
    }
}

extension FactorSummary {
    init(row: Row) throws {
        let name: String = try row.value("module")
        self.init(
            step: try row.step("step"),
            module: Module(name: TensorName(name), rows: try row.value("rows"), columns: try row.value("columns")),
            baseNorm: try row.value("base_norm"), frobeniusNorm: try row.value("frobenius_norm"),
            sigma: try row.value("sigma"), energyShare: try row.optional("energy_share"),
            unchangedShare: try row.value("unchanged_share"), passes: try row.value("passes"),
            residual: try row.optional("residual"), hasConverged: try row.optional("converged"),
            directionCosine: try row.optional("direction_cosine"), linearityR2: try row.optional("linearity_r2"))
    }
}

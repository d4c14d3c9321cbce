import GRDB
import Vocabulary

/// Registered slopes and what came of them.
extension TrajectoryDatabase {
    /// Registrations of recorded origins, by origin and model; all states unless told.
    public func registrations(
        in state: RegistrationState? = nil
    ) throws(StoreError) -> [RegistrationRecord] {
        try reading("list the registrations") { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT * FROM recorded_registration WHERE ? IS NULL OR state = ? ORDER BY origin_step, model
                    """,
                arguments: [state?.rawValue, state?.rawValue]
            ).map(RegistrationRecord.init(row:))
        }
    }

    /// The directions of one module, with vectors, of some active registrations: the extra columns of a pass over a
    /// later checkpoint. Ordered by component. Cost: one look-up for each, whatever the length of the run.
    public func directions(
        of module: TensorName, in registrations: [RegistrationID]
    ) throws(StoreError) -> [RegistrationID: [RegisteredDirection]] {
        try reading("load directions of \(module)") { database in
            guard let found = try Self.module(module, in: database) else { return [:] }
            var reader = DirectionReader(module: found, database: database)
            var directions: [RegistrationID: [RegisteredDirection]] = [:]
            for id in registrations {
                let found = try reader.directions(of: id)
                if !found.isEmpty { directions[id] = found }
            }
            return directions
        }
    }

    /// The same for every active registration of the store.
    public func activeDirections(
        of module: TensorName
    ) throws(StoreError) -> [RegistrationID: [RegisteredDirection]] {
        try directions(of: module, in: registrations(in: .active).map(\.id))
    }

    /// The numbers of a registration's directions, in direction order (`CoordinatesRecord`).
    public func directionScalars(
        of registration: RegistrationID
    ) throws(StoreError) -> [DirectionScalars] {
        try reading("load the directions of registration \(registration)") { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT m.name, d.component, d.rate, d.coordinate_at_origin FROM direction_number d
                    JOIN module m ON m.id = d.module_id WHERE d.registration_id = ? ORDER BY m.name, d.component
                    """,
                arguments: [registration.value]
            ).map { row in
                let name: String = try row.value("name")
                return DirectionScalars(
                    module: TensorName(name), component: try row.value("component"), rate: try row.value("rate"),
                    coordinateAtOrigin: try row.value("coordinate_at_origin"))
            }
        }
    }

    /// The same numbers of one module alone, of some registrations; those without a slope in this module are left out.
    public func directionScalars(
        of module: TensorName, in registrations: [RegistrationID]
    ) throws(StoreError) -> [RegistrationID: [DirectionScalars]] {
        try reading("load the numbers of directions of \(module)") { database in
            guard let found = try Self.module(module, in: database) else { return [:] }
            let statement = try database.cachedStatement(
                sql: """
                    SELECT component, rate, coordinate_at_origin FROM direction_number
                    WHERE registration_id = ? AND module_id = ? ORDER BY component
                    """)
            var scalars: [RegistrationID: [DirectionScalars]] = [:]
            for id in registrations {
                let rows = try Row.fetchAll(statement, arguments: [id.value, found.id])
                guard !rows.isEmpty else { continue }
                scalars[id] = try rows.map { row in
                    DirectionScalars(
                        module: module, component: try row.value(at: 0, "component"),
                        rate: try row.value(at: 1, "rate"),
                        coordinateAtOrigin: try row.value(at: 2, "coordinate_at_origin"))
                }
            }
            return scalars
        }
    }

    /// The coordinates of a registration at one recorded step, with how many of them belong to each module, in their order;
    /// modules without any are left out. Nil where there are none.
    ///
    /// Throws `.damaged` where they are not one for each direction.
    public func coordinatesByModule(
        of registration: RegistrationID, at step: TrainingStep
    ) throws(StoreError) -> (coordinates: CoordinatesRecord, counts: [(module: TensorName, count: Int)])? {
        guard let found = try coordinates(of: registration, at: [step]).first?.coordinates else { return nil }
        let counts = try reading("count the directions of registration \(registration)") { database in
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT m.name, count(*) FROM direction_number d JOIN module m ON m.id = d.module_id
                    WHERE d.registration_id = ? GROUP BY m.name ORDER BY m.name
                    """,
                arguments: [registration.value])
            let counts = try rows.map { row in
                let name: String = try row.value(at: 0, "name")
                return (module: TensorName(name), count: try row.value(at: 1, "count") as Int)
            }
            guard counts.reduce(0, { $0 + $1.count }) == found.values.count else {
                throw MalformedValue(column: "inner_products", expected: "one for each direction of \(registration)")
            }
            return counts
        }
        return (found, counts)
    }

    /// The coordinates of a registration at recorded steps after its origin; ascending.
    ///
    /// - Parameter steps: only at these; nil: at all of them.
    public func coordinates(
        of registration: RegistrationID, at steps: [TrainingStep]? = nil
    ) throws(StoreError) -> [(step: TrainingStep, coordinates: CoordinatesRecord)] {
        try reading("load the coordinates of registration \(registration)") { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT c.step, x.* FROM coordinates x
                    JOIN checkpoint c ON c.id = x.checkpoint_id AND c.state = 'recorded'
                    WHERE x.registration_id = ? AND (? IS NULL OR c.step IN (SELECT value FROM json_each(?)))
                    ORDER BY c.step
                    """,
                arguments: [registration.value, steps.map(JSONText.of), steps.map(JSONText.of)]
            ).map { row in
                let record = CoordinatesRecord(
                    registration: registration, values: try row.doubles("inner_products"),
                    isFromFactor: try row.value("from_factor"))
                return (step: try row.step("step"), coordinates: record)
            }
        }
    }

    /// The backtest record, retired registrations included; by target, origin and model.
    ///
    /// - Parameter targets: only tests of what came true at these steps, which reads no others; nil: the whole record.
    public func backtests(
        targets: [TrainingStep]? = nil
    ) throws(StoreError) -> [BacktestPairRecord] {
        try reading("load the backtests") { database in
            let condition =
                targets == nil
                ? ""
                : """
                WHERE checkpoint_id IN (SELECT id FROM checkpoint WHERE step IN (SELECT value FROM json_each(?)))
                """
            return try Row.fetchAll(
                database,
                sql: "SELECT * FROM backtest_record \(condition) ORDER BY target_step, origin_step, model",
                arguments: targets.map { [JSONText.of($0)] } ?? []
            ).map(BacktestPairRecord.init(row:))
        }
    }

    /// The whole backtest record in few columns, in the same order: what is read whole should cost little for each of some ten
    /// thousand rows, so no sums, no coordinates, and no columns looked up by name.
    ///
    /// - Parameter model: nil for all of them.
    public func backtestOutcomes(of model: ModelName? = nil) throws(StoreError) -> [BacktestOutcome] {
        try reading("load the outcomes of the backtests") { database in
            let rows = try Row.fetchCursor(
                database,
                sql: """
                    SELECT r.model, o.step, c.step, b.ratio, b.skill, b.realised FROM checkpoint c
                    JOIN backtest b ON b.checkpoint_id = c.id JOIN registration r ON r.id = b.registration_id
                    JOIN checkpoint o ON o.id = r.checkpoint_id AND o.state = 'recorded'
                    WHERE c.state = 'recorded' \(model == nil ? "" : "AND r.model = ?")
                    ORDER BY c.step, o.step, r.model
                    """,
                arguments: model.map { [$0.text] } ?? [])
            var outcomes: [BacktestOutcome] = []
            while let row = try rows.next() {
                outcomes.append(
                    BacktestOutcome(
                        model: ModelName(try row.value(at: 0, "model")), origin: try row.step(at: 1, "origin_step"),
                        target: try row.step(at: 2, "target_step"), ratio: try row.value(at: 3, "ratio"),
                        skill: try row.optional(at: 4, "skill"), realised: try row.optional(at: 5, "realised")))
            }
            return outcomes
        }
    }

    static func insert(_ records: [CoordinatesRecord], at checkpoint: CheckpointID, in database: Database) throws {
        for record in records {
            guard record.values.allSatisfy(\.isFinite) else {
                throw StoreError.notFinite(
                    operation: "store coordinates", what: "a coordinate of registration \(record.registration)")
            }
            try database.execute(
                sql: """
                    INSERT INTO coordinates (registration_id, checkpoint_id, from_factor, inner_products)
                    VALUES (?, ?, ?, ?)
                    """,
                arguments: [
                    record.registration.value, checkpoint.value, record.isFromFactor, LittleEndian.data(record.values),
                ])
        }
    }

    static func insert(_ records: [BacktestRecord], at checkpoint: CheckpointID, in database: Database) throws {
        for record in records {
            try database.execute(
                sql: """
                    INSERT INTO backtest (registration_id, checkpoint_id, ratio, realised, skill, sum_aa, sum_ap,
                        sum_pp, sum_ee) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    record.registration.value, checkpoint.value, record.ratio, record.realised, record.skill,
                    record.sumAA, record.sumAP, record.sumPP, record.sumEE,
                ])
        }
    }
}

extension RegistrationRecord {
    init(row: Row) throws {
        let model: String = try row.value("model")
        self.init(
            id: try row.identifier("id"), origin: try row.step("origin_step"),
            originID: try row.identifier("checkpoint_id"), model: ModelName(model), state: try row.choice("state"),
            isFromFactor: try row.value("from_factor"))
    }
}

extension BacktestPairRecord {
    init(row: Row) throws {
        let model: String = try row.value("model")
        let backtest = BacktestRecord(
            registration: try row.identifier("registration_id"), ratio: try row.value("ratio"),
            realised: try row.optional("realised"), skill: try row.optional("skill"), sumAA: try row.value("sum_aa"),
            sumAP: try row.value("sum_ap"), sumPP: try row.value("sum_pp"), sumEE: try row.value("sum_ee"))
        self.init(
            model: ModelName(model), origin: try row.step("origin_step"), target: try row.step("target_step"),
            backtest: backtest, isFromFactor: try row.value("from_factor"))
    }
}

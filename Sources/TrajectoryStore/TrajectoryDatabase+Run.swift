import GRDB

extension TrajectoryDatabase {
    /// Makes the store that of `run`, or confirms that it is.
    ///
    /// A new name or a new place of the same run is taken over; both at once, or another base, are refused.
    ///
    /// - Parameter now: becomes `created_at` when the store is new.
    /// - Throws: `.otherBase`, `.otherRun`.
    @discardableResult
    public func claim(
        for run: RunIdentity, programVersion: String, now: String
    ) throws(StoreError) -> RunRecord {
        try writing("claim the store for run \(run.name)") { database in
            if let known = try Self.run(in: database) { try requireSameRun(known.identity, run) }
            try database.execute(
                sql: """
                    INSERT INTO run (id, name, base_path, base_fingerprint, watch_path, created_at, program_version)
                    VALUES (1, ?, ?, ?, ?, ?, ?)
                    ON CONFLICT (id) DO UPDATE SET name = excluded.name, base_path = excluded.base_path,
                        watch_path = excluded.watch_path, program_version = excluded.program_version
                    """,
                arguments: [run.name, run.basePath, run.baseFingerprint, run.watchPath, now, programVersion])
            return try Self.requireRun(in: database)
        }
    }

    /// The run that the store belongs to; nil before `claim`.
    public func run() throws(StoreError) -> RunRecord? {
        try reading("read the run") { try Self.run(in: $0) }
    }

    private func requireSameRun(_ known: RunIdentity, _ asked: RunIdentity) throws {
        guard known.baseFingerprint == asked.baseFingerprint else {
            throw StoreError.otherBase(
                path: path, run: known.name, got: asked.baseFingerprint, expected: known.baseFingerprint)
        }
        guard known.name == asked.name || known.watchPath == asked.watchPath else {
            throw StoreError.otherRun(
                path: path, got: "\(asked.name) at \(asked.watchPath)",
                expected: "\(known.name) at \(known.watchPath)")
        }
    }

    static func requireRun(in database: Database) throws -> RunRecord {
        guard let run = try run(in: database) else {
            throw StoreError.notFound(operation: "use the store", what: "the run")
        }
        return run
    }

    private static func run(in database: Database) throws -> RunRecord? {
        guard let row = try Row.fetchOne(database, sql: "SELECT * FROM run") else { return nil }
        let identity = RunIdentity(
            name: try row.value("name"), basePath: try row.value("base_path"),
            baseFingerprint: try row.value("base_fingerprint"), watchPath: try row.value("watch_path"))
        return RunRecord(
            identity: identity, segment: try row.value("segment"), createdAt: try row.value("created_at"),
            programVersion: try row.value("program_version"))
    }
}

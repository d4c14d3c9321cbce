import GRDB
import Vocabulary

/// A tracked module with its row number.
struct ModuleRow {
    let id: Int64
    let module: Module
    let baseNorm: Double

    init(row: Row) throws {
        id = try row.value("id")
        let name: String = try row.value("name")
        let rows: Int = try row.value("rows")
        let columns: Int = try row.value("columns")
        guard rows > 0, columns > 0 else { throw MalformedValue(column: "rows", expected: "sizes of at least 1") }
        module = Module(name: TensorName(name), rows: rows, columns: columns)
        baseNorm = try row.value("base_norm")
    }
}

extension TrajectoryDatabase {
    /// All modules that were ever staged, by name.
    public func modules() throws(StoreError) -> [Module] {
        try reading("list the modules") { database in
            try Row.fetchAll(database, sql: "SELECT * FROM module ORDER BY name").map { try ModuleRow(row: $0).module }
        }
    }

    static func module(_ name: TensorName, in database: Database) throws -> ModuleRow? {
        let statement = try database.cachedStatement(sql: "SELECT * FROM module WHERE name = ?")
        return try Row.fetchOne(statement, arguments: [name.text]).map(ModuleRow.init(row:))
    }

    static func requireModule(_ name: TensorName, in database: Database) throws -> ModuleRow {
        guard let module = try module(name, in: database) else {
            throw StoreError.notFound(operation: "read a module", what: "module \(name)")
        }
        return module
    }

    /// The row of `module`, made when it is new. The base's norm is kept as it was measured first.
    static func moduleID(
        of module: Module, baseNorm: Double, operation: String, in database: Database
    ) throws -> Int64 {
        if let known = try Self.module(module.name, in: database) {
            guard known.module == module else {
                throw StoreError.wrongShape(
                    operation: operation, what: "module \(module.name)", got: "\(module.rows) x \(module.columns)",
                    expected: "\(known.module.rows) x \(known.module.columns)")
            }
            return known.id
        }
        try database.execute(
            sql: "INSERT INTO module (name, rows, columns, base_norm) VALUES (?, ?, ?, ?)",
            arguments: [module.name.text, module.rows, module.columns, baseNorm])
        return database.lastInsertedRowID
    }
}

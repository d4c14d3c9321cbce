import Foundation
import GRDB

extension TrajectoryDatabase {
    /// The whole content as lines of text in a fixed order, without what differs between two runs over the same
    /// checkpoints: times, durations, row numbers, file identities, the folders that names lie in, events and notes.
    ///
    /// Two stores with equal lines hold the same trajectory bit for bit: numbers are written so that they read back
    /// equal, BLOBs as their length and 64-bit FNV-1a hash. Costs one read of the whole file.
    public func canonicalDump() throws(StoreError) -> [String] {
        try reading("dump the store") { database in
            try Self.dumpQueries.flatMap { query in
                try Row.fetchAll(database, sql: query.sql).map { row in
                    "\(query.subject) " + row.map { "\($0)=\(Self.text(of: $1, in: $0))" }.joined(separator: " ")
                }
            }
        }
    }

    private static func text(of value: DatabaseValue, in column: String) -> String {
        switch value.storage {
        case .null: "-"
        case .int64(let number): String(number)
        case .double(let number): number.description
        case .string(let text): column.hasSuffix("file") ? (text as NSString).lastPathComponent : text
        case .blob(let data): "\(data.count) bytes \(String(hash(of: data), radix: 16))"
        }
    }

    /// FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/: enough to tell two honest files apart.
    private static func hash(of data: Data) -> UInt64 {
        let bytes = data.span
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for index in bytes.indices { hash = (hash ^ UInt64(bytes[index])) &* 0x100_0000_01B3 }
        return hash
    }

    /// Rows of recorded and superseded checkpoints; a checkpoint is named by step and segment.
    private static let dumpQueries: [(subject: String, sql: String)] = trajectoryQueries + outcomeQueries

    private static let trajectoryQueries: [(subject: String, sql: String)] = [
        ("run", "SELECT name, base_fingerprint, segment FROM run"),
        (
            "checkpoint",
            """
            SELECT step, segment, state, layout, reason, content_hash, bytes, directory AS file FROM checkpoint
            ORDER BY step, segment, id
            """
        ),
        (
            "module",
            """
            SELECT name, rows, columns, base_norm FROM module m WHERE EXISTS (
                SELECT 1 FROM factor f JOIN checkpoint c ON c.id = f.checkpoint_id
                WHERE f.module_id = m.id AND c.state IN ('recorded', 'superseded'))
            ORDER BY name
            """
        ),
        (
            "factor",
            """
            SELECT c.step, c.segment, m.name, f.frobenius_norm, f.unchanged_share, f.passes, f.direction_cosine,
                f.linearity_r2, f.content_hash
            FROM factor f JOIN checkpoint c ON c.id = f.checkpoint_id JOIN module m ON m.id = f.module_id
            WHERE c.state IN ('recorded', 'superseded') ORDER BY c.step, c.segment, c.id, m.name
            """
        ),
        (
            "triplet",
            """
            SELECT c.step, c.segment, m.name, t.rank, t.sigma, t.residual, t.converged, t.left_vector, t.right_vector
            FROM triplet t JOIN checkpoint c ON c.id = t.checkpoint_id JOIN module m ON m.id = t.module_id
            WHERE c.state IN ('recorded', 'superseded') ORDER BY c.step, c.segment, c.id, m.name, t.rank
            """
        ),
        (
            "gram",
            """
            SELECT c.step, c.segment, m.name, g.against, g.parts, g.entries
            FROM gram g JOIN checkpoint c ON c.id = g.checkpoint_id JOIN module m ON m.id = g.module_id
            WHERE c.state IN ('recorded', 'superseded') ORDER BY c.step, c.segment, c.id, m.name
            """
        ),
    ]

    private static let outcomeQueries: [(subject: String, sql: String)] = [
        (
            "direction",
            """
            SELECT c.step AS origin, c.segment, r.model, r.state, r.from_factor, m.name, d.component, d.rate,
                d.coordinate_at_origin
            FROM registration r JOIN checkpoint c ON c.id = r.checkpoint_id
            LEFT JOIN direction_number d ON d.registration_id = r.id LEFT JOIN module m ON m.id = d.module_id
            WHERE c.state IN ('recorded', 'superseded')
            ORDER BY c.step, c.segment, c.id, r.model, m.name, d.component
            """
        ),
        (
            "direction_vectors",
            """
            SELECT c.step AS origin, c.segment, m.name, v.left_vectors, v.right_vectors
            FROM direction_vectors v JOIN checkpoint c ON c.id = v.checkpoint_id JOIN module m ON m.id = v.module_id
            WHERE c.state IN ('recorded', 'superseded') ORDER BY c.step, c.segment, c.id, m.name
            """
        ),
        (
            "direction_of_earlier_schemas",
            """
            SELECT c.step AS origin, c.segment, r.model, m.name, d.component, d.left_vector, d.right_vector
            FROM direction d JOIN registration r ON r.id = d.registration_id
            JOIN checkpoint c ON c.id = r.checkpoint_id JOIN module m ON m.id = d.module_id
            WHERE c.state IN ('recorded', 'superseded')
            ORDER BY c.step, c.segment, c.id, r.model, m.name, d.component
            """
        ),
        (
            "coordinates",
            """
            SELECT c.step AS origin, r.model, t.step, t.segment, x.from_factor, x.inner_products, b.ratio, b.realised,
                b.skill, b.sum_aa, b.sum_ap, b.sum_pp, b.sum_ee
            FROM coordinates x JOIN registration r ON r.id = x.registration_id
            JOIN checkpoint c ON c.id = r.checkpoint_id JOIN checkpoint t ON t.id = x.checkpoint_id
            LEFT JOIN backtest b ON b.registration_id = x.registration_id AND b.checkpoint_id = x.checkpoint_id
            ORDER BY c.step, c.segment, c.id, r.model, t.step, t.segment, t.id
            """
        ),
        (
            "judgement",
            """
            SELECT c.step, c.segment, j.model, j.ratio, j.skill, j.realised, j.confidence, j.pairs
            FROM judgement j JOIN checkpoint c ON c.id = j.checkpoint_id
            ORDER BY c.step, c.segment, c.id, j.model, j.ratio
            """
        ),
        (
            "verdict",
            """
            SELECT c.step, c.segment, v.model, v.target_step, v.horizon, v.proven_horizon, v.confidence, v.ready,
                v.reason, v.detail, d.emit, d.reason AS decision, d.target_step AS decided_step
            FROM verdict v JOIN checkpoint c ON c.id = v.checkpoint_id
            LEFT JOIN decision d ON d.checkpoint_id = v.checkpoint_id ORDER BY c.step, c.segment, c.id
            """
        ),
        (
            "prediction",
            """
            SELECT c.step AS from_step, c.segment, p.target_step, p.model, p.format, p.state, p.reason, p.confidence,
                p.forced, p.requested_by, p.path AS file
            FROM prediction p JOIN checkpoint c ON c.id = p.checkpoint_id ORDER BY c.step, c.segment, p.path, p.id
            """
        ),
        (
            "metric",
            """
            SELECT m.step, p.path AS file, m.key, m.value, m.source AS source_file FROM metric m
            LEFT JOIN prediction p ON p.id = m.prediction_id ORDER BY m.step, p.path, m.key, m.id
            """
        ),
    ]
}

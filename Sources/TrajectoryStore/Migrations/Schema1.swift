/// Tables of schema version 1. Explained for readers with sqlite3 or pandas in docs/store.md.
///
/// All tables are STRICT. NaN does not exist in SQLite (it becomes NULL), so NOT NULL refuses it; the upper bound
/// 1.7976931348623157e308 refuses infinity. Vectors are little-endian float32, other BLOBs little-endian float64.
enum Schema1 {
    /// The run, its checkpoints and the factors of their updates.
    static let trajectory = """
        CREATE TABLE run (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            name TEXT NOT NULL CHECK (length(name) > 0),
            base_path TEXT NOT NULL,
            base_fingerprint TEXT NOT NULL CHECK (length(base_fingerprint) > 0),
            watch_path TEXT NOT NULL,
            segment INTEGER NOT NULL DEFAULT 0 CHECK (segment >= 0),
            created_at TEXT NOT NULL CHECK (created_at GLOB '????-??-??T??:??:??*Z'),
            program_version TEXT NOT NULL
        ) STRICT;

        CREATE TABLE checkpoint (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            step INTEGER NOT NULL CHECK (step >= 0),
            segment INTEGER NOT NULL CHECK (segment >= 0),
            directory TEXT NOT NULL CHECK (length(directory) > 0),
            layout TEXT NOT NULL CHECK (length(layout) > 0),
            state TEXT NOT NULL CHECK (state IN ('pending', 'recorded', 'rejected', 'gone', 'superseded')),
            reason TEXT,
            stamp TEXT NOT NULL CHECK (json_valid(stamp)),
            content_hash TEXT,
            bytes INTEGER CHECK (bytes >= 0),
            seconds REAL CHECK (seconds BETWEEN 0 AND 1.7976931348623157e308),
            seen_at TEXT NOT NULL CHECK (seen_at GLOB '????-??-??T??:??:??*Z'),
            recorded_at TEXT CHECK (recorded_at GLOB '????-??-??T??:??:??*Z'),
            CHECK (state NOT IN ('rejected', 'gone') OR ifnull(length(reason), 0) > 0),
            CHECK (state <> 'recorded' OR (content_hash IS NOT NULL AND bytes IS NOT NULL
                                           AND seconds IS NOT NULL AND recorded_at IS NOT NULL))
        ) STRICT;
        CREATE UNIQUE INDEX checkpoint_active_step ON checkpoint (step) WHERE state <> 'superseded';

        CREATE TABLE module (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE CHECK (length(name) > 0),
            rows INTEGER NOT NULL CHECK (rows > 0),
            columns INTEGER NOT NULL CHECK (columns > 0),
            base_norm REAL NOT NULL CHECK (base_norm BETWEEN 0 AND 1.7976931348623157e308)
        ) STRICT;

        CREATE TABLE factor (
            module_id INTEGER NOT NULL REFERENCES module (id),
            checkpoint_id INTEGER NOT NULL REFERENCES checkpoint (id),
            frobenius_norm REAL NOT NULL CHECK (frobenius_norm BETWEEN 0 AND 1.7976931348623157e308),
            unchanged_share REAL NOT NULL CHECK (unchanged_share BETWEEN 0 AND 1),
            passes INTEGER NOT NULL CHECK (passes >= 0),
            direction_cosine REAL CHECK (abs(direction_cosine) <= 1.7976931348623157e308),
            linearity_r2 REAL CHECK (abs(linearity_r2) <= 1.7976931348623157e308),
            PRIMARY KEY (module_id, checkpoint_id)
        ) STRICT;
        CREATE INDEX factor_checkpoint ON factor (checkpoint_id);

        CREATE TABLE triplet (
            module_id INTEGER NOT NULL,
            checkpoint_id INTEGER NOT NULL,
            rank INTEGER NOT NULL CHECK (rank >= 0),
            sigma REAL NOT NULL CHECK (sigma BETWEEN 0 AND 1.7976931348623157e308),
            residual REAL NOT NULL CHECK (residual BETWEEN 0 AND 1.7976931348623157e308),
            converged INTEGER NOT NULL CHECK (converged IN (0, 1)),
            left_vector BLOB NOT NULL,
            right_vector BLOB NOT NULL,
            PRIMARY KEY (module_id, checkpoint_id, rank),
            FOREIGN KEY (module_id, checkpoint_id) REFERENCES factor (module_id, checkpoint_id) ON DELETE CASCADE
        ) STRICT;

        CREATE TABLE gram (
            module_id INTEGER NOT NULL,
            checkpoint_id INTEGER NOT NULL,
            against TEXT NOT NULL CHECK (json_type(against) = 'array'),
            entries BLOB NOT NULL CHECK (length(entries) % 8 = 0),
            PRIMARY KEY (module_id, checkpoint_id),
            FOREIGN KEY (module_id, checkpoint_id) REFERENCES factor (module_id, checkpoint_id) ON DELETE CASCADE
        ) STRICT;
        """

    /// What the models said at their origins, what came of it, and the judgement of it.
    static let forecasts = """
        CREATE TABLE registration (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            checkpoint_id INTEGER NOT NULL REFERENCES checkpoint (id),
            model TEXT NOT NULL CHECK (length(model) > 0),
            state TEXT NOT NULL CHECK (state IN ('active', 'retired')),
            from_factor INTEGER NOT NULL CHECK (from_factor IN (0, 1)),
            UNIQUE (checkpoint_id, model)
        ) STRICT;

        CREATE TABLE direction (
            registration_id INTEGER NOT NULL REFERENCES registration (id) ON DELETE CASCADE,
            module_id INTEGER NOT NULL REFERENCES module (id),
            component INTEGER NOT NULL CHECK (component >= 0),
            rate REAL NOT NULL CHECK (abs(rate) <= 1.7976931348623157e308),
            coordinate_at_origin REAL NOT NULL CHECK (abs(coordinate_at_origin) <= 1.7976931348623157e308),
            left_vector BLOB,
            right_vector BLOB,
            PRIMARY KEY (registration_id, module_id, component),
            CHECK ((left_vector IS NULL) = (right_vector IS NULL))
        ) STRICT;

        CREATE TABLE coordinates (
            registration_id INTEGER NOT NULL REFERENCES registration (id) ON DELETE CASCADE,
            checkpoint_id INTEGER NOT NULL REFERENCES checkpoint (id),
            from_factor INTEGER NOT NULL CHECK (from_factor IN (0, 1)),
            inner_products BLOB NOT NULL,
            PRIMARY KEY (registration_id, checkpoint_id)
        ) STRICT;

        CREATE TABLE backtest (
            registration_id INTEGER NOT NULL,
            checkpoint_id INTEGER NOT NULL,
            ratio REAL NOT NULL CHECK (ratio > 0 AND ratio <= 1.7976931348623157e308),
            realised REAL CHECK (abs(realised) <= 1.7976931348623157e308),
            skill REAL CHECK (abs(skill) <= 1.7976931348623157e308),
            sum_aa REAL NOT NULL CHECK (sum_aa BETWEEN 0 AND 1.7976931348623157e308),
            sum_ap REAL NOT NULL CHECK (abs(sum_ap) <= 1.7976931348623157e308),
            sum_pp REAL NOT NULL CHECK (sum_pp BETWEEN 0 AND 1.7976931348623157e308),
            sum_ee REAL NOT NULL CHECK (sum_ee BETWEEN 0 AND 1.7976931348623157e308),
            PRIMARY KEY (registration_id, checkpoint_id),
            FOREIGN KEY (registration_id, checkpoint_id)
                REFERENCES coordinates (registration_id, checkpoint_id) ON DELETE CASCADE
        ) STRICT;

        CREATE TABLE judgement (
            checkpoint_id INTEGER NOT NULL REFERENCES checkpoint (id),
            model TEXT NOT NULL CHECK (length(model) > 0),
            ratio REAL NOT NULL CHECK (ratio > 0 AND ratio <= 1.7976931348623157e308),
            skill REAL CHECK (abs(skill) <= 1.7976931348623157e308),
            realised REAL CHECK (abs(realised) <= 1.7976931348623157e308),
            confidence REAL NOT NULL CHECK (confidence BETWEEN 0 AND 1),
            pairs INTEGER NOT NULL CHECK (pairs >= 0),
            PRIMARY KEY (checkpoint_id, model, ratio)
        ) STRICT;

        CREATE TABLE verdict (
            checkpoint_id INTEGER PRIMARY KEY REFERENCES checkpoint (id),
            model TEXT CHECK (length(model) > 0),
            target_step INTEGER CHECK (target_step >= 0),
            horizon REAL CHECK (horizon BETWEEN 0 AND 1.7976931348623157e308),
            proven_horizon REAL CHECK (proven_horizon BETWEEN 0 AND 1.7976931348623157e308),
            confidence REAL NOT NULL CHECK (confidence BETWEEN 0 AND 1),
            ready INTEGER NOT NULL CHECK (ready IN (0, 1)),
            reason TEXT NOT NULL CHECK (length(reason) > 0),
            detail TEXT NOT NULL CHECK (json_valid(detail)),
            CHECK (ready = 0 OR (model IS NOT NULL AND target_step IS NOT NULL))
        ) STRICT;
        """
}

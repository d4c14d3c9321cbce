extension Schema1 {
    /// What was decided and emitted, what was measured of it, and what was told to listeners.
    static let outputs = """
        CREATE TABLE decision (
            checkpoint_id INTEGER PRIMARY KEY REFERENCES verdict (checkpoint_id),
            emit INTEGER NOT NULL CHECK (emit IN (0, 1)),
            reason TEXT NOT NULL CHECK (length(reason) > 0),
            target_step INTEGER CHECK (target_step >= 0),
            decided_at TEXT NOT NULL CHECK (decided_at GLOB '????-??-??T??:??:??*Z'),
            CHECK (emit = 0 OR target_step IS NOT NULL)
        ) STRICT;

        CREATE TABLE prediction (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            target_step INTEGER NOT NULL CHECK (target_step >= 0),
            checkpoint_id INTEGER NOT NULL REFERENCES checkpoint (id),
            model TEXT NOT NULL CHECK (length(model) > 0),
            format TEXT NOT NULL CHECK (format IN ('full', 'adapter')),
            path TEXT NOT NULL CHECK (length(path) > 0),
            state TEXT NOT NULL CHECK (state IN ('planned', 'published', 'withdrawn', 'removed', 'failed')),
            reason TEXT,
            confidence REAL NOT NULL CHECK (confidence BETWEEN 0 AND 1),
            forced INTEGER NOT NULL CHECK (forced IN (0, 1)),
            requested_by TEXT NOT NULL CHECK (length(requested_by) > 0),
            manifest TEXT CHECK (manifest IS NULL OR json_valid(manifest)),
            planned_at TEXT NOT NULL CHECK (planned_at GLOB '????-??-??T??:??:??*Z'),
            emitted_at TEXT CHECK (emitted_at GLOB '????-??-??T??:??:??*Z'),
            CHECK (state NOT IN ('published', 'removed') OR (manifest IS NOT NULL AND emitted_at IS NOT NULL)),
            CHECK (state NOT IN ('failed', 'withdrawn') OR ifnull(length(reason), 0) > 0)
        ) STRICT;
        CREATE UNIQUE INDEX prediction_live_path ON prediction (path) WHERE state IN ('planned', 'published');

        CREATE TABLE hook (
            prediction_id INTEGER PRIMARY KEY REFERENCES prediction (id),
            state TEXT NOT NULL CHECK (state IN ('due', 'done', 'failed', 'skipped')),
            starts INTEGER NOT NULL DEFAULT 0 CHECK (starts >= 0),
            seconds REAL CHECK (seconds BETWEEN 0 AND 1.7976931348623157e308),
            reason TEXT,
            ended_at TEXT CHECK (ended_at GLOB '????-??-??T??:??:??*Z'),
            CHECK (state = 'due' OR ended_at IS NOT NULL),
            CHECK (state NOT IN ('failed', 'skipped') OR ifnull(length(reason), 0) > 0)
        ) STRICT;

        CREATE TABLE metric (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            step INTEGER CHECK (step >= 0),
            prediction_id INTEGER REFERENCES prediction (id),
            key TEXT NOT NULL CHECK (length(key) > 0),
            value REAL NOT NULL CHECK (abs(value) <= 1.7976931348623157e308),
            source TEXT NOT NULL CHECK (length(source) > 0),
            received_at TEXT NOT NULL CHECK (received_at GLOB '????-??-??T??:??:??*Z'),
            CHECK ((step IS NULL) <> (prediction_id IS NULL))
        ) STRICT;
        CREATE INDEX metric_subject ON metric (key, step, prediction_id);

        CREATE TABLE event (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            time TEXT NOT NULL CHECK (time GLOB '????-??-??T??:??:??*Z'),
            kind TEXT NOT NULL CHECK (length(kind) BETWEEN 1 AND 64),
            payload TEXT NOT NULL CHECK (json_valid(payload))
        ) STRICT;

        CREATE TABLE note (
            key TEXT PRIMARY KEY CHECK (length(key) > 0),
            value TEXT NOT NULL
        ) STRICT;
        """
}

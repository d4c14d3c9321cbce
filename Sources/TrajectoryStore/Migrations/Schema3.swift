/// What schema version 3 adds: vectors of one weight and checkpoint lie together, and Gram rows say how long their entries are.
/// Nothing is rewritten: rows of older versions stay as they are and are read beside the new ones
/// (docs/decisions/0046-vectors-together.md).
enum Schema3 {
    /// A row of `triplet` with rank 0 holds the vectors of all ranks one after the other; those of the other ranks are
    /// empty. Before, each rank held its own, which the rule still allows.
    static let triplets = """
        DROP TRIGGER triplet_shape;
        CREATE TRIGGER triplet_shape BEFORE INSERT ON triplet
        WHEN NOT EXISTS (
            SELECT 1 FROM module m WHERE m.id = NEW.module_id AND (
                (length(NEW.left_vector) = 4 * m.rows AND length(NEW.right_vector) = 4 * m.columns)
                OR (NEW.rank = 0 AND length(NEW.left_vector) > 0 AND length(NEW.left_vector) % (4 * m.rows) = 0
                    AND length(NEW.right_vector) = length(NEW.left_vector) / m.rows * m.columns)
                OR (NEW.rank > 0 AND length(NEW.left_vector) = 0 AND length(NEW.right_vector) = 0 AND EXISTS (
                    SELECT 1 FROM triplet first WHERE first.module_id = NEW.module_id
                    AND first.checkpoint_id = NEW.checkpoint_id AND first.rank = 0
                    AND length(first.left_vector) > 4 * m.rows * NEW.rank))))
        BEGIN
            SELECT RAISE(ABORT, 'a triplet has 4 bytes for each row and for each column of its module, rank 0 those of all ranks');
        END;

        DROP VIEW module_triplet;
        CREATE VIEW module_triplet AS
        SELECT c.step, m.name AS module, t.rank, t.sigma, t.residual, t.converged,
            CASE length(t.left_vector) WHEN 0 THEN substr(first.left_vector, 1 + 4 * m.rows * t.rank, 4 * m.rows)
                ELSE substr(t.left_vector, 1, 4 * m.rows) END AS left_vector,
            CASE length(t.right_vector) WHEN 0 THEN substr(first.right_vector, 1 + 4 * m.columns * t.rank, 4 * m.columns)
                ELSE substr(t.right_vector, 1, 4 * m.columns) END AS right_vector
        FROM triplet t
        JOIN triplet first ON first.module_id = t.module_id AND first.checkpoint_id = t.checkpoint_id AND first.rank = 0
        JOIN checkpoint c ON c.id = t.checkpoint_id AND c.state = 'recorded'
        JOIN module m ON m.id = t.module_id;
        """

    /// NULL: each entry has its own count of parts. Else every entry has this many, and no count.
    static let gram = "ALTER TABLE gram ADD COLUMN parts INTEGER;"

    /// Numbers and vectors apart: the numbers stay for good, the vectors of one origin and weight go together.
    static let directions = """
        CREATE TABLE registered_direction (
            registration_id INTEGER NOT NULL REFERENCES registration (id) ON DELETE CASCADE,
            module_id INTEGER NOT NULL REFERENCES module (id),
            component INTEGER NOT NULL CHECK (component >= 0),
            place INTEGER NOT NULL CHECK (place >= 0),
            rate REAL NOT NULL CHECK (abs(rate) <= 1.7976931348623157e308),
            coordinate_at_origin REAL NOT NULL CHECK (abs(coordinate_at_origin) <= 1.7976931348623157e308),
            PRIMARY KEY (registration_id, module_id, component)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE direction_vectors (
            checkpoint_id INTEGER NOT NULL REFERENCES checkpoint (id),
            module_id INTEGER NOT NULL REFERENCES module (id),
            left_vectors BLOB NOT NULL,
            right_vectors BLOB NOT NULL,
            PRIMARY KEY (checkpoint_id, module_id)
        ) STRICT;

        CREATE VIEW direction_number AS
        SELECT registration_id, module_id, component, rate, coordinate_at_origin FROM registered_direction
        UNION ALL
        SELECT registration_id, module_id, component, rate, coordinate_at_origin FROM direction;
        """

    static let rules = """
        CREATE TRIGGER registered_direction_of_pending BEFORE INSERT ON registered_direction
        WHEN (SELECT c.state FROM registration r JOIN checkpoint c ON c.id = r.checkpoint_id
              WHERE r.id = NEW.registration_id) <> 'pending'
        BEGIN
            SELECT RAISE(ABORT, 'directions are added only while the checkpoint of origin is pending');
        END;

        CREATE TRIGGER direction_vectors_of_pending BEFORE INSERT ON direction_vectors
        WHEN (SELECT state FROM checkpoint WHERE id = NEW.checkpoint_id) <> 'pending'
        BEGIN
            SELECT RAISE(ABORT, 'directions are added only while the checkpoint of origin is pending');
        END;

        CREATE TRIGGER direction_vectors_shape BEFORE INSERT ON direction_vectors
        WHEN NOT EXISTS (
            SELECT 1 FROM module m WHERE m.id = NEW.module_id AND length(NEW.left_vectors) > 0
            AND length(NEW.left_vectors) % (4 * m.rows) = 0
            AND length(NEW.right_vectors) = length(NEW.left_vectors) / m.rows * m.columns)
        BEGIN
            SELECT RAISE(ABORT, 'each direction has 4 bytes for each row and for each column of its module');
        END;

        CREATE TRIGGER registration_retires_vectors AFTER UPDATE OF state ON registration
        WHEN NEW.state = 'retired' AND NOT EXISTS (
            SELECT 1 FROM registration WHERE checkpoint_id = NEW.checkpoint_id AND state = 'active')
        BEGIN
            DELETE FROM direction_vectors WHERE checkpoint_id = NEW.checkpoint_id;
        END;

        DROP TRIGGER coordinates_length;
        CREATE TRIGGER coordinates_length BEFORE INSERT ON coordinates
        WHEN length(NEW.inner_products) <> 8 * (
            (SELECT count(*) FROM registered_direction WHERE registration_id = NEW.registration_id)
            + (SELECT count(*) FROM direction WHERE registration_id = NEW.registration_id))
        BEGIN
            SELECT RAISE(ABORT, 'coordinates are one float64 for each direction of their registration');
        END;
        """
}

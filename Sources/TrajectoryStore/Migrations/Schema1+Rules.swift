extension Schema1 {
    /// Rules over more than one row, as triggers: SQLite keeps them whoever writes.
    static let rules = """
        CREATE TRIGGER checkpoint_state BEFORE UPDATE OF state ON checkpoint
        WHEN NEW.state <> OLD.state AND NOT (
            OLD.state = 'pending'
            OR (OLD.state IN ('rejected', 'gone') AND NEW.state IN ('pending', 'superseded'))
            OR (OLD.state = 'recorded' AND NEW.state = 'superseded'))
        BEGIN
            SELECT RAISE(ABORT, 'a checkpoint that is recorded or superseded cannot go back to another state');
        END;

        CREATE TRIGGER prediction_state BEFORE UPDATE OF state ON prediction
        WHEN NEW.state <> OLD.state AND NOT (
            (OLD.state = 'planned' AND NEW.state IN ('published', 'failed', 'withdrawn'))
            OR (OLD.state = 'published' AND NEW.state IN ('withdrawn', 'removed'))
            OR (OLD.state = 'withdrawn' AND NEW.state = 'removed'))
        BEGIN
            SELECT RAISE(ABORT, 'a prediction goes from planned to published, then to withdrawn or removed');
        END;

        CREATE TRIGGER factor_of_pending BEFORE INSERT ON factor
        WHEN (SELECT state FROM checkpoint WHERE id = NEW.checkpoint_id) <> 'pending'
        BEGIN
            SELECT RAISE(ABORT, 'factors are added only while their checkpoint is pending');
        END;

        CREATE TRIGGER factor_is_kept BEFORE DELETE ON factor
        WHEN (SELECT state FROM checkpoint WHERE id = OLD.checkpoint_id) = 'recorded'
        BEGIN
            SELECT RAISE(ABORT, 'the factors of a recorded checkpoint cannot be deleted');
        END;

        CREATE TRIGGER triplet_shape BEFORE INSERT ON triplet
        WHEN NOT EXISTS (
            SELECT 1 FROM module WHERE id = NEW.module_id
            AND length(NEW.left_vector) = 4 * rows AND length(NEW.right_vector) = 4 * columns)
        BEGIN
            SELECT RAISE(ABORT, 'a triplet has 4 bytes for each row and for each column of its module');
        END;

        CREATE TRIGGER registration_of_pending BEFORE INSERT ON registration
        WHEN (SELECT state FROM checkpoint WHERE id = NEW.checkpoint_id) <> 'pending'
        BEGIN
            SELECT RAISE(ABORT, 'models register only while the checkpoint of origin is pending');
        END;

        CREATE TRIGGER direction_of_pending BEFORE INSERT ON direction
        WHEN (SELECT c.state FROM registration r JOIN checkpoint c ON c.id = r.checkpoint_id
              WHERE r.id = NEW.registration_id) <> 'pending'
        BEGIN
            SELECT RAISE(ABORT, 'directions are added only while the checkpoint of origin is pending');
        END;

        CREATE TRIGGER direction_shape BEFORE INSERT ON direction
        WHEN NOT EXISTS (
            SELECT 1 FROM module WHERE id = NEW.module_id
            AND length(NEW.left_vector) = 4 * rows AND length(NEW.right_vector) = 4 * columns)
        BEGIN
            SELECT RAISE(ABORT, 'a direction has 4 bytes for each row and for each column of its module');
        END;

        CREATE TRIGGER registration_retires AFTER UPDATE OF state ON registration
        WHEN NEW.state = 'retired'
        BEGIN
            UPDATE direction SET left_vector = NULL, right_vector = NULL WHERE registration_id = NEW.id;
        END;

        CREATE TRIGGER registration_stays_retired BEFORE UPDATE OF state ON registration
        WHEN OLD.state = 'retired' AND NEW.state <> 'retired'
        BEGIN
            SELECT RAISE(ABORT, 'a retired registration has lost its vectors and cannot be active again');
        END;

        CREATE TRIGGER coordinates_length BEFORE INSERT ON coordinates
        WHEN length(NEW.inner_products) <>
            8 * (SELECT count(*) FROM direction WHERE registration_id = NEW.registration_id)
        BEGIN
            SELECT RAISE(ABORT, 'coordinates are one float64 for each direction of their registration');
        END;
        """
}

extension Schema1 {
    /// What a person asks. Every view shows recorded checkpoints only: rows of an unfinished one are never seen.
    static let views = """
        CREATE VIEW latest_metric AS
        SELECT id, step, prediction_id, key, value, source, received_at FROM metric m
        WHERE NOT EXISTS (
            SELECT 1 FROM metric later WHERE later.key = m.key AND later.step IS m.step
            AND later.prediction_id IS m.prediction_id AND later.id > m.id);

        CREATE VIEW accuracy AS
        SELECT step, prediction_id, value, source, received_at FROM latest_metric WHERE key = 'accuracy';

        CREATE VIEW recorded_checkpoint AS
        SELECT c.id, c.step, c.segment, c.directory, c.layout, c.content_hash, c.bytes, c.seconds, c.seen_at,
            c.recorded_at, a.value AS accuracy
        FROM checkpoint c LEFT JOIN accuracy a ON a.step = c.step
        WHERE c.state = 'recorded';

        CREATE VIEW module_factor AS
        SELECT c.step, m.name AS module, m.rows, m.columns, m.base_norm, f.frobenius_norm,
            f.frobenius_norm / nullif(m.base_norm, 0) AS relative_norm,
            ifnull(t.sigma, 0.0) AS sigma,
            t.sigma * t.sigma / nullif(f.frobenius_norm * f.frobenius_norm, 0) AS energy_share,
            f.unchanged_share, f.passes, t.residual, t.converged, f.direction_cosine, f.linearity_r2,
            c.id AS checkpoint_id, m.id AS module_id
        FROM factor f
        JOIN checkpoint c ON c.id = f.checkpoint_id AND c.state = 'recorded'
        JOIN module m ON m.id = f.module_id
        LEFT JOIN triplet t ON t.module_id = f.module_id AND t.checkpoint_id = f.checkpoint_id AND t.rank = 0;

        CREATE VIEW module_triplet AS
        SELECT c.step, m.name AS module, t.rank, t.sigma, t.residual, t.converged, t.left_vector, t.right_vector
        FROM triplet t
        JOIN checkpoint c ON c.id = t.checkpoint_id AND c.state = 'recorded'
        JOIN module m ON m.id = t.module_id;

        CREATE VIEW recorded_registration AS
        SELECT r.id, c.step AS origin_step, r.model, r.state, r.from_factor, r.checkpoint_id
        FROM registration r JOIN checkpoint c ON c.id = r.checkpoint_id AND c.state = 'recorded';

        CREATE VIEW backtest_record AS
        SELECT r.model, r.origin_step, c.step AS target_step, b.ratio, b.realised, b.skill,
            b.sum_aa, b.sum_ap, b.sum_pp, b.sum_ee, x.from_factor OR r.from_factor AS from_factor,
            b.registration_id, b.checkpoint_id
        FROM backtest b
        JOIN coordinates x ON x.registration_id = b.registration_id AND x.checkpoint_id = b.checkpoint_id
        JOIN recorded_registration r ON r.id = b.registration_id
        JOIN checkpoint c ON c.id = b.checkpoint_id AND c.state = 'recorded';

        CREATE VIEW verdict_record AS
        SELECT c.step, v.model, v.target_step, v.horizon, v.proven_horizon, v.confidence, v.ready,
            v.reason AS verdict_reason, d.emit, d.reason AS decision_reason, d.target_step AS decision_step,
            c.id AS checkpoint_id
        FROM verdict v
        JOIN checkpoint c ON c.id = v.checkpoint_id AND c.state = 'recorded'
        LEFT JOIN decision d ON d.checkpoint_id = v.checkpoint_id;

        CREATE VIEW prediction_summary AS
        SELECT p.id, p.target_step, c.step AS from_step, p.model, p.format, p.state, p.confidence, p.forced,
            p.requested_by, p.path, p.emitted_at, a.value AS accuracy, s.value AS from_accuracy
        FROM prediction p
        JOIN checkpoint c ON c.id = p.checkpoint_id
        LEFT JOIN accuracy a ON a.prediction_id = p.id
        LEFT JOIN accuracy s ON s.step = c.step;
        """
}

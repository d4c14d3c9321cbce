/// What schema version 2 adds.
enum Schema2 {
    /// Backtests are asked for by the checkpoint that they were made at: at each new checkpoint, and for its answers.
    /// Without this every one of them was read, and their number grows with the run.
    static let indexes = "CREATE INDEX backtest_checkpoint ON backtest (checkpoint_id);"
}

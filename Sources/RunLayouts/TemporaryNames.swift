/// Names under which trainers keep what is not finished, or no longer wanted: never a checkpoint.
public enum TemporaryNames {
    /// From transformers 4.36 to 4.38 (`tmp-checkpoint-N`), NeMo-RL (`tmp_step_N`, `old_step_N`), prime-rl (`tmp-rank0...`),
    /// safetensors and this program (`.tmp...`), Orbax, and files that an NFS client keeps for open descriptors.
    public static func isTemporary(_ name: String) -> Bool {
        ["tmp-", "tmp_step_", "old_step_", ".tmp", ".nfs"].contains { name.hasPrefix($0) }
            || name.hasSuffix(".tmp") || name.contains(".orbax-checkpoint-tmp")
    }
}

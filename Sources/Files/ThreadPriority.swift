import CLinux

/// How the calling thread competes with the rest of the machine.
public enum ThreadPriority {
    /// From now on this thread, and those that it starts, run on processors and disks that nobody else wants.
    ///
    /// - Returns: whether the kernel agreed to both. Where it did not, work goes on at the usual priority.
    @discardableResult
    public static func makeIdle() -> Bool {
        let results = [alpharl_set_idle_cpu_priority(), alpharl_set_idle_io_priority()]
        return results.allSatisfy { $0 == 0 }
    }
}

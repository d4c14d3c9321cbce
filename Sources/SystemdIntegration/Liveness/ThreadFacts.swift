import Foundation
import Glibc

/// What the kernel says of one thread (proc(5), /proc/self/task/TID/stat).
struct ThreadFacts: Hashable, Sendable {
    let identifier: Int32
    /// Has a processor or waits for one.
    let isReady: Bool
    /// SCHED_IDLE.
    let isIdleClass: Bool
    /// Spent so far.
    let processorTime: Duration

    private static let idlePolicy = 5

    init(identifier: Int32, isReady: Bool, isIdleClass: Bool, processorTime: Duration) {
        self.identifier = identifier
        self.isReady = isReady
        self.isIdleClass = isIdleClass
        self.processorTime = processorTime
    }

    /// - Parameters:
    ///   - line: the content of `stat`. The name in it may contain anything, so what follows its last `)` counts.
    ///   - ticks: clock ticks in a second.
    init?(line: String, ticks: Int) {
        guard let identifier = line.split(separator: " ", maxSplits: 1).first.flatMap({ Int32($0) }),
            let end = line.lastIndex(of: ")")
        else { return nil }
        // Field 3 of the page, the state, comes first here.
        let fields = line[line.index(after: end)...].split(separator: " ")
        guard fields.count > 38, let user = Int(fields[11]), let system = Int(fields[12]),
            let policy = Int(fields[38]), ticks > 0
        else { return nil }
        self.init(
            identifier: identifier, isReady: fields[0] == "R", isIdleClass: policy == Self.idlePolicy,
            processorTime: .nanoseconds(Int64(user + system) * 1_000_000_000 / Int64(ticks)))
    }

    /// Threads that end meanwhile are left out; without /proc there are none.
    static func ofThisProcess() -> [ThreadFacts] {
        let folder = "/proc/self/task"
        let ticks = sysconf(Int32(_SC_CLK_TCK))
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else { return [] }
        return names.compactMap { name in
            (try? String(contentsOfFile: "\(folder)/\(name)/stat", encoding: .utf8)).flatMap {
                ThreadFacts(line: $0, ticks: Int(ticks))
            }
        }
    }
}

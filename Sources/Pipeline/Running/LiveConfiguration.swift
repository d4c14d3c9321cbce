import ConfigurationFile
import Synchronization

/// The configuration in force: one value that the whole pipeline reads, and that a reload replaces as far as a running
/// daemon can follow.
public final class LiveConfiguration: Sendable {
    /// Tables whose keys take effect with the next checkpoint. The others name the run, its files and its factors.
    public static let reloadableTables: Set<String> = ["forecast", "confidence", "emit", "metrics", "resources", "log"]

    private let value: Mutex<RunConfiguration>

    public init(_ configuration: RunConfiguration) { value = Mutex(configuration) }

    public var current: RunConfiguration { value.withLock { $0 } }

    /// Takes over what can change under way.
    ///
    /// - Returns: the keys whose values changed, and those that differ and need a restart.
    public func adopt(_ fresh: RunConfiguration) -> (changed: [String], needsRestart: [String]) {
        value.withLock { current in
            let differing = fresh.keysThatDiffer(from: current)
            current.forecast = fresh.forecast
            current.confidence = fresh.confidence
            current.emit = fresh.emit
            current.metrics = fresh.metrics
            current.resources = fresh.resources
            current.log = fresh.log
            let isReloadable = { (key: String) in
                Self.reloadableTables.contains(String(key.prefix { $0 != "." }))
            }
            return (differing.filter(isReloadable), differing.filter { !isReloadable($0) })
        }
    }
}

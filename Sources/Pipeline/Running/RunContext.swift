import ConfigurationFile
import Emission
import Files
import LogEvents
import Logging
import StatusAPI
import TrajectoryStore

/// What every stage of one run's pipeline is handed.
public struct RunContext: Sendable {
    /// What a reload may replace.
    public let live: LiveConfiguration
    public let store: TrajectoryDatabase
    public let base: BaseWeights
    public let program: ProgramIdentity
    public let progress: RunProgress
    public let signals: EventSignals
    public var calls = FileSystemCalls.system
    public var clock = WallClock.system
    /// For waits.
    public var steady = SteadyClock.system
    public var log = Logger(label: "run")
    /// Asked between modules and passes; true ends the work at hand as soon as may be.
    public var isCancelled: @Sendable () -> Bool = { false }

    public init(
        configuration: RunConfiguration, store: TrajectoryDatabase, base: BaseWeights, program: ProgramIdentity,
        progress: RunProgress = RunProgress(), signals: EventSignals = EventSignals()
    ) {
        live = LiveConfiguration(configuration)
        self.store = store
        self.base = base
        self.program = program
        self.progress = progress
        self.signals = signals
    }

    /// Says in the log, in the status and as an event that the store was begun anew.
    public func tellOfReplacedStore() throws {
        guard let replaced = store.replaced else { return }
        log.tell(.storeMovedAside, nil, ["reason": "\(replaced)"])
        progress.update { $0.troubles[.store] = replaced.description }
        try store.append(EventCoding.newEvent(.warning(RunEvent.Warning(message: replaced.description)), clock))
    }

    /// The configuration in force.
    public var configuration: RunConfiguration { live.current }
}

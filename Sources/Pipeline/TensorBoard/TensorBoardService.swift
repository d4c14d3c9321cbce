import ServiceLifecycle

/// Keeps the event files up to date beside the run's own work, which never waits for them.
public struct TensorBoardService: Service, CustomStringConvertible {
    private let context: RunContext
    private let log: TensorBoardLog
    private let blocking = BlockingCalls()

    public init(context: RunContext) {
        self.context = context
        log = TensorBoardLog(context: context)
    }

    /// The log names its services at level debug; without this it would print all that they hold.
    public var description: String { "TensorBoardService" }

    public func run() async throws {
        await cancelWhenGracefulShutdown { await follow() }
        // The signals end with the run's own loop; a service may end only when it is its turn.
        if !Task.isCancelled { try? await gracefulShutdown() }
    }

    private func follow() async {
        let signals = context.signals.listen()
        await write()
        for await _ in signals { await write() }
    }

    /// What fails is tried again with the next event.
    private func write() async { await blocking.run { log.keepUpToDate() } }
}

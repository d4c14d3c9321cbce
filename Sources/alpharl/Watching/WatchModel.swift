import FoundationEssentials
import StatusAPI

/// What came in over the socket.
enum WatchUpdate: Sendable {
    case status(RunStatus)
    case history(RunHistory)
    /// The stream of events is open.
    case connected
    case event(RunEvent)
    /// The daemon does not answer, and is asked again soon.
    case lost(reason: String)
    /// The daemon answers no more, and is not asked again.
    case ended(Failure)
    /// The window has another size, or the terminal was another program's for a while.
    case resized
    /// The person has seen enough.
    case quit
}

/// Everything that the live view shows.
struct WatchModel: Sendable {
    static let keptEvents = 200

    private(set) var status: RunStatus?
    private(set) var history: RunHistory?
    /// Oldest first.
    private(set) var events: [RunEvent] = []
    /// Since when the daemon has not answered, and why.
    private(set) var lost: (since: Date, reason: String)?

    mutating func apply(_ update: WatchUpdate, at now: Date) {
        switch update {
        case .status(let status): self.status = status
        case .history(let history): self.history = history
        case .connected: lost = nil
        case .event(let event): append(event)
        case .lost(let reason): lost = (lost?.since ?? now, reason)
        case .ended, .resized, .quit: break
        }
    }

    private mutating func append(_ event: RunEvent) {
        // A store that was made anew counts from 1 again.
        if let last = events.last, event.id <= last.id { events = [] }
        events.append(event)
        if events.count > Self.keptEvents { events.removeFirst(events.count - Self.keptEvents) }
    }
}

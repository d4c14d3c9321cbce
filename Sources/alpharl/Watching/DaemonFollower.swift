import Foundation
import StatusAPI
import StatusServer
import Synchronization

/// Follows a daemon's events, and asks again for as long as it does not answer: on two threads, since the socket's client
/// blocks. One waits for events, the other asks for the status after each of them, and now and then besides.
final class DaemonFollower: Sendable {
    /// How many of the events before the first connection are shown.
    private static let eventsBefore = 20
    /// The stream says something every 15 s.
    private static let longestSilence = 45
    private static let pause = 1.0

    private let path: String
    private let reconnects: Bool
    private let tell: @Sendable (WatchUpdate) -> Void
    private let isWorking = Mutex(false)
    private let news = DispatchSemaphore(value: 1)

    /// - Parameters:
    ///   - reconnects: false ends with the first connection.
    ///   - tell: called on either thread; must return at once.
    init(path: String, reconnects: Bool, tell: @escaping @Sendable (WatchUpdate) -> Void) {
        self.path = path
        self.reconnects = reconnects
        self.tell = tell
    }

    func start() {
        Thread.detachNewThread { [self] in followEvents() }
        Thread.detachNewThread { [self] in askForStatus() }
    }

    private func followEvents() {
        var last: Int?
        while true {
            let failure = follow(from: &last)
            guard reconnects, failure.isWorthAnotherTry else {
                tell(.ended(failure.failure))
                return
            }
            tell(.lost(reason: failure.reason))
            Thread.sleep(forTimeInterval: Self.pause)
        }
    }

    /// Until the stream ends, which a daemon that is stopped does with an orderly end.
    private func follow(from last: inout Int?) -> Interruption {
        let client = StatusClient(path: path, timeoutSeconds: Self.longestSilence)
        do {
            try client.followEvents(after: last, orLast: Self.eventsBefore, whenOpen: { tell(.connected) }) { event in
                last = event.id
                tell(.event(event))
                news.signal()
                return true
            }
            return Interruption(StatusClientError.interrupted(path: path, why: "the daemon has ended the stream"))
        } catch {
            return Interruption(error)
        }
    }

    /// Answers belong to the moment: the status every second while something is under way, else every few seconds.
    private func askForStatus() {
        let client = StatusClient(path: path, timeoutSeconds: 10)
        while true {
            let patience = isWorking.withLock { $0 } ? 1.0 : 5.0
            let isNews = news.wait(timeout: .now() + patience) == .success
            while news.wait(timeout: .now()) == .success {}
            do {
                let status = try client.get("/v1/status", as: RunStatus.self)
                isWorking.withLock { $0 = status.work != nil }
                tell(.status(status))
                if isNews { tell(.history(try client.get("/v1/history", as: RunHistory.self))) }
            } catch {
                // The thread that follows the events says what is wrong.
                Thread.sleep(forTimeInterval: Self.pause)
                if isNews { news.signal() }
            }
        }
    }
}

/// Why the stream of events ended.
private struct Interruption {
    let error: any Error

    init(_ error: any Error) { self.error = error }

    /// A daemon that comes back may answer; one that speaks otherwise, or that forbids it, will not.
    var isWorthAnotherTry: Bool {
        switch error as? StatusClientError {
        case .notRunning, .timedOut, .interrupted, .malformed: true
        case .refused(_, let problem): problem.status == 503
        case .notPermitted, nil: false
        }
    }

    var reason: String {
        switch error as? StatusClientError {
        case .notRunning(_, let why): "the daemon does not run (\(why)); it is asked again every second"
        case .interrupted(_, let why), .malformed(_, let why): "\(why); it is asked again every second"
        default: "\(error)"
        }
    }

    var failure: Failure { Failure(error) ?? Failure("\(error)", .unreachable) }
}

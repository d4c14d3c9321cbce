import NIOCore
import ServiceLifecycle
import StatusAPI

/// What whoever runs the server wants to know of it.
public struct ServerObserver: Sendable {
    /// Connections are answered from now on.
    let onListening: @Sendable () -> Void
    /// How often a sign of life is wanted; nil: never.
    let interval: Duration?
    /// A sign of life: the event loop turned, and a question to the store was answered.
    let onBeat: @Sendable () -> Void

    public init(
        onListening: @escaping @Sendable () -> Void, interval: Duration?, onBeat: @escaping @Sendable () -> Void
    ) {
        self.onListening = onListening
        self.interval = interval
        self.onBeat = onBeat
    }

    public static let none = ServerObserver(onListening: {}, interval: nil, onBeat: {})
}

extension StatusService {
    /// Goes the way of a request, without a connection: clients may hold all of those. Ends with the shutdown.
    func showLife(on loop: any EventLoop) async {
        guard let interval = observer.interval else { return }
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                // An error is an answer too.
                _ = await Result { try await loop.submit {}.get() }
                _ = await Result { try await provider.latestEventID() }
                observer.onBeat()
                do { try await Task.sleep(for: interval) } catch { return }
            }
        }
    }
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}

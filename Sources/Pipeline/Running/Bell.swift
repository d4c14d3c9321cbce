import Dispatch
import Foundation
import Synchronization

/// Wakes tasks on behalf of the run's threads, which run at idle priority.
///
/// Whoever wakes a task may have to start a thread for it, and a new thread has its maker's scheduling class
/// (pthreads(7)): a task that answers the socket would then get no processor either. This thread is made at the usual
/// priority, and makes others at it.
final class Bell: Sendable {
    static let shared = Bell()

    private let waiting = Mutex<[@Sendable () -> Void]>([])
    private let signal = DispatchSemaphore(value: 0)

    private init() {
        let thread = Thread { [self] in
            Thread.current.name = "bell"
            while true {
                signal.wait()
                for wake in takeAll() { wake() }
            }
        }
        thread.start()
    }

    /// Calls `wake` soon, on the bell's thread; it must return at once.
    func ring(_ wake: @escaping @Sendable () -> Void) {
        waiting.withLock { $0.append(wake) }
        signal.signal()
    }

    private func takeAll() -> [@Sendable () -> Void] {
        waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
    }
}

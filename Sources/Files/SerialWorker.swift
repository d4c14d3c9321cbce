import Foundation
import Synchronization

/// One thread that does what it is given, in that order, and holds back whoever gives it too much. It inherits the
/// priority of the thread that makes it.
final class SerialWorker: Sendable {
    private let queue = Queue()
    private let waiting = DispatchSemaphore(value: 0)
    private let room = DispatchSemaphore(value: 0)
    private let idle = DispatchSemaphore(value: 0)

    private final class Queue: Sendable {
        private let jobs = Mutex<[@Sendable () -> Void]>([])

        func append(_ job: @escaping @Sendable () -> Void) { jobs.withLock { $0.append(job) } }
        func next() -> (@Sendable () -> Void)? { jobs.withLock { $0.isEmpty ? nil : $0.removeFirst() } }
    }

    /// - Parameter room: jobs that may wait, 1... .
    init(name: String, room: Int) {
        precondition(room >= 1, "A worker that takes no job does nothing; got room \(room).")
        for _ in 0..<room { self.room.signal() }
        let thread = Thread { [queue, waiting, room = self.room, idle] in
            while true {
                waiting.wait()
                guard let job = queue.next() else { break }
                job()
                room.signal()
            }
            idle.signal()
        }
        thread.name = name
        thread.stackSize = 1 << 20
        thread.start()
    }

    /// Waits while there is no room.
    func give(_ job: @escaping @Sendable () -> Void) {
        room.wait()
        queue.append(job)
        waiting.signal()
    }

    /// Returns when everything is done and the thread has ended. To be called once, after the last job.
    func finish() {
        waiting.signal()
        idle.wait()
    }
}

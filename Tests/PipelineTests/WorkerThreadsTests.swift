import Foundation
import Pipeline
import Synchronization
import Testing

@Suite struct WorkerThreadsTests {
    struct Failure: Error, Equatable { let item: Int }

    @Test(arguments: [1, 2, 5, 64]) func resultsComeInTheOrderOfTheItems(width: Int) throws {
        let items = Array(0..<40)
        #expect(try WorkerThreads(width: width).map(items) { $0 * $0 } == items.map { $0 * $0 })
    }

    @Test func nothingToDoIsDoneAtOnce() throws {
        #expect(try WorkerThreads(width: 3).map([Int]()) { $0 }.isEmpty)
    }

    /// With two threads: item 3 fails only after item 4 has failed, and is still the one that is told.
    @Test func errorOfTheFirstItemIsThrown() {
        let hasFailed = DispatchSemaphore(value: 0)
        #expect(throws: Failure(item: 3)) {
            try WorkerThreads(width: 2).map(Array(0..<10)) { item in
                if item == 3 { hasFailed.wait() }
                if item == 4 { hasFailed.signal() }
                if item >= 3 { throw Failure(item: item) }
            }
        }
    }

    @Test func nothingIsBegunAfterAFailure() {
        let begun = Mutex<[Int]>([])
        #expect(throws: Failure(item: 2)) {
            try WorkerThreads(width: 1).map(Array(0..<10)) { item in
                begun.withLock { $0.append(item) }
                if item == 2 { throw Failure(item: item) }
            }
        }
        #expect(begun.withLock { $0 } == [0, 1, 2])
    }

    /// Two items that wait for each other end only where both are at work; a third never is.
    @Test func exactlyAsManyAsTheWidthAreAtWork() throws {
        let state = Mutex((now: 0, most: 0))
        let meeting = [DispatchSemaphore(value: 0), DispatchSemaphore(value: 0)]
        _ = try WorkerThreads(width: 2).map(Array(0..<10)) { item in
            state.withLock { state in
                state.now += 1
                state.most = max(state.most, state.now)
            }
            if item < 2 {
                meeting[item].signal()
                meeting[1 - item].wait()
            }
            state.withLock { $0.now -= 1 }
        }
        #expect(state.withLock { $0.most } == 2)
    }

    private final class Held: Sendable {}

    /// What the closure held, such as open files, is let go of before the caller goes on, by every thread.
    @Test(arguments: [1, 2, 8]) func nothingIsHeldAfterwards(width: Int) throws {
        for _ in 0..<200 {
            weak var held: Held?
            do {
                let new = Held()
                held = new
                _ = try WorkerThreads(width: width).map(Array(0..<width)) { _ in ObjectIdentifier(new) }
            }
            #expect(held == nil)
        }
    }
}

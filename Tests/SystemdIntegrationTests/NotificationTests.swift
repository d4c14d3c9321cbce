import Foundation
import Logging
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

@testable import SystemdIntegration

@Suite struct NotificationTests {
    private func notifier(_ address: String) -> ReadinessNotifier {
        ReadinessNotifier(environment: ["NOTIFY_SOCKET": address], logger: .silent)
    }

    @Test func messagesAreThoseOfTheProtocol() throws {
        let receiver = try DatagramReceiver()
        let notifier = notifier(receiver.address)
        #expect(notifier.isNotifying)
        notifier.ready(status: "step 120, next at 130")
        #expect(try receiver.next() == "READY=1\nSTATUS=step 120, next at 130")
        notifier.status("recording step 130")
        #expect(try receiver.next() == "STATUS=recording step 130")
        notifier.stopping(status: "finishing step 130")
        #expect(try receiver.next() == "STOPPING=1\nSTATUS=finishing step 130")
        notifier.ping()
        #expect(try receiver.next() == "WATCHDOG=1")
    }

    @Test func reloadTellsTheTimeInTheSameMessage() throws {
        let receiver = try DatagramReceiver()
        let before = ReadinessNotifier.monotonicMicroseconds()
        notifier(receiver.address).reloading()
        let lines = try receiver.next().split(separator: "\n")
        let after = ReadinessNotifier.monotonicMicroseconds()
        #expect(lines.first == "RELOADING=1")
        let time = try #require(lines.last?.wholeMatch(of: #/MONOTONIC_USEC=(\d+)/#).flatMap { Int($0.1) })
        #expect((before...after).contains(time))
    }

    @Test func abstractAddressesWork() throws {
        let receiver = try DatagramReceiver(abstract: true)
        #expect(receiver.address.hasPrefix("@"))
        notifier(receiver.address).status("x")
        #expect(try receiver.next() == "STATUS=x")
    }

    @Test(arguments: ["a\nREADY=1", "a\r\nREADY=1", "a\u{85}READY=1"])
    func statusCannotSmuggleAnAssignment(text: String) throws {
        let receiver = try DatagramReceiver()
        notifier(receiver.address).status(text)
        #expect(try receiver.next() == "STATUS=a READY=1")
    }

    @Test func withoutAServiceManagerNothingHappens() {
        let recorder = Recorder()
        let notifier = ReadinessNotifier(environment: [:], logger: recorder.logger)
        #expect(!notifier.isNotifying)
        notifier.ready(status: "x")
        notifier.reloading()
        #expect(recorder.lines.isEmpty)
    }

    @Test(arguments: ["relative", "@", "/", "vsock:2:1", "/" + String(repeating: "x", count: 107)])
    func badAddressIsLoggedAndNotFatal(address: String) {
        let recorder = Recorder()
        let notifier = ReadinessNotifier(environment: ["NOTIFY_SOCKET": address], logger: recorder.logger)
        #expect(!notifier.isNotifying)
        #expect(recorder.lines.count == 1)
        #expect(recorder.lines.first?.contains(address) == true)
    }

    @Test func nobodyListeningIsLoggedAndNotFatal() {
        let recorder = Recorder()
        let notifier = ReadinessNotifier(environment: ["NOTIFY_SOCKET": "/nonexistent/s"], logger: recorder.logger)
        notifier.ready(status: "x")
        #expect(recorder.lines.count == 1)
        #expect(recorder.lines.first?.contains("No such file or directory; check NotifyAccess=") == true)
    }
}

@Suite struct WatchdogTests {
    @Test(arguments: [
        (["WATCHDOG_USEC": "60000000"], Duration.seconds(60)),
        (["WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "42"], .seconds(60)),
        (["WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "43"], nil), (["WATCHDOG_USEC": "0"], nil),
        (["WATCHDOG_USEC": "-1"], nil), (["WATCHDOG_USEC": "soon"], nil), ([:], nil),
    ])
    func onlyAWatchedProcessHasATimeout(environment: [String: String], expected: Duration?) {
        #expect(WatchdogService.timeout(environment: environment, processIdentifier: 42) == expected)
    }

    @Test func pingsOnlyWhileEveryoneIsAlive() async throws {
        let receiver = try DatagramReceiver()
        let asked = Mutex(0)
        let recorder = Recorder()
        let service = watchdog(receiver, recorder.logger) {
            asked.withLock { count in
                count += 1
                return count <= 3 ? "factorisation has not moved for \(900 + count) s" : nil
            }
        }
        let group = ServiceGroup(configuration: .init(services: [service], logger: .silent))
        let running = Task { try await group.run() }
        let first = try await onThread { try receiver.next() }
        #expect(first == "WATCHDOG=1")
        #expect(asked.withLock { $0 } >= 4, "no sign of life while somebody was not alive")
        let second = try await onThread { try receiver.next() }
        #expect(second == "WATCHDOG=1")
        await group.triggerGracefulShutdown()
        try await running.value
        #expect(recorder.lines.count == 2, "said once that it began and once that it ended: \(recorder.lines)")
    }

    @Test func aQuestionThatHangsIsNoSignOfLife() async throws {
        let receiver = try DatagramReceiver()
        let (gate, opening) = AsyncStream<Void>.makeStream()
        let (asked, asking) = AsyncStream<Void>.makeStream()
        let service = watchdog(receiver, .silent) {
            asking.yield()
            for await _ in gate {}
            return nil
        }
        let group = ServiceGroup(configuration: .init(services: [service], logger: .silent))
        let running = Task { try await group.run() }
        var questions = asked.makeAsyncIterator()
        await questions.next()
        #expect(receiver.nextIfThere() == nil)
        opening.finish()
        let first = try await onThread { try receiver.next() }
        #expect(first == "WATCHDOG=1")
        await group.triggerGracefulShutdown()
        try await running.value
    }

    @Test func withoutAWatchdogItWaitsForTheShutdown() async throws {
        let receiver = try DatagramReceiver()
        let notifier = ReadinessNotifier(environment: ["NOTIFY_SOCKET": receiver.address], logger: .silent)
        let service = WatchdogService(
            environment: [:], processIdentifier: 42, notifier: notifier, logger: .silent
        ) { nil }
        let group = ServiceGroup(configuration: .init(services: [service], logger: .silent))
        let running = Task { try await group.run() }
        await group.triggerGracefulShutdown()
        try await running.value
        #expect(receiver.nextIfThere() == nil)
    }

    private func watchdog(
        _ receiver: DatagramReceiver, _ logger: Logger, problem: @escaping @Sendable () async -> String?
    ) -> WatchdogService {
        WatchdogService(
            environment: ["WATCHDOG_USEC": "2000"], processIdentifier: 42,
            notifier: ReadinessNotifier(environment: ["NOTIFY_SOCKET": receiver.address], logger: .silent),
            logger: logger, problem: problem)
    }
}

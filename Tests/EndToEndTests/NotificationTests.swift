import Foundation
import StatusAPI
import TestSupport
import Testing
import Vocabulary

extension EndToEnd {
    /// What the daemon tells a service manager, datagram by datagram.
    @Suite struct NotificationTests {
        private let manager: DatagramReceiver
        private let run: RunFolder

        init() throws {
            manager = try DatagramReceiver()
            run = try RunFolder()
        }

        private func start() throws -> LiveDaemon {
            try LiveDaemon(run, adding: ["NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "60000000"])
        }

        /// Messages up to the first one that begins so, signs of life left out.
        private func messages(upTo beginning: String) throws -> [String] {
            var all: [String] = []
            while true {
                let message = try manager.next()
                if message != "WATCHDOG=1" { all.append(message) }
                if message.hasPrefix(beginning) { return all }
            }
        }

        @Test func readyComesOnceAndFirstWithTheScanInTheStoreAndTheSocketAnswering() throws {
            try run.publish(24)
            let daemon = try start()
            let first = try messages(upTo: "READY=1")
            #expect(first.count == 1, "\(first)")
            #expect(first.last?.hasPrefix("READY=1\nSTATUS=") == true)
            #expect(try daemon.client.getBytes("/readyz").count > 0)
            #expect(try daemon.checkpoints().map(\.step.value) == [24])
            try daemon.waitUntilRecorded(24)
            #expect(try messages(upTo: "STATUS=watching: step 24 recorded").allSatisfy { $0.hasPrefix("STATUS=") })
            try daemon.stop()
            let last = try messages(upTo: "STOPPING=1")
            #expect(!last.contains { $0.hasPrefix("READY=1") })
        }

        @Test func theStatusCountsTheWeightsOfTheCheckpointAtWork() throws {
            let daemon = try start()
            _ = try messages(upTo: "READY=1")
            try run.publish(24)
            try daemon.waitUntilRecorded(24)
            let all = try messages(upTo: "STATUS=watching: step 24 recorded")
            #expect(
                all.contains { $0.hasPrefix("STATUS=recording: no checkpoint recorded yet [0 of 21 modules]") },
                "\(all)")
            #expect(Set(all).count == all.count, "each line is news: \(all)")
            try daemon.stop()
        }

        @Test func aReloadIsToldFromItsBeginningToItsEndAlsoWhenItIsRefused() throws {
            let daemon = try start()
            _ = try messages(upTo: "READY=1")
            let text = try String(contentsOfFile: run.configuration, encoding: .utf8)
            for (change, status) in [("[confidence]\nthreshold = 0.7\n", Int32(0)), ("nonsense\n", 75)] {
                try (text + change).write(toFile: run.configuration, atomically: true, encoding: .utf8)
                #expect(try Alpharl.run(["reload", "--socket", run.socket]).status == status)
                let began = try messages(upTo: "RELOADING=1")
                #expect(began.last?.contains("\nMONOTONIC_USEC=") == true)
                _ = try messages(upTo: "READY=1")
                #expect(try daemon.status().forecast.threshold == 0.7)
            }
            try daemon.stop()
        }

        @Test func signsOfLifeComeFromTheStartOn() throws {
            let daemon = try start()
            while try manager.next() != "WATCHDOG=1" {}
            try daemon.stop()
        }
    }
}

import Foundation
import StatusAPI
import TestSupport
import Testing

extension EndToEnd {
    /// What keeps a daemon from starting: one line on standard error, and an exit status of sysexits.h.
    @Suite struct BadSetupTests {
        private func expect(
            _ outcome: ProcessOutcome, exits status: Int32, saying words: String...,
            sourceLocation: SourceLocation = #_sourceLocation
        ) {
            #expect(outcome.status == status, "\(outcome)", sourceLocation: sourceLocation)
            guard let complaint = outcome.complaint else {
                Issue.record("not one line: \(outcome.errors)", sourceLocation: sourceLocation)
                return
            }
            for word in words {
                #expect(complaint.contains(word), "\(complaint)", sourceLocation: sourceLocation)
            }
            let remedies = [";", "(got", "did you mean"]
            #expect(
                remedies.contains { complaint.contains($0) }, "says what to do: \(complaint)",
                sourceLocation: sourceLocation)
        }

        private func serve(_ run: RunFolder, adding variables: [String: String] = [:]) throws -> ProcessOutcome {
            try Alpharl.run(["serve", "--config", run.configuration], adding: variables)
        }

        @Test func missingBase() throws {
            expect(try serve(RunFolder(base: "/nonexistent/base")), exits: 66, saying: "/nonexistent/base", "run.base")
        }

        @Test func baseWithoutWeights() throws {
            let empty = try TemporaryDirectory()
            expect(try serve(RunFolder(base: empty.path)), exits: 66, saying: empty.path, "model.safetensors")
        }

        @Test func damagedBase() throws {
            let base = try TemporaryDirectory()
            try base.write(Array(try RunFolder.weights(24).prefix(5000)), to: "model.safetensors")
            expect(try serve(RunFolder(base: base.path)), exits: 65, saying: "model.safetensors", "run.base")
        }

        @Test func baseWithoutAnythingToTrackListsCandidates() throws {
            let run = try RunFolder(["factors": ["include = [\"*.nothing.*\"]"]])
            expect(try serve(run), exits: 78, saying: "factors.include", "self_attn")
        }

        @Test func watchedFolderMayAppearLater() throws {
            let run = try RunFolder()
            try FileManager.default.removeItem(atPath: run.watched)
            let daemon = try LiveDaemon(run)
            try run.publish(24)
            try daemon.waitUntilRecorded(24)
            try daemon.stop()
            try FileManager.default.removeItem(atPath: run.watched)
            let once = try Alpharl.run(["serve", "--once", "--config", run.configuration])
            expect(once, exits: 66, saying: run.watched, "run.watch")
        }

        @Test func missingConfiguration() throws {
            expect(
                try Alpharl.run(["serve", "--config", "/nonexistent/run.toml"]), exits: 78,
                saying: "/nonexistent/run.toml")
        }

        @Test func unknownKeyIsRefusedWithTheNearestOne() throws {
            let run = try RunFolder(["confidence": ["treshold = 0.5"]])
            expect(try serve(run), exits: 78, saying: "run.toml", "treshold", "threshold")
        }

        @Test func valueOfTheWrongType() throws {
            let run = try RunFolder(["confidence": ["threshold = \"high\""]])
            expect(try serve(run), exits: 78, saying: "confidence.threshold", "high")
        }

        @Test func valueOutOfRangeFromTheEnvironment() throws {
            expect(
                try serve(RunFolder(), adding: ["ALPHARL_FORECAST_HORIZON": "0.5"]), exits: 78,
                saying: "ALPHARL_FORECAST_HORIZON", "0.5")
        }

        @Test func unknownModelAndLayoutNameTheKnownOnes() throws {
            expect(try serve(RunFolder(["forecast": ["model = \"magic\""]])), exits: 78, saying: "magic", "tangent")
            expect(try serve(RunFolder(["run": ["layout = \"magic\""]])), exits: 78, saying: "magic", "huggingface")
        }

        @Test func storeThatIsNoStore() throws {
            let run = try RunFolder()
            try run.place.write(
                "This is a letter, not a database. " + String(repeating: "x", count: 5000), to: "store.sqlite")
            let outcome = try serve(run)
            #expect([65, 78].contains(outcome.status), "\(outcome)")
            #expect(try #require(outcome.complaint).contains(run.store), "\(outcome)")
            #expect(try run.place.text(of: "store.sqlite").hasPrefix("This is a letter"))
        }

        @Test func storeOfAnotherBaseIsRefused() throws {
            let run = try RunFolder()
            try run.publish(24)
            #expect(try Alpharl.run(["serve", "--once", "--config", run.configuration]).status == 0)
            let other = try ExampleRun.checkpoint(600)
            let outcome = try serve(run, adding: ["ALPHARL_RUN_BASE": other])
            expect(outcome, exits: 78, saying: run.store, "base")
        }

        @Test func baseOfAnotherArchitectureRejectsEveryCheckpoint() throws {
            let base = try TemporaryDirectory()
            try base.write(
                Array(
                    try WeightFile(RunFolder.weights(24)).rewritten { _, tensor in
                        tensor.shape.count == 2 ? tensor.with(shape: tensor.shape.reversed()) : tensor
                    }), to: "model.safetensors")
            let run = try RunFolder(base: base.path)
            try run.publish(24)
            let daemon = try LiveDaemon(run)
            try daemon.event { $0.kind == .rejected }
            let reason = try #require(try daemon.checkpoint(24).reason)
            #expect(reason.contains("not a checkpoint of this base") && reason.contains(base.path), "\(reason)")
            #expect(reason.contains("run.base"), "\(reason)")
            #expect(try daemon.status().state == .degraded)
            try daemon.stop()
        }

        @Test func secondDaemonOnTheSameStore() throws {
            let run = try RunFolder()
            let daemon = try LiveDaemon(run)
            let outcome = try serve(run, adding: ["ALPHARL_SOCKET_PATH": run.place.path("other.sock")])
            expect(outcome, exits: 75, saying: run.store, "\(daemon.process.identifier)")
            #expect(try daemon.status().state == .watching)
            try daemon.stop()
        }

        @Test func socketOfALiveDaemon() throws {
            let run = try RunFolder()
            let daemon = try LiveDaemon(run)
            let outcome = try serve(run, adding: ["ALPHARL_STORE_PATH": run.place.path("other.sqlite")])
            expect(outcome, exits: 73, saying: run.socket, "\(daemon.process.identifier)")
            #expect(try daemon.status().state == .watching)
            try daemon.stop()
        }

        @Test func socketFileOfADeadDaemonIsReplaced() throws {
            let run = try RunFolder()
            try LiveDaemon(run).kill()
            #expect(FileManager.default.fileExists(atPath: run.socket))
            let next = try LiveDaemon(run)
            try next.poll("first scan") { try next.status().state == .watching }
            try next.stop()
        }

        @Test(.enabled(if: getuid() == 0, "only root can become somebody who may not write"))
        func storeThatMayNotBeWritten() throws {
            let run = try RunFolder()
            try Tool.run("/bin/chmod", ["-R", "a+rX,go-w", run.place.path])
            let process = try ChildProcess(
                "/usr/bin/setpriv",
                ["--reuid=65534", "--clear-groups", Alpharl.path, "serve", "--config", run.configuration],
                environment: Alpharl.environment(home: run.place.path))
            let outcome = try process.wait(seconds: 60)
            #expect([73, 77].contains(outcome.status), "\(outcome)")
            #expect(try #require(outcome.complaint).contains(run.store), "\(outcome)")
        }
    }
}

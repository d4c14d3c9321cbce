import Foundation
import StatusAPI
import StatusServer
import TestSupport
import Testing

extension EndToEnd {
    /// Commands that need no checkpoints.
    @Suite struct CommandTests {
        @Test func versionSaysWhatItWasBuiltFrom() throws {
            let outcome = try Alpharl.run(["version", "--json"])
            #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome)")
            let document = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
            #expect(document?["version"] as? String == "0.1.0")
            for key in ["blas", "kernels", "sqlite"] {
                #expect((document?[key] as? String)?.isEmpty == false, "\(key)")
            }
            #expect(try Alpharl.run(["--version"]).output == "alpharl 0.1.0\n")
        }

        /// As the help lists them.
        private static let subcommands: [String] = {
            let help = (try? Alpharl.run(["--help"]).output) ?? ""
            let section =
                help.components(separatedBy: "SUBCOMMANDS:\n").last?.components(separatedBy: "\n\n").first ?? ""
            return section.matches(of: #/(?m)^  ([a-z-]+)/#).map { String($0.1) }
        }()

        @Test func helpListsTheCommands() {
            #expect(
                Set(Self.subcommands).isSuperset(of: [
                    "serve", "status", "predict", "check-config", "doctor", "version",
                ]))
        }

        @Test(arguments: subcommands) func helpOfEveryCommandHasAnExample(command: String) throws {
            let outcome = try Alpharl.run([command, "--help"])
            #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome)")
            #expect(outcome.output.contains("Example: alpharl \(command)"), "\(outcome.output)")
        }

        @Test(arguments: [
            ["frobnicate"], ["serve"], ["serve", "--config"], ["predict"], ["status", "--frobnicate"],
            ["predict", "a", "--base", "b", "--out", "c", "--horizon", "0.5"],
            ["predict", "a", "--base", "b", "--out", "c", "--until-step", "x"],
            ["predict", "a", "--base", "b", "--out", "c", "--format", "gguf"],
            ["predict", "a", "--base", "b", "--out", "c", "--target-step", "9", "--horizon", "2"],
            ["predict", "a", "--base", "b", "--out", "c", "--model", "magic"], ["check-config"],
            ["report"], ["report", "qwen", "--store", "store.sqlite", "-o", "-"],
        ])
        func wrongCommandLineIsOneLineAndStatus64(arguments: [String]) throws {
            let outcome = try Alpharl.run(arguments)
            #expect(outcome.status == 64 && outcome.output.isEmpty, "\(outcome)")
            #expect(outcome.complaint != nil, "\(outcome.errors)")
        }

        @Test func reportOnAStoreThatIsNotThereSaysSo() throws {
            let outcome = try Alpharl.run(["report", "--store", "/nonexistent/store.sqlite", "-o", "-"])
            #expect(outcome.status == 66 && outcome.output.isEmpty, "\(outcome)")
            #expect(outcome.complaint?.contains("/nonexistent/store.sqlite") == true, "\(outcome.errors)")
        }

        /// The example configuration is a valid one, and prints what is in force.
        @Test func exampleConfigurationPassesItsCheck() throws {
            let outcome = try Alpharl.run(["check-config", ExampleRun.repository + "config/alpharl.toml"])
            #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome)")
            #expect(outcome.output.contains("threshold = 0.5"))
            let place = try TemporaryDirectory()
            try place.write(outcome.output, to: "again.toml")
            let again = try Alpharl.run(["check-config", place.path("again.toml")])
            #expect(again.status == 0, "what it prints is a configuration: \(again)")
        }

        @Test func badConfigurationFailsItsCheckWithThePlace() throws {
            let place = try TemporaryDirectory()
            let file = try place.write(
                "[run]\nwatch = \"/a\"\nbase = \"/b\"\n[emit]\nkeep = \"three\"\n", to: "bad.toml")
            let outcome = try Alpharl.run(["check-config", file])
            #expect(outcome.status == 78 && outcome.output.isEmpty)
            let complaint = try #require(outcome.complaint)
            #expect(
                complaint.contains("bad.toml") && complaint.contains("5") && complaint.contains("emit.keep"),
                "\(complaint)")
        }

        @Test func doctorFindsNothingWrongWithAGoodRun() throws {
            let run = try RunFolder()
            try run.publish(24)
            let outcome = try Alpharl.run(["doctor", "--config", run.configuration])
            #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome)")
            #expect(!outcome.output.contains("PROBLEM"), "\(outcome.output)")
            #expect(
                outcome.output.contains("21 modules") && outcome.output.contains("huggingface"), "\(outcome.output)")
            #expect(outcome.output.contains("BLAS"))
        }

        @Test func doctorNamesWhatIsWrong() throws {
            let run = try RunFolder(base: "/nonexistent/base")
            let outcome = try Alpharl.run(
                ["doctor", "--config", run.configuration], adding: ["ALPHARL_RUN_WATCH": "/nonexistent/watched"])
            #expect(outcome.status == 78)
            let problems = outcome.output.split(separator: "\n").filter { $0.hasPrefix("PROBLEM") }
            #expect(problems.contains { $0.contains("/nonexistent/base") }, "\(outcome.output)")
            #expect(problems.contains { $0.contains("/nonexistent/watched") }, "\(outcome.output)")
        }

        @Test func statusWithoutADaemonIsOneLineAndStatus69() throws {
            let run = try RunFolder()
            for arguments in [
                ["--socket", run.socket], ["test", "--socket", run.socket], ["--json", "--socket", run.socket], [],
            ] {
                let outcome = try Alpharl.run(["status"] + arguments, adding: ["XDG_RUNTIME_DIR": run.place.path])
                #expect(outcome.status == 69 && outcome.output.isEmpty, "\(outcome)")
                #expect(outcome.complaint != nil, "\(outcome.errors)")
            }
        }

        @Test func statusFindsTheDaemonAndPrintsAScreen() throws {
            let run = try RunFolder()
            try run.publish([24, 48])
            let daemon = try LiveDaemon(run)
            try daemon.waitUntilRecorded(48)
            let screen = try Alpharl.run(["status"], adding: ["ALPHARL_SOCKET": run.socket])
            #expect(screen.status == 0 && screen.errors.isEmpty, "\(screen)")
            #expect(screen.output.contains("run test") && screen.output.contains("2 checkpoints, steps 24 to 48"))
            #expect(screen.output.split(separator: "\n").allSatisfy { $0.count <= 100 })
            let json = try Alpharl.run(["status", "--json", "--socket", run.socket])
            let document = try JSONCoding.decode(RunStatus.self, from: Data(json.output.utf8))
            #expect(document.checkpoints.recorded == 2 && document.run == "test")
            try daemon.stop()
        }
    }
}

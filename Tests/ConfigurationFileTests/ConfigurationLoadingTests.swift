import Foundation
import Testing
import Vocabulary

@testable import ConfigurationFile

/// A file with the two keys that are needed and `more` behind them.
func configuration(
    _ more: String = "", environment: [String: String] = [:], path: String = "/etc/alpharl/math.toml",
    checks: [String: RunConfiguration.TextCheck] = [:]
) throws(ConfigurationError) -> RunConfiguration {
    let text = "[run]\nwatch = \"/data/ckpts\"\nbase = \"/models/base\"\n" + more
    return try RunConfiguration.parse(
        text, path: path, directory: "/etc/alpharl", environment: environment, checks: checks)
}

struct ConfigurationLoadingTests {
    /// config/alpharl.toml of this repository.
    static let example = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("config/alpharl.toml").path

    @Test func twoKeysAreEnoughAndAllOthersHaveTheDocumentedDefaults() throws {
        let value = try configuration()
        #expect(value.run.name == "math")
        #expect(value.run.layout == "auto" && value.run.pattern.isEmpty)
        #expect(value.factors.rank == 4)
        #expect(value.forecast == .init())
        #expect(value.forecast.model == "auto" && value.forecast.targetStep == 0 && value.forecast.horizon == 2)
        #expect(value.forecast.targetAccuracy == 0 && value.forecast.minimumCheckpoints == 6)
        #expect(value.confidence.threshold == 0.5 && value.confidence.consecutive == 2)
        #expect(value.emit.formats == [.full] && value.emit.elementType == .same && value.emit.otherTensors == .latest)
        #expect(value.emit.keep == 3 && value.emit.onEmit.isEmpty && value.emit.onEmitTimeout == .seconds(21_600))
        #expect(value.metrics.source == .auto && value.metrics.stepScale == 1 && value.metrics.stepOffset == 0)
        #expect(value.socket.mode == 0o660 && value.socket.group.isEmpty)
        #expect(value.resources.threads == 2 && value.resources.memory.bytes == 2_147_483_648)
        #expect(value.log.level == .info)
        #expect(value.origins.keys.sorted() == ["run.base", "run.watch"])
    }

    @Test func valuesMadeInCodeAreThoseOfAFileWithTheSameTwoKeys() throws {
        let places = DefaultPlaces(environment: [:], configurationDirectory: "/etc/alpharl", runName: "math")
        let inCode = RunConfiguration(watch: "/data/ckpts", base: "/models/base", name: "math", places: places)
        #expect(try configuration().keysThatDiffer(from: inCode) == [])
    }

    @Test func everyKeyOfTheFileReachesItsField() throws {
        let text = """
            name = "q"
            layout = "verl"
            pattern = "x(\\\\d+)"
            [factors]
            rank = 2
            include = ["a*"]
            exclude = []
            [forecast]
            model = "line"
            target_step = 240
            horizon = 3
            target_accuracy = 0.8
            min_checkpoints = 5
            [confidence]
            threshold = 1
            consecutive = 3
            [emit]
            directory = "out"
            formats = ["adapter", "full"]
            dtype = "bfloat16"
            other_tensors = "base"
            keep = 7
            on_emit = ["sbatch", "eval.sh", "{path}"]
            on_emit_timeout = "1h30m"
            [metrics]
            source = "logs/m.jsonl"
            key = "acc"
            step_scale = 2.5
            step_offset = -1
            tensorboard = "tb"
            [store]
            path = "~/s.sqlite"
            [socket]
            path = "./s.sock"
            mode = "0600"
            group = "ml"
            [resources]
            threads = 8
            memory = "1.5GiB"
            [log]
            level = "debug"
            """
        let value = try configuration(text, environment: ["HOME": "/home/x"])
        let changed = RunConfiguration.keys.filter { $0 != "run.watch" && $0 != "run.base" }
        #expect(value.keysThatDiffer(from: try configuration()) == changed)
        #expect(value.forecast.horizon == 3)
        #expect(value.emit.directory == "/etc/alpharl/out")
        #expect(value.emit.formats == [.adapter, .full])
        #expect(value.emit.onEmitTimeout == .seconds(5400))
        #expect(value.metrics.source == .file(path: "/etc/alpharl/logs/m.jsonl"))
        #expect(value.metrics.tensorboard == "/etc/alpharl/tb")
        #expect(value.store.path == "/home/x/s.sqlite")
        #expect(value.socket.path == "/etc/alpharl/s.sock")
        #expect(value.socket.mode == 0o600)
        #expect(value.resources.memory.bytes == 1_610_612_736)
        #expect(value.origin(of: "run.layout") == .file(line: 5))
    }

    @Test func theExampleFileNamesEveryKeyAndLoadsWithoutWarnings() throws {
        // What is commented out depends on the file's name: copied to /etc/alpharl/NAME.toml it has to be right for NAME.
        let text = try String(contentsOf: URL(fileURLWithPath: Self.example), encoding: .utf8)
        let whole = text.replacing(#/(?m)^# (name|directory|path) = /#) { "\($0.1) = " }
        let value = try RunConfiguration.parse(whole, path: Self.example, directory: "/", environment: [:])
        #expect(value.origins.keys.sorted() == RunConfiguration.keys.sorted())
        #expect(value.warnings == [])
        // Its values are the defaults but for the paths, the name, and the list of families, which is cut short.
        let defaults = RunConfiguration(watch: value.run.watch, base: value.run.base)
        #expect(
            value.keysThatDiffer(from: defaults)
                == ["factors.include", "emit.directory", "store.path", "socket.path"])
    }

    @Test func theExampleFileUnderAnotherNameIsThatRunsOwn() throws {
        let text = try String(contentsOf: URL(fileURLWithPath: Self.example), encoding: .utf8)
        let unit = ["STATE_DIRECTORY": "/var/lib/alpharl/math", "RUNTIME_DIRECTORY": "/run/alpharl"]
        let value = try RunConfiguration.parse(
            text, path: "/etc/alpharl/math.toml", directory: "/etc/alpharl", environment: unit)
        #expect(value.run.name == "math" && value.socket.path == "/run/alpharl/math.sock")
        #expect(value.store.path == "/var/lib/alpharl/math/store.sqlite")
        #expect(value.emit.directory == "/var/lib/alpharl/math/predicted")
    }

    @Test func checksOfOtherTargetsSpeakAboutTheKeyTheyBelongTo() throws {
        #expect(throws: ConfigurationError.self) {
            try configuration(
                "layout = \"hugingface\"", checks: ["run.layout": { $0 == "verl" ? nil : "\"verl\"" }])
        }
        #expect(throws: Never.self) {
            try configuration("layout = \"verl\"", checks: ["run.layout": { $0 == "verl" ? nil : "\"verl\"" }])
        }
    }

    @Test func aMissingFileIsNamedWithItsReason() {
        #expect {
            try RunConfiguration.load(path: "/nonexistent/x.toml", environment: [:])
        } throws: { error in
            "\(error)" == "/nonexistent/x.toml: cannot read the configuration: there is no such file; "
                + "give the path of a TOML file"
        }
    }

    @Test func aFileThatIsNotTextIsRefused() throws {
        let path = NSTemporaryDirectory() + "alpharl-configuration-\(UUID().uuidString).toml"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data([0x5B, 0xFF, 0xFE]).write(to: URL(fileURLWithPath: path))
        #expect(
            throws: ConfigurationError.unreadable(path: path, reason: "it is not UTF-8 text; is it the right file?")
        ) {
            try RunConfiguration.load(path: path, environment: [:])
        }
    }

    @Test func aDirectoryInsideTheWatchedOneIsWarnedOf() throws {
        #expect(try configuration("[emit]\ndirectory = \"/data/ckpts/predicted\"").warnings.count == 1)
        #expect(try configuration("[emit]\ndirectory = \"/data/ckpts-predicted\"").warnings.isEmpty)
    }
}

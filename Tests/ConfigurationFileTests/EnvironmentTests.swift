import Testing
import Vocabulary

@testable import ConfigurationFile

struct EnvironmentTests {
    @Test func theEnvironmentWinsOverTheFile() throws {
        let value = try configuration(
            "[forecast]\nhorizon = 3.0\n",
            environment: [
                "ALPHARL_FORECAST_HORIZON": "1.5", "ALPHARL_EMIT_ON_EMIT_TIMEOUT": "90s", "ALPHARL_FACTORS_RANK": "8",
                "ALPHARL_RUN_BASE": "base", "ALPHARL_LOG_LEVEL": "debug",
            ])
        #expect(value.forecast.horizon == 1.5)
        #expect(value.emit.onEmitTimeout == .seconds(90))
        #expect(value.factors.rank == 8)
        #expect(value.run.base == "/etc/alpharl/base")
        #expect(value.log.level == .debug)
        #expect(value.origin(of: "forecast.horizon") == .environment(variable: "ALPHARL_FORECAST_HORIZON"))
    }

    @Test(arguments: [
        ("full,adapter", [PredictionFormat.full, .adapter]), ("adapter", [.adapter]),
        ("[\"full\", \"adapter\"]", [.full, .adapter]),
        ("full, adapter", [.full, .adapter]),
    ])
    func listsAreSeparatedByCommasOrWrittenAsTOML(text: String, formats: [PredictionFormat]) throws {
        #expect(try configuration(environment: ["ALPHARL_EMIT_FORMATS": text]).emit.formats == formats)
    }

    @Test func anEmptyListIsAnEmptyVariable() throws {
        let value = try configuration(
            "[emit]\non_emit = [\"x\"]\n", environment: ["ALPHARL_EMIT_ON_EMIT": "", "ALPHARL_FACTORS_EXCLUDE": "[]"])
        #expect(value.emit.onEmit == [] && value.factors.exclude == [])
    }

    @Test(arguments: [
        ("ALPHARL_FACTORS_RANK", "four"), ("ALPHARL_FACTORS_RANK", ""),
        ("ALPHARL_FACTORS_RANK", "99999999999999999999"),
        ("ALPHARL_EMIT_FORMATS", "[\"full\""), ("ALPHARL_EMIT_FORMATS", "[\"full\"]\n[run]"), ("ALPHARL_RUN_WATCH", ""),
    ])
    func aBadVariableIsNamed(variable: String, text: String) {
        #expect {
            try configuration(environment: [variable: text])
        } throws: { "\($0)".hasPrefix("environment variable \(variable): ") }
    }

    @Test func aMistypedVariableIsRefusedAndAForeignOneIsNot() throws {
        #expect {
            try configuration(environment: ["ALPHARL_FORECAST_HORIZONS": "2"])
        } throws: {
            "\($0)" == "unknown environment variable ALPHARL_FORECAST_HORIZONS: did you mean ALPHARL_FORECAST_HORIZON?"
        }
        _ = try configuration(environment: ["ALPHARL_SOCKET": "/x", "ALPHARL_COLOR": "no", "PATH": "/bin"])
    }

    @Test func eachVariableNamesOneKey() {
        #expect(Set(Setting.all.map(\.variable)).count == RunConfiguration.keys.count)
        #expect(Setting.all.map(\.variable).contains("ALPHARL_EMIT_ON_EMIT_TIMEOUT"))
    }
}

struct DefaultPlacesTests {
    private func places(_ environment: [String: String]) -> DefaultPlaces {
        DefaultPlaces(environment: environment, configurationDirectory: "/etc/a", runName: "r")
    }

    @Test func systemdComesFirst() {
        let all = [
            "STATE_DIRECTORY": "/var/lib/alpharl/r", "RUNTIME_DIRECTORY": "/run/alpharl", "XDG_STATE_HOME": "/x",
            "XDG_RUNTIME_DIR": "/y", "HOME": "/h",
        ]
        #expect(places(all).store == "/var/lib/alpharl/r/store.sqlite")
        #expect(places(all).predictions == "/var/lib/alpharl/r/predicted")
        #expect(places(all).socket == "/run/alpharl/r.sock")
        #expect(places(["STATE_DIRECTORY": "/a:/b"]).store == "/a/store.sqlite")
    }

    @Test func thenTheUsersDirectories() {
        #expect(places(["XDG_STATE_HOME": "/x/", "HOME": "/h"]).store == "/x/alpharl/r/store.sqlite")
        #expect(places(["HOME": "/h"]).store == "/h/.local/state/alpharl/r/store.sqlite")
        #expect(places(["XDG_RUNTIME_DIR": "/run/user/1"]).socket == "/run/user/1/alpharl/r.sock")
    }

    @Test func thenTheFilesDirectoryEachForItself() {
        #expect(places([:]).store == "/etc/a/store.sqlite")
        #expect(places(["HOME": "/h"]).socket == "/etc/a/r.sock")
        #expect(places(["XDG_STATE_HOME": "relative", "HOME": ""]).predictions == "/etc/a/predicted")
    }

    @Test func aNameSetInTheFileNamesTheSocketToo() throws {
        let value = try configuration(
            "name = \"other\"", environment: ["XDG_RUNTIME_DIR": "/run/user/1", "HOME": "/h"])
        #expect(value.socket.path == "/run/user/1/alpharl/other.sock")
        #expect(value.store.path == "/h/.local/state/alpharl/other/store.sqlite")
    }
}

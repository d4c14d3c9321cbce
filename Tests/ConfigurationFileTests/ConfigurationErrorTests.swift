import Foundation
import TestSupport
import Testing

@testable import ConfigurationFile

struct ConfigurationErrorTests {
    /// What is said of the file with these lines behind the two needed ones (which are lines 1 to 3).
    private func complaint(_ more: String, environment: [String: String] = [:]) -> String {
        do {
            _ = try configuration(more, environment: environment, path: "run.toml")
            return ""
        } catch {
            return "\(error)"
        }
    }

    @Test func anUnknownKeyIsAnsweredWithTheNearestOne() {
        #expect(complaint("wacth = \"x\"") == "run.toml:4:1: unknown key run.wacth: did you mean run.watch?")
        #expect(
            complaint("[emit]\nformat = [\"full\"]")
                == "run.toml:5:1: unknown key emit.format: did you mean emit.formats?")
        #expect(complaint("[emmit]\nkeep = 1") == "run.toml:4:1: unknown table [emmit]: did you mean [emit]?")
        #expect(
            complaint("[log]\nzzzzzzzzzz = 1")
                == "run.toml:5:1: unknown key log.zzzzzzzzzz: remove it, or see config/alpharl.toml for the keys there are"
        )
    }

    @Test func aKeyOutsideItsTableIsAnsweredWithTheKeyInsideOne() throws {
        #expect {
            try RunConfiguration.parse("watch = \"x\"\n", path: "a.toml", directory: "/")
        } throws: { "\($0)".hasPrefix("a.toml:1:1: unknown key watch: did you mean run.watch?") }
    }

    @Test func aWrongTypeIsSaidAsSuch() {
        #expect(
            complaint("[emit]\n\n  keep = \"3\"")
                == "run.toml:6:3: emit.keep has the wrong type (got the text \"3\", expected a whole number in 1...1000000)"
        )
        #expect(
            complaint("[emit]\nformats = \"full\"").contains("emit.formats has the wrong type (got the text \"full\""))
        #expect(complaint("[emit]\nformats = [1]").contains("emit.formats has the wrong type (got the list [1]"))
        #expect(complaint("[forecast]\nhorizon = true").contains("forecast.horizon has the wrong type (got true"))
        #expect(complaint("name = 1979-05-27").contains("run.name has the wrong type (got a date or time"))
        #expect(complaint("[socket.mode]\nx = 1").contains("socket.mode has the wrong type (got a table"))
        #expect(complaint("[socket]\nmode = 0o660").contains("expected permission bits as octal text"))
        #expect(
            complaint("[forecast]\nmin_checkpoints = 6.0").contains("(got 6.0, expected a whole number in 3...10000)"))
    }

    @Test(arguments: [
        "name = \"../x\"", "name = \"\"", "[factors]\nrank = 0", "[factors]\nrank = 65", "[factors]\ninclude = []",
        "[factors]\ninclude = [\"\"]", "[forecast]\nhorizon = 1.0", "[forecast]\nhorizon = nan",
        "[forecast]\nhorizon = inf", "[forecast]\ntarget_step = -1", "[forecast]\ntarget_accuracy = -0.1",
        "[confidence]\nthreshold = 1.01", "[confidence]\nconsecutive = 0", "[emit]\nformats = []",
        "[emit]\nformats = [\"full\", \"full\"]", "[emit]\ndtype = \"float16\"", "[emit]\nkeep = 0",
        "[emit]\ndirectory = \"\"", "[emit]\non_emit = [\"\", \"x\"]", "[emit]\non_emit_timeout = \"6\"",
        "[emit]\non_emit_timeout = \"31d\"", "[metrics]\nsource = \"m.csv\"", "[metrics]\nstep_scale = 0",
        "[socket]\nmode = \"0888\"", "[socket]\nmode = \"1777\"", "[socket]\nmode = \"+660\"",
        "[resources]\nthreads = 0", "[resources]\nmemory = \"2G\"", "[resources]\nmemory = \"1MiB\"",
        "[log]\nlevel = \"verbose\"",
    ])
    func aValueOutsideItsRangeIsRefusedWithTheRange(line: String) {
        #expect(complaint(line).contains("is not acceptable (got"))
        #expect(complaint(line).contains("expected"))
    }

    @Test func theKernelsLimitForSocketPathsIsCheckedBeforeTheKernelDoes() {
        let long = String(repeating: "d", count: 110)
        #expect(
            complaint("[socket]\npath = \"/\(long)\"").contains("expected at most 107 bytes); it is 111 bytes long"))
        #expect(
            complaint("", environment: ["XDG_RUNTIME_DIR": "/" + long]).contains("socket.path is missing; its default"))
    }

    @Test func syntaxErrorsComeWithLineAndColumn() {
        #expect(complaint("name = \"x").hasPrefix("run.toml:4:"))
        #expect(complaint("name = ").hasPrefix("run.toml:4:"))
        #expect(complaint("watch = \"twice\"").contains("not valid TOML"))
        #expect(complaint("name = \"a\\u0000b\"").contains("a text with a NUL in it"))
    }

    @Test func nestingWithoutEndIsRefusedNotFollowed() {
        #expect(complaint("name = " + String(repeating: "[", count: 100_000)).contains("not valid TOML"))
    }

    @Test func allProblemsAreTold() throws {
        #expect {
            try RunConfiguration.parse("[emit]\nkeep = 0\nkept = 1\n", path: "a.toml", directory: "/")
        } throws: { error in
            guard case .several(let problems)? = error as? ConfigurationError else { return false }
            return problems.count == 4 && "\(error)".split(separator: "\n").count == 4
        }
    }

    @Test func neededKeysAreAskedFor() {
        #expect {
            try RunConfiguration.parse("[run]\nwatch = \"/w\"\n", path: "a.toml", directory: "/")
        } throws: { "\($0)" == "a.toml: run.base is missing; it has no default: set it" }
    }

    @Test func aFileNameThatIsNoRunNameIsNotMadeOne() {
        #expect {
            try configuration(path: "/etc/my run.toml")
        } throws: { "\($0)".contains("run.name is missing; the file's name \"my run\" cannot stand for it") }
    }

    @Test func aTableThatIsNoneIsSaidAsSuch() {
        #expect {
            try RunConfiguration.parse(
                "emit = 3\n[run]\nwatch = \"/w\"\nbase = \"/b\"\n", path: "a.toml", directory: "/")
        } throws: { "\($0)" == "a.toml:1:1: emit has the wrong type (got 3, expected a table, [emit])" }
    }

    @Test func aFileThatIsDamagedAnywhereIsReadOrRefusedAndNeverWorse() throws {
        let whole = Array(
            try String(contentsOf: URL(fileURLWithPath: ConfigurationLoadingTests.example), encoding: .utf8).utf8)
        var generator = SeededGenerator(seed: 7)
        var refused = 0
        for _ in 0..<400 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
                case 1: bytes.removeSubrange(place..<min(bytes.count, place + 40))
                default: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 40)], at: place)
                }
            }
            do {
                let value = try RunConfiguration.parse(
                    String(decoding: bytes, as: UTF8.self), path: "x", directory: "/")
                #expect(
                    try RunConfiguration.parse(value.rendered(), path: "x", directory: "/").keysThatDiffer(from: value)
                        == [])
            } catch {
                refused += 1
                #expect(!"\(error)".isEmpty)
            }
        }
        #expect(refused > 100)
    }

    @Test func theLineOfAKeyIsFoundBehindTextThatLooksLikeOne() {
        let text = """
            name = "x" # watch = 1
            pattern = \"\"\"
            [emit]
            keep = 0
            \"\"\"
            [emit]
            on_emit = [
              "keep = 9",
            ]
            "keep" = 0
            """
        #expect(complaint(text).hasPrefix("run.toml:13:1: emit.keep is not acceptable"))
    }
}

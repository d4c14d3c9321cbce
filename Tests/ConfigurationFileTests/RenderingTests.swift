import Testing

@testable import ConfigurationFile

struct RenderingTests {
    @Test func whatIsRenderedReadsBackAsTheSameValues() throws {
        let text = """
            pattern = 'a"b\\(\\d+)'
            [emit]
            on_emit = ["sh", "-c", "echo \\"{path}\\"\\t\\u0007 ünï"]
            on_emit_timeout = "1d2h3m4s5ms"
            [resources]
            memory = "100000001B"
            [metrics]
            source = "x.jsonl"
            step_scale = 0.1
            """
        let value = try configuration(text, environment: ["ALPHARL_FORECAST_HORIZON": "1.25", "HOME": "/h"])
        let again = try RunConfiguration.parse(value.rendered(), path: "again.toml", directory: "/elsewhere")
        #expect(again.keysThatDiffer(from: value) == [])
        #expect(value.emit.onEmit[2] == "echo \"{path}\"\t\u{7} ünï")
        #expect(again.origins.count == RunConfiguration.keys.count)
    }

    @Test func eachValueSaysWhereItCameFrom() throws {
        let lines = try configuration(environment: ["ALPHARL_EMIT_KEEP": "9"]).rendered().split(separator: "\n")
        #expect(lines.contains("watch = \"/data/ckpts\"  # file, line 2"))
        #expect(lines.contains("keep = 9  # environment, ALPHARL_EMIT_KEEP"))
        #expect(lines.contains("rank = 4  # default"))
    }

    @Test func aReloadKnowsWhatChanged() throws {
        let old = try configuration("[forecast]\nhorizon = 2.0\n[log]\nlevel = \"info\"")
        let new = try configuration("[forecast]\nhorizon = 3.0\n[log]\nlevel = \"debug\"")
        #expect(new.keysThatDiffer(from: old) == ["forecast.horizon", "log.level"])
        #expect(old.keysThatDiffer(from: try configuration()) == [])
    }
}

struct UnitTests {
    @Test(arguments: [
        ("2GiB", 2_147_483_648), ("2 GiB", 2_147_483_648), ("1.5KiB", 1536), ("1TB", 1_000_000_000_000), ("0B", 0),
        ("7B", 7),
    ])
    func sizesAreRead(text: String, bytes: Int) {
        #expect(ByteSize(text: text)?.bytes == bytes)
    }

    @Test(arguments: [
        "", "2", "GiB", "2G", "2gib", "-1B", "1e3B", "1.B", ".5KiB", "0.3B", "9999999999TiB", "9223372036854775808B",
        "٣GiB",
        "2GiB ", "1..5GiB",
    ])
    func whatIsNoSizeIsRefused(text: String) {
        #expect(ByteSize(text: text) == nil)
    }

    @Test(arguments: [0, 1, 1000, 1024, 1536, 2_147_483_648, 1_000_000_007, Int.max])
    func aSizeReadsBack(bytes: Int) {
        #expect(ByteSize(text: ByteSize(bytes: bytes).description)?.bytes == bytes)
    }

    @Test(arguments: [
        ("6h", 21_600_000), ("1h30m", 5_400_000), ("250ms", 250), ("1s5ms", 1005), ("2d", 172_800_000), ("0s", 0),
    ])
    func durationsAreRead(text: String, milliseconds: Int) {
        #expect(DurationText.parse(text) == .milliseconds(milliseconds))
        #expect(DurationText.format(.milliseconds(milliseconds)) == text)
    }

    @Test(arguments: [
        "", "6", "h", "6 h", "30m1h", "1h1h", "-1s", "1.5h", "99999999999999999999s", "9223372036854775807d",
    ])
    func whatIsNoDurationIsRefused(text: String) {
        #expect(DurationText.parse(text) == nil)
    }
}

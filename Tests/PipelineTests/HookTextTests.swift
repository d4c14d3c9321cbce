import ConfigurationFile
import Testing
import TrajectoryStore

@testable import Pipeline

@Suite struct HookTextTests {
    @Test(arguments: [
        ("{path}", "/p/a b"), ("--id={id}", "--id=7"), ("{id}{id}", "77"), ("{unknown}", "{unknown}"), ("{", "{"),
        ("{{id}}", "{7}"), ("}{id", "}{id"), ("", ""), ("{path}/{format}", "/p/a b/{id}"), ("ü{id}ö", "ü7ö"),
    ])
    func placeholdersAreReplacedOnce(text: String, expected: String) {
        // A value that looks like a placeholder is not looked at again.
        #expect(HookCommand.fill(text, ["path": "/p/a b", "id": "7", "format": "{id}"]) == expected)
    }

    @Test func theCommandIsThatOfThePrediction() throws {
        let fixture = try ClosedLoopFixture()
        let id = try fixture.publish(from: 48, to: 96)
        let prediction = try #require(try fixture.context.store.prediction(id))
        let command = try #require(
            HookCommand(["eval", "{path}", "--step", "{step}", "{format}", "{id}"], for: prediction))
        #expect(command.program == "eval")
        #expect(command.arguments == [prediction.plan.path, "--step", "96", "full", "\(id)"])
        #expect(HookCommand([], for: prediction) == nil)
        // The program is taken as it is.
        #expect(HookCommand(["{path}"], for: prediction)?.program == "{path}")
    }

    @Test func linesAreCutWhereverTheBytesAre() {
        let text = "one\ntwo\r\nthree\r  75%\rfour"
        for size in 1...text.utf8.count {
            var splitter = LineSplitter()
            var lines: [String] = []
            var rest = Array(text.utf8)[...]
            while !rest.isEmpty {
                lines += splitter.take(rest.prefix(size))
                rest = rest.dropFirst(size)
            }
            #expect(lines + splitter.finish() == ["one", "two", "three", "  75%", "four"])
            #expect(splitter.finish().isEmpty)
        }
    }

    @Test func aLineWithoutEndIsCutToItsLongestLength() {
        var splitter = LineSplitter()
        let lines = splitter.take([UInt8](repeating: 65, count: 2 * LineSplitter.longestLine + 3))
        #expect(lines.map(\.count) == [LineSplitter.longestLine, LineSplitter.longestLine])
        #expect(splitter.finish() == ["AAA"])
    }

    @Test func bytesThatAreNoTextAreReplaced() {
        var splitter = LineSplitter()
        #expect(splitter.take([0x61, 0xFF, 0x0A]) == ["a\u{FFFD}"])
    }
}

import Foundation
import Testing

/// The documents against the tree.
@Suite struct DocumentationTests {
    @Test(arguments: Rules.imports.map(\.target) + Rules.cTargets.sorted())
    func architecturePageNames(target: String) throws {
        let page = try String(contentsOf: SourceTree.root.appending(path: "docs/architecture.md"), encoding: .utf8)
        let isNamed = page.contains("`\(target)`")
        #expect(isNamed, "docs/architecture.md does not mention \(target)")
    }

    /// The table "who may import what" of the page is the one that is checked.
    @Test(arguments: Rules.imports)
    func architecturePageStatesTheRule(target: String, allowed: Set<String>) throws {
        let page = try String(contentsOf: SourceTree.root.appending(path: "docs/architecture.md"), encoding: .utf8)
        let listed = allowed.isEmpty ? "nothing" : allowed.sorted().map { "`\($0)`" }.joined(separator: ", ")
        let isStated = page.contains("| `\(target)` | \(listed) |")
        #expect(isStated, "its row should read: | `\(target)` | \(listed) |")
    }

    @Test func relativeLinksOfTheDocumentsLeadSomewhere() throws {
        let link = /\]\(([^)#:\s]+)(?:#[^)]*)?\)/
        let names = try FileManager.default.subpathsOfDirectory(atPath: SourceTree.root.appending(path: "docs").path())
        for name in names.filter({ $0.hasSuffix(".md") }).map({ "docs/" + $0 }) + ["README.md", "Examples/README.md"] {
            let page = SourceTree.root.appending(path: name)
            for match in try String(contentsOf: page, encoding: .utf8).matches(of: link) {
                let target = page.deletingLastPathComponent().appending(path: String(match.1)).path()
                #expect(
                    FileManager.default.fileExists(atPath: target), "\(name) links to \(match.1), which is not there")
            }
        }
    }

    /// What docs/reliability.md says a fault was shown by is there: a suite, or a test of that name.
    @Test func faultsNameTestsThatExist() throws {
        let page = try String(contentsOf: SourceTree.root.appending(path: "docs/reliability.md"), encoding: .utf8)
        let tests = try SourceTree.files(below: "Tests").map(\.text).joined(separator: "\n")
        let rows = page.split(separator: "\n").filter { $0.hasPrefix("| ") }
        let names = rows.flatMap { $0.split(separator: "|").last?.matches(of: /`(\w+)`/).map { $0.1 } ?? [] }
        #expect(names.count > 15)
        for name in names {
            #expect(
                tests.contains("struct \(name) ") || tests.contains("class \(name) ")
                    || tests.contains("func \(name)("), "no test \(name)")
        }
    }

    /// The table of exit statuses of docs/operations.md is the program's.
    @Test func everyExitStatusIsExplained() throws {
        let file = try SourceTree.swiftSources().first { $0.path == "alpharl/ExitStatus.swift" }
        let statuses = try #require(file).text.matches(of: /case \w+ = (\d+)\n/).map { Int($0.1) }
        let page = try String(contentsOf: SourceTree.root.appending(path: "docs/operations.md"), encoding: .utf8)
        let commands = try #require(page.components(separatedBy: "**Commands** that fail").last)
        let rows = commands.matches(of: /(?m)^\| (\d+) \| [^|]{10,} \| [^|]{8,} \|$/).map { Int($0.1) }
        #expect(statuses.count > 8 && rows == statuses)
    }

    /// Each promise of docs/operations.md names tests that are there.
    @Test func promisesNameTestsThatExist() throws {
        let page = try String(contentsOf: SourceTree.root.appending(path: "docs/operations.md"), encoding: .utf8)
        let promises = try #require(page.components(separatedBy: "## What is promised").last)
        let tests = try SourceTree.files(below: "Tests").map(\.text).joined(separator: "\n")
        // A second test of the same suite is named `.likeThis`.
        let names = promises.matches(of: /`(\w+Tests)?(?:\.(\w+))?`/).filter { $0.1 != nil || $0.2 != nil }
        #expect(names.count > 20)
        for match in names {
            let suite = match.1 ?? ""
            #expect(suite.isEmpty || tests.contains("struct \(suite) "), "no suite \(suite)")
            if let function = match.2 { #expect(tests.contains("func \(function)("), "no test \(suite).\(function)") }
        }
        let claims = try FileManager.default.subpathsOfDirectory(
            atPath: SourceTree.root.appending(path: "Tests").path()
        )
        .filter { $0.contains("claims") && !$0.hasSuffix("claims.d") || $0 == "Package/run" }
        .map { try String(contentsOf: SourceTree.root.appending(path: "Tests/\($0)"), encoding: .utf8) }.joined()
        for match in promises.matches(of: /"([^"]+)"/) {
            let words = match.1.split(separator: "...").map { $0.trimmingCharacters(in: .whitespaces) }
            for part in words where part.count > 3 {
                #expect(claims.contains(part), "no claim says: \(part)")
            }
        }
    }
}

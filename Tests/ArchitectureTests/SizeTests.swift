import Testing

/// Files that fit on a few screens, functions that fit on one.
@Suite struct SizeTests {
    @Test(arguments: [("Sources", Rules.sourceLines), ("Tests", Rules.testLines)])
    func noFileIsLongerThanItsBudget(folder: String, budget: Int) throws {
        for file in try SourceTree.files(below: folder) where file.lineCount > budget {
            Issue.record("\(folder)/\(file.path) has \(file.lineCount) lines (at most \(budget)): split it by idea")
        }
    }

    @Test(arguments: ["Sources", "Tests"])
    func noFunctionIsLongerThanItsBudget(folder: String) throws {
        for file in try SourceTree.files(below: folder) where file.path.hasSuffix(".swift") {
            for function in CodeText(file.text).functions where function.lineCount > Rules.functionLines {
                Issue.record(
                    """
                    \(folder)/\(file.path):\(function.firstLine) \(function.name) has \(function.lineCount) lines \
                    (at most \(Rules.functionLines)): name its parts
                    """)
            }
        }
    }

    @Test func mostFunctionsAreShort() throws {
        let lengths = try SourceTree.swiftSources().flatMap { CodeText($0.text).functions.map(\.lineCount) }.sorted()
        guard lengths.count >= 100 else { return }
        #expect(lengths[lengths.count * 9 / 10] <= 25, "nine functions of ten have at most 25 lines")
    }
}

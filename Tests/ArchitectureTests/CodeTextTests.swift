import Testing

/// The reader of Swift source that the other tests rely on, on sources written for it.
@Suite struct CodeTextTests {
    @Test func commentsAndStringsAreBlankedAndLinesKept() {
        let code = CodeText("a // try!\nb /* x /* y */ try! */ c\n\"try! \\(f(\"try!\")) }\" d\n#\"\\\"# e")
        #expect(code.lines(with: "try!").isEmpty)
        #expect(code.words.map(\.text) == ["a", "b", "c", "d", "e"])
        #expect(code.words.map(\.line) == [1, 2, 2, 3, 4])
    }

    @Test func multiLineStringEndsAtItsOwnQuotes() {
        let code = CodeText("let s = \"\"\"\n  a \"quoted\" word {\n  \"\"\"\nlet t = 1")
        #expect(code.words.map(\.text) == ["let", "s", "let", "t", "1"])
    }

    @Test func everyFormOfImportIsFound() {
        let code = CodeText("@preconcurrency import A\npublic import B\nimport struct C.D\n// import E\nimport F")
        #expect(code.importedModules.map(\.text) == ["A", "B", "C", "F"])
    }

    @Test func functionsAreMeasuredFromKeywordToClosingBrace() {
        let code = CodeText(
            """
            struct A {
                init(x: Int = { 1 }()) {
                    self.init()
                    _ = A.init(x: 2)
                }
                func f<T>(a: [Int]) throws(E) -> (Int, Int)
                where T: P {
                    func g() {}
                }
            }
            """)
        let expected = [
            FunctionExtent(name: "init", firstLine: 2, lastLine: 5),
            FunctionExtent(name: "f", firstLine: 6, lastLine: 9),
            FunctionExtent(name: "g", firstLine: 8, lastLine: 8),
        ]
        #expect(code.functions == expected)
    }

    @Test func requirementsOfProtocolsHaveNoBody() {
        let code = CodeText("protocol P {\n    func f()\n    init()\n    var x: Int { get }\n}\nfunc g() {\n}\n")
        #expect(code.functions == [FunctionExtent(name: "g", firstLine: 6, lastLine: 7)])
    }
}

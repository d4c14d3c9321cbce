import Testing

@testable import ConfigurationFile

struct TOMLDocumentTests {
    private func value(_ text: String) throws -> ConfigurationValue? {
        try TOMLDocument(text: "key = " + text, path: "x").tables[""]?.entries["key"]?.value
    }

    @Test(arguments: [
        ("0", ConfigurationValue.integer(0)), ("-0", .integer(0)), ("+7", .integer(7)), ("1_000", .integer(1000)),
        ("0xDEAD_beef", .integer(0xDEAD_BEEF)), ("0o755", .integer(0o755)), ("0b101", .integer(5)),
        ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)), ("1.5", .number(1.5)),
        ("-0.25e2", .number(-25)), ("1e3", .number(1000)), ("6.02_2E+2_3", .number(6.022e23)),
        ("inf", .number(.infinity)),
        ("-inf", .number(-.infinity)), ("true", .boolean(true)), ("false", .boolean(false)), ("1979-05-27", .moment),
        ("07:32:00", .moment), ("1979-05-27T07:32:00Z", .moment), ("[]", .list([])),
        ("[ 1, # one\n  2,\n]", .list([.integer(1), .integer(2)])),
        ("[[1], [\"a\"]]", .list([.list([.integer(1)]), .list([.text("a")])])),
        ("\"\"", .text("")), ("\"a\\t\\\"\\\\\\u00e9\\U0001F600\"", .text("a\t\"\\é😀")), ("'a\\n\"'", .text("a\\n\"")),
        ("\"\"\"\na\r\nb\"\"\"", .text("a\nb")), ("\"\"\"a\"\"b\"\"\"\"\"", .text("a\"\"b\"\"")),
        ("'''\na'b'''", .text("a'b")),
        ("\"\"\"a \\\n\n   b\"\"\"", .text("a b")), ("\"\"\"\"\"\"", .text("")), ("1 # comment", .integer(1)),
    ])
    func valuesAreRead(text: String, expected: ConfigurationValue) throws {
        #expect(try value(text) == expected)
    }

    @Test(arguments: [
        "", "#", "01", "1_", "_1", "1__0", "0x", "0xg", "-0x1", "1.", ".5", "1.e3", "1e", "1.5.5",
        "9223372036854775808", "+", "1 2",
        "True", "text", "\"", "\"a", "\"a\nb\"", "'a", "\"\\x41\"", "\"\\u12\"", "\"\\uD800\"", "\"\\U00110000\"",
        "\"\"\"a", "'''a''",
        "\"a\" b", "[1", "[1 2]", "[,]", "[1,,2]", "]", "[}]", "[{a = 1}]", "{}", "{a = 1}", "\"\\u0000\"", "\"\0\"",
        "\"\u{1}\"", "1 \r",
        "# \u{1}", "\u{7F}", "٣", "=", "1979-05-27 07:32:00 x",
    ])
    func whatIsNoValueIsRefused(text: String) {
        #expect(throws: ConfigurationError.self) { try value(text) }
    }

    @Test func tablesAndKeysHaveTheirPlaces() throws {
        let text = "\u{FEFF}# a\r\n[ run ] # b\r\n  watch=1\r\n'quoted key' = 2\r\n[\"a b\".c]\r\n"
        let document = try TOMLDocument(text: text, path: "x")
        #expect(document.tables.keys.sorted() == ["a b.c", "run"])
        let entry = try #require(document.tables["run"]?.entries["watch"])
        #expect(entry.line == 3 && entry.column == 3 && entry.value == .integer(1))
        #expect(document.tables["run"]?.entries["quoted key"]?.line == 4)
        #expect(document.tables["a b.c"]?.line == 5)
    }

    @Test func aDottedKeyOutsideATableNamesOne() throws {
        let document = try TOMLDocument(text: "run.watch = \"x\"\nrun . base = \"y\"", path: "x")
        #expect(document.tables["run"]?.entries.mapValues(\.value) == ["watch": .text("x"), "base": .text("y")])
    }

    @Test(arguments: [
        ("a = 1\na = 2", "x:2:1: not valid TOML: the key a stands here again (first in line 1); remove one of the two"),
        (
            "[a]\n[b]\n[a]",
            "x:3:1: not valid TOML: the table [a] stands here again (first in line 1); put its keys together"
        ),
        (
            "a.b = 1\n[a]",
            "x:2:1: not valid TOML: the table [a] stands here again (first in line 1); put its keys together"
        ),
        ("[[a]]", "x:1:1: not valid TOML: an array of tables [[...]]; write [...] once"),
        ("[a", "x:1:3: not valid TOML: \"]\" was expected after a table's name (got the end of the file)"),
        ("[@]", "x:1:2: not valid TOML: a key was expected (got \"@\")"),
        ("[]", "x:1:2: not valid TOML: a key was expected (got \"]\")"),
        ("[a.]", "x:1:4: not valid TOML: a key was expected (got \"]\")"),
        ("[a] b = 1", "x:1:5: not valid TOML: the end of the line was expected (got \"b\")"),
        ("a", "x:1:2: not valid TOML: \"=\" was expected after a key (got the end of the file)"),
        ("a = ", "x:1:5: not valid TOML: a value was expected (got the end of the file)"),
        ("a = yes", "x:1:5: not valid TOML: \"yes\" is no value; text is written in quotes"),
        ("\n\n a = \"x", "x:3:8: not valid TOML: a text without its closing quote \" on the line"),
        ("é = 1", "x:1:1: not valid TOML: a key was expected (got \"é\")"),
        ("a = 1\rb = 2", "x:1:6: not valid TOML: the end of the line was expected (got \"\\r\")"),
    ])
    func mistakesAreNamedWithTheirPlace(text: String, message: String) {
        #expect { try TOMLDocument(text: text, path: "x") } throws: { "\($0)" == message }
    }
}

import Checkpoints
import Foundation
import TestSupport
import Testing

struct JSONScannerTests {
    private func accepts(_ text: [UInt8], _ dialect: JSONScanner.Dialect = .standard) -> Bool {
        do throws(JSONProblem) {
            var scanner = try JSONScanner(text, dialect: dialect)
            try scanner.skip()
            try scanner.end()
            return true
        } catch { return false }
    }

    private func string(_ text: String) throws -> String {
        var scanner = try JSONScanner(Array(text.utf8))
        return try scanner.string()
    }

    @Test(arguments: [
        "0", "-0", "1.5e-3", "[]", "[1,2]", "{}", #"{"a":{"b":[null,true,false]}}"#, " \n\t\r1 ", #""\u00e9""#, "\"é\"",
        #""\ud83d\ude00""#,
    ])
    func validTextIsAccepted(text: String) { #expect(accepts(Array(text.utf8))) }

    @Test(arguments: [
        "", " ", "01", "+1", "1.", ".5", "1e", "-", "NaN", "Infinity", "[1,]", "[,]", "[1 2]", "{\"a\"}", "{a:1}",
        "{\"a\":1,}",
        "'a'", "\"a", "\"\u{1}\"", #""\x""#, #""\u12""#, #""\ud800""#, #""\udc00""#, #""\ud800\u0041""#, "truex", "tru",
        "nul",
        "1 1", "[", "]", "{", "\"\\", "\u{FEFF}1",
    ])
    func invalidTextIsRefused(text: String) { #expect(!accepts(Array(text.utf8))) }

    @Test(arguments: [[0x22, 0xC0, 0xAF, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0x22, 0xFF, 0x22]] as [[UInt8]])
    func invalidUTF8IsRefused(bytes: [UInt8]) { #expect(!accepts(bytes)) }

    @Test func escapesAreResolved() throws {
        #expect(try string(#""a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00""#) == "a\"\\/\u{8}\u{C}\n\r\té😀")
    }

    @Test(arguments: [
        ("NaN", true), ("Infinity", true), ("-Infinity", true), ("-NaN", false), ("Inf", false), ("nan", false),
    ])
    func pythonsNumbersAreReadWhereItIsSaid(text: String, isPython: Bool) {
        #expect(!accepts(Array(text.utf8)))
        #expect(accepts(Array(text.utf8), .python) == isPython)
    }

    @Test func depthIsBounded() {
        let deep = JSONScanner.maximumDepth
        #expect(accepts([UInt8](repeating: 0x5B, count: deep) + [UInt8](repeating: 0x5D, count: deep)))
        #expect(!accepts([UInt8](repeating: 0x5B, count: deep + 1) + [UInt8](repeating: 0x5D, count: deep + 1)))
        #expect(!accepts([UInt8](repeating: 0x5B, count: 1_000_000)))
    }

    /// Foundation's parser as a second opinion, on texts made of JSON's own characters. It lets a comma before a closing
    /// bracket pass, which the standard does not.
    @Test func foundationAgreesOnRandomText() {
        var generator = SeededGenerator(seed: 11)
        let pieces = [
            "{", "}", "[", "]", ",", ":", "\"a\"", "\"\\u0041\"", "1", "-2.5", "true", "null", " ", "\"", "0",
        ]
        var agreed = 0
        for _ in 0..<3000 {
            let text = (0..<Int.random(in: 1...9, using: &generator)).map { _ in
                pieces[Int.random(in: 0..<pieces.count, using: &generator)]
            }.joined()
            if text.contains(/, *[\]}]/) { continue }
            let foundation = try? JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
            #expect(accepts(Array(text.utf8)) == (foundation != nil), "\(text)")
            agreed += foundation == nil ? 0 : 1
        }
        #expect(agreed > 100)
    }

    @Test func quotingIsUndoneByReading() throws {
        let text = String(String.UnicodeScalarView((0..<0x500).compactMap { UnicodeScalar($0) })) + "😀"
        #expect(try string(JSONText.quoted(text)) == text)
    }
}

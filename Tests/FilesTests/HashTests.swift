import Files
import Foundation
import TestSupport
import Testing

struct HashTests {
    /// From the Python package xxhash 4.1.0, `xxh3_128_hexdigest`; the last of bytes 0, 1, ..., 255, 0, ... to 1000.
    @Test func xxh3IsThatOfTheReferenceTool() {
        #expect(ContentHash.of([UInt8]()).description == "99aa06d3014798d86001c324468d497f")
        #expect(ContentHash.of(Array("alpharl".utf8)).description == "23066cef296b9bbf9571147856eb8feb")
        #expect(ContentHash.of((0..<1000).map { UInt8($0 % 256) }).description == "076f7e02b7120d2ad33dd80b46f60e50")
    }

    @Test func howContentIsCutMakesNoDifference() {
        var generator = SeededGenerator(seed: 1)
        let content = (0..<5000).map { _ in UInt8.random(in: 0...255, using: &generator) }
        for _ in 0..<50 {
            let cut = Int.random(in: 0...content.count, using: &generator)
            var hash = ContentHasher()
            var digest = SHA256Hasher()
            for part in [Array(content[..<cut]), Array(content[cut...])] {
                hash.update(part)
                digest.update(part)
            }
            #expect(hash.finalize() == .of(content))
            #expect(digest.finalize() == .of(content))
        }
    }

    @Test func numbersHashAsTheirLittleEndianBytes() {
        #expect(ContentHash.of([UInt16(0x0201), 0x0403]) == .of([UInt8(1), 2, 3, 4]))
        #expect(ContentHash.of([Float(1)]) == .of([UInt8(0), 0, 0x80, 0x3F]))
    }

    /// FIPS 180-2, appendix B.1.
    @Test func sha256IsThatOfTheStandard() {
        #expect(
            SHA256Digest.of(Array("abc".utf8)).hexadecimal
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    @Test func aHashIsWrittenAndReadAsThirtyTwoDigits() throws {
        let hash = ContentHash(high: 0xAB, low: 1)
        #expect(hash.description == "00000000000000ab0000000000000001")
        #expect(ContentHash(hexadecimal: hash.description) == hash)
        #expect(try JSONDecoder().decode(ContentHash.self, from: JSONEncoder().encode(hash)) == hash)
    }

    @Test(arguments: ["", "ab", String(repeating: "g", count: 32), "+" + String(repeating: "0", count: 31)])
    func whatIsNoHashIsRefused(text: String) {
        #expect(ContentHash(hexadecimal: text) == nil)
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(ContentHash.self, from: Data("\"\(text)\"".utf8))
        }
    }
}

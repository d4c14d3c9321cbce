import Foundation
import FuzzTargets
import Testing

/// Every input that fuzzing kept, and mutations of each by fixed seeds: none may end the process.
struct CorpusTests {
    private static let corpus = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fuzz/Corpus")

    @Test(arguments: FuzzTarget.allCases) func nothingOfTheCorpusTraps(target: FuzzTarget) async throws {
        let folder = Self.corpus.appending(path: target.rawValue)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path()).sorted()
        #expect(names.count >= 5)
        let inputs = try names.map { [UInt8](try Data(contentsOf: folder.appending(path: $0))) }
        await onOwnThread { for input in inputs { target.run(input) } }
    }

    /// A short deterministic stand-in for the fuzzer: each input cut, spliced and with bytes changed, 200 times.
    @Test(arguments: FuzzTarget.allCases) func noMutationOfTheCorpusTraps(target: FuzzTarget) async throws {
        let folder = Self.corpus.appending(path: target.rawValue)
        let inputs = try FileManager.default.contentsOfDirectory(atPath: folder.path()).sorted().map {
            [UInt8](try Data(contentsOf: folder.appending(path: $0)))
        }
        await onOwnThread {
            var mutations = Mutations(state: 2611)
            for round in 0..<200 {
                let input = inputs[round % inputs.count]
                target.run(mutations.mutate(input, mixingIn: inputs[(round * 7 + 3) % inputs.count]))
            }
        }
    }

    /// The target for HTTP waits for a server in this process, whose tasks need the threads that tests run on.
    private func onOwnThread(_ body: @escaping @Sendable () -> Void) async {
        await withCheckedContinuation { continuation in
            let thread = Thread {
                body()
                continuation.resume()
            }
            thread.stackSize = 8 << 20
            thread.start()
        }
    }
}

/// SplitMix64, and what it does to bytes.
private struct Mutations: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func mutate(_ input: [UInt8], mixingIn other: [UInt8]) -> [UInt8] {
        var bytes = input
        for _ in 0..<Int.random(in: 1...4, using: &self) {
            let place = Int.random(in: 0...bytes.count, using: &self)
            let count = Int.random(in: 0...min(4, bytes.count - place), using: &self)
            switch Int.random(in: 0..<4, using: &self) {
            case 0: bytes = Array(bytes.prefix(place))
            case 1:
                bytes.replaceSubrange(
                    place..<place + count, with: (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) })
            case 2: bytes.insert(contentsOf: other.dropFirst(min(place, other.count)).prefix(16), at: place)
            default: bytes.insert(contentsOf: Array("[[[[{\"9e999,-".utf8).prefix(count * 3), at: place)
            }
        }
        return bytes
    }
}

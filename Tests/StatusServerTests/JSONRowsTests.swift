import Foundation
import TestSupport
import Testing
import Vocabulary

@testable import StatusAPI

/// Documents that write themselves, against the encoder that writes all others: the same bytes.
@Suite struct JSONRowsTests {
    private static let hardTexts = [
        "", "2 checkpoints in a row at or above 0.50", "a/b \"quoted\" \\ back",
        "line\nfeed\r\t\u{8}\u{c}\u{0}\u{1f}\u{7f}",
        "Umlaut ä, π, 漢字, \u{2028}, 🦜", "e\u{301}\r\n",
    ]
    private static let hardNumbers: [Double?] = [
        nil, 0, -0.0, 1, -3, 0.1, 1 / 3, 1e15, 1e16, 123_456_789_012_345_680, 1e20, 1e21,
        .leastNonzeroMagnitude, 1e-5, .greatestFiniteMagnitude,
        .nan, .infinity, -.infinity,
    ]

    private func isTheSame(_ document: some RowDocument) throws -> Bool {
        try JSONCoding.encode(document) == JSONCoding.encodeByFields(document)
    }

    @Test func aHistoryHasTheBytesOfTheUsualEncoder() throws {
        var random = SeededGenerator(seed: 3)
        func number() -> Double? { Self.hardNumbers.randomElement(using: &random) ?? nil }
        let verdicts = (0..<200).map { step in
            VerdictDocument(
                step: TrainingStep(step), model: step % 5 == 0 ? nil : "damped",
                targetStep: step % 3 == 0 ? nil : TrainingStep(2 * step), horizon: number(), provenHorizon: number(),
                confidence: number(), skill: number(), realised: number(), ready: step % 2 == 0,
                reason: Self.hardTexts[step % Self.hardTexts.count], emitted: step % 7 == 0, energyShare: number(),
                directionCosine: number(), linearityR2: number(), relativeUpdateNorm: number())
        }
        #expect(try isTheSame(RunHistory(threshold: 0.5, verdicts: verdicts)))
        #expect(try isTheSame(RunHistory(threshold: nil, verdicts: [])))
    }

    @Test func backtestsHaveTheBytesOfTheUsualEncoder() throws {
        var random = SeededGenerator(seed: 4)
        let backtests = (0..<2000).map { index in
            // Of any bits: most are finite numbers of 17 digits.
            let numbers = (0..<3).map { _ in Double(bitPattern: random.next()) }
            return BacktestDocument(
                model: ModelName(Self.hardTexts[index % 2 == 0 ? 1 : index % Self.hardTexts.count]),
                originStep: TrainingStep(index), targetStep: TrainingStep(index + 1), ratio: numbers[0],
                skill: index % 3 == 0 ? nil : numbers[1],
                realised: numbers[2])
        }
        #expect(try isTheSame(BacktestList(backtests: backtests)))
        #expect(try isTheSame(BacktestList(backtests: [])))
    }
}

import Foundation
import Testing
import Vocabulary

@testable import Forecasting

/// What confidence must do on runs whose future is known.
@Suite struct PlantedConfidenceTests {
    @Test func aStraightRunIsTrusted() throws {
        let rehearsal = try Rehearsal(PlantedRun.moving(steps: everyTen(12)) { 0.01 * $0 })
        #expect(rehearsal.confidence(at: 2) > 0.999)
        #expect(rehearsal.judgements.last?.provenHorizon == 3)
        #expect(abs((rehearsal.judgements.last?.evidence(at: 2).realised ?? 0) - 1) < 1e-6)
    }

    /// Nothing before 6 checkpoints, and 2x needs tests from two origins: first at the seventh.
    @Test func trustStartsWithTheEvidenceAndNotBefore() throws {
        let rehearsal = try Rehearsal(PlantedRun.moving(steps: everyTen(9)) { 0.01 * $0 })
        #expect(rehearsal.judgements.prefix(5).allSatisfy { $0.provenHorizon == nil })
        #expect(rehearsal.judgements[4].ratios[0].gap == .tooFewCheckpoints(got: 5, needed: 6))
        #expect(rehearsal.judgements[5].evidence(at: 2).gap == .tooFewOrigins(ratio: 2, got: 1, needed: 2))
        #expect(rehearsal.judgements[6].confidence(at: 2) > 0.999)
    }

    @Test func confidenceFallsWithPlantedNoise() throws {
        let levels = [0, 0.02, 0.08, 0.4].map { noise in
            try? Rehearsal(PlantedRun.moving(steps: everyTen(12), noise: noise, seed: 2) { 0.01 * $0 }).confidence(
                at: 2)
        }
        let found = levels.compactMap { $0 }
        #expect(found.count == 4)
        for (less, more) in zip(found, found.dropFirst()) { #expect(less > more, "\(found)") }
        #expect(found[0] > 0.99 && found[3] < 0.5, "\(found)")
    }

    @Test func confidenceFallsWithCurvature() throws {
        let found = try [1, 0.8, 0.6, 0.4, 0.2].map { power in
            try Rehearsal(PlantedRun.moving(steps: everyTen(14)) { 0.01 * pow($0, power) }).confidence(at: 2)
        }
        for (less, more) in zip(found, found.dropFirst()) { #expect(less >= more, "\(found)") }
        #expect(found[0] > 0.99 && found[4] < 0.5, "\(found)")
    }

    /// A run that turns round one checkpoint ago, after twenty straight ones: a long good past must not outvote it.
    @Test func aBendOneCheckpointAgoIsNoticed() throws {
        let straight = try Rehearsal(PlantedRun.moving(steps: everyTen(20)) { 0.01 * $0 })
        let bent = try Rehearsal(PlantedRun.moving(steps: everyTen(21)) { 0.01 * ($0 > 200 ? 400 - $0 : $0) })
        #expect(straight.confidence(at: 1.25) > 0.999)
        #expect(bent.judgements[19].confidence(at: 1.25) > 0.999)
        for ratio in ConfidenceSettings.ratiosOfInterest {
            #expect(bent.confidence(at: ratio) < 0.5, "at \(ratio): \(bent.confidence(at: ratio))")
        }
        #expect(bent.judgements.last?.provenHorizon == nil)
    }

    /// A stop is noticed as well: the nearest reach first.
    @Test func aRunThatStandsStillLosesTheNearReachFirst() throws {
        let stopped = try Rehearsal(PlantedRun.moving(steps: everyTen(24)) { 0.01 * min($0, 200) })
        #expect(stopped.confidence(at: 1.25) < 0.5)
        let later = try Rehearsal(PlantedRun.moving(steps: everyTen(40)) { 0.01 * min($0, 200) })
        #expect(later.judgements.last?.provenHorizon == nil)
    }

    /// On a random walk the best forecast is the last checkpoint, and `auto` says so.
    @Test(arguments: 1...5 as ClosedRange<UInt64>) func onARandomWalkTheLastCheckpointWins(seed: UInt64) throws {
        let run = PlantedRun.randomWalk(steps: everyTen(18), seed: seed)
        let tangent = try Rehearsal(run)
        let last = try Rehearsal(run, model: LastModel(), fewest: 1)
        for n in 5..<18 {
            let judgements = [last.judgements[n], tangent.judgements[n]]
            #expect(judgements[1].provenHorizon == nil, "seed \(seed) checkpoint \(n)")
            #expect(ForecastChoice.best(of: judgements, at: 2) == 0)
        }
    }

    @Test func autoTakesTangentOnAStraightRun() throws {
        let run = PlantedRun.moving(steps: everyTen(10)) { 0.01 * $0 }
        let judgements = [
            try #require(Rehearsal(run, model: LastModel(), fewest: 1).judgements.last),
            try #require(Rehearsal(run).judgements.last),
        ]
        #expect(ForecastChoice.best(of: judgements, at: 2) == 1)
        #expect(ForecastChoice.best(of: judgements, at: 40) == 0)
        #expect(ForecastChoice.best(of: [], at: 2) == nil)
    }

    @Test func updatesThatStayZeroAreNoEvidence() throws {
        let rehearsal = try Rehearsal(PlantedRun.moving(steps: everyTen(10)) { _ in 0 })
        let judgement = try #require(rehearsal.judgements.last)
        #expect(judgement.ratios.allSatisfy { $0.confidence == 0 })
        #expect(judgement.ratios[0].gap == .notReached(ratio: 1.25, tested: nil))
    }

    @Test func sameRunGivesTheSameBits() throws {
        let run = PlantedRun.moving(steps: everyTen(16), noise: 0.1, seed: 6) { 0.01 * $0 }
        let (first, second) = (try Rehearsal(run), try Rehearsal(run))
        #expect(first.judgements == second.judgements)
    }
}

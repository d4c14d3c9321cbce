import Testing
import Vocabulary

@testable import Forecasting

@Suite struct AccuracyLineTests {
    private func accuracies(_ values: [Double], every interval: Int = 10) -> [StepAccuracy] {
        values.enumerated().map { StepAccuracy(step: TrainingStep(($0.offset + 1) * interval), value: $0.element) }
    }

    private func gap(_ body: () throws -> TrainingStep) -> AccuracyLine.Gap? {
        do {
            _ = try body()
            return nil
        } catch { return error as? AccuracyLine.Gap }
    }

    @Test func aRisingLineReachesItsTargetAtTheStepWhereItIs() throws {
        // 0.1 at step 10, 0.2 at 20, ...: 0.8 at step 80, and 0.81 at the first whole step after 80.
        let line = try AccuracyLine(through: accuracies([0.1, 0.2, 0.3, 0.4, 0.5, 0.6]))
        #expect(abs(line.slope - 0.01) < 1e-15)
        #expect(try line.step(reaching: 0.8, after: 60) == 80)
        #expect(try line.step(reaching: 0.805, after: 60) == 81)
    }

    @Test func onlyTheRecentHalfCounts() throws {
        // Eight values: the last four rise by 0.02 in ten steps, whatever came before.
        let line = try AccuracyLine(through: accuracies([0.9, 0, 0.5, 0.1, 0.30, 0.32, 0.34, 0.36]))
        #expect(line.steps == 50...80)
        #expect(try line.step(reaching: 0.40, after: 80) == 100)
    }

    @Test func orderDoesNotMatter() throws {
        let values = accuracies([0.1, 0.25, 0.3, 0.42, 0.5])
        let forward = try AccuracyLine(through: values)
        #expect(try AccuracyLine(through: values.reversed()) == forward)
    }

    @Test func leastSquaresAgreesWithTheFormulaOnScatteredValues() throws {
        // numpy.polyfit([30, 40, 50], [0.31, 0.37, 0.49], 1) = [0.009, 0.03]: 0.7 at step 74.44.
        let line = try AccuracyLine(through: accuracies([0.1, 0.2, 0.31, 0.37, 0.49]))
        #expect(line.steps == 30...50)
        #expect(try line.step(reaching: 0.7, after: 50) == 75)
    }

    @Test func whatReachesNothingSaysWhy() throws {
        #expect(
            gap { try AccuracyLine(through: accuracies([0.1, 0.2])).step(reaching: 1, after: 20) }
                == .tooFewAccuracies(got: 2, needed: 3))
        #expect(
            gap { try AccuracyLine(through: []).step(reaching: 1, after: 20) } == .tooFewAccuracies(got: 0, needed: 3))
        let level = try AccuracyLine(through: accuracies([0.5, 0.5, 0.5]))
        #expect(gap { try level.step(reaching: 0.6, after: 30) } == .notRising(slope: 0, steps: 10...30))
        let falling = try AccuracyLine(through: accuracies([0.5, 0.4, 0.3]))
        guard case .notRising = gap({ try falling.step(reaching: 0.6, after: 30) }) else {
            Issue.record("a falling line reaches nothing")
            return
        }
        let rising = try AccuracyLine(through: accuracies([0.1, 0.2, 0.3]))
        #expect(gap { try rising.step(reaching: 0.3, after: 30) } == .reached(accuracy: 0.3, at: 30))
        let crawling = try AccuracyLine(through: accuracies([0.1, 0.1, 0.1 + 1e-17 * 4]))
        #expect(gap { try crawling.step(reaching: 1e6, after: 30) } != nil)
    }

    @Test func stepsThatAreTheSameGiveNoLine() {
        let same = [1.0, 2, 3].map { StepAccuracy(step: 10, value: $0) }
        #expect(throws: AccuracyLine.Gap.self) { try AccuracyLine(through: same) }
    }
}

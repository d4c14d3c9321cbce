import Testing
import Vocabulary

@testable import Pipeline

@Suite struct TargetChoiceTests {
    @Test(arguments: [
        ([24, 48, 72, 96], 24), ([10], 10), ([0], 1), ([], 1), ([5, 10, 100, 105, 110], 5), ([30, 10, 20], 10),
    ])
    func intervalIsTheUsualDistance(steps: [Int], expected: Int) {
        #expect(TargetChoice.interval(of: steps.map(TrainingStep.init)) == expected)
    }

    @Test(arguments: [
        (2.0, 192, 24, 384), (1.5, 168, 24, 264), (1.25, 120, 24, 144), (1.04, 120, 24, nil), (1.0, 120, 24, nil),
        (0.5, 120, 24, nil), (2.0, 0, 24, nil),
    ])
    func targetsLieOnTheGridOfTheRun(ratio: Double, last: Int, interval: Int, expected: Int?) {
        let step = TargetChoice.step(ratio, times: TrainingStep(last), interval: interval, knownEnd: nil)
        #expect(step?.value == expected)
    }

    @Test(arguments: [(300, 300), (600, 384), (192, nil), (100, nil)])
    func knownEndIsNeverPassed(end: Int, expected: Int?) {
        let step = TargetChoice.step(2, times: TrainingStep(192), interval: 24, knownEnd: TrainingStep(end))
        #expect(step?.value == expected)
    }

    @Test(arguments: [Double.infinity, .nan, 1e300, -1e300]) func absurdReachesHaveNoTarget(ratio: Double) {
        #expect(TargetChoice.step(ratio, times: TrainingStep(1 << 40), interval: 1, knownEnd: nil) == nil)
    }

    @Test func largestStepsDoNotOverflow() {
        let last = TrainingStep(Int.max - 1)
        #expect(TargetChoice.step(2, times: last, interval: 1, knownEnd: nil) == nil)
        #expect(TargetChoice.step(1.0001, times: last, interval: 1, knownEnd: nil) == nil)
    }
}

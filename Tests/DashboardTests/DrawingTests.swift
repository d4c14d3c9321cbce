import Foundation
import Testing
import Vocabulary

@testable import Dashboard

@Suite struct DrawingTests {
    @Test(
        arguments: [
            (0, 600, [0, 200, 400, 600]), (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]), (24, 600, [200, 400, 600]),
            (-0.03, 0.02, [-0.03, -0.02, -0.01, 0, 0.01, 0.02]),
        ] as [(Double, Double, [Double])])
    func ticksAreRoundNumbersInTheRange(low: Double, high: Double, expected: [Double]) {
        let ticks = Ticks.within(low, high)
        #expect(ticks.count == expected.count, "\(ticks)")
        for (tick, value) in zip(ticks, expected) { #expect(abs(tick - value) < 1e-9 * max(1, abs(high))) }
    }

    @Test func rangesAreWidenedToRoundNumbers() {
        let range = Ticks.rounded(0.31, 0.77)
        #expect(range.low <= 0.31 && range.low > 0.2 && range.high >= 0.77 && range.high < 0.9)
        let point = Ticks.rounded(5, 5)
        #expect(point.low <= 5 && point.high > point.low, "a single value has room too")
    }

    @Test func scalesPlaceTheirEndsAndKeepInside() {
        let scale = Scale(0, 10, from: 100, to: 0)
        #expect(scale.place(0) == 100 && scale.place(10) == 0 && scale.place(5) == 50)
        #expect(scale.place(-1) == 100 && scale.place(99) == 0)
        let ratios = Scale(1, 4, from: 0, to: 2, isLogarithmic: true)
        #expect(abs(ratios.place(2) - 1) < 1e-12, "equal ratios take equal room")
        #expect(Scale(3, 3, from: 0, to: 1).place(3) == 0, "an empty range is no division by zero")
    }

    @Test(arguments: [
        (1234, "1234"), (12_400, "12,400"), (1_000_000, "1,000,000"), (-20_000, "-20,000"), (0, "0"),
    ])
    func wholeNumbersHaveGroupsFromFiveDigitsOn(value: Int, text: String) { #expect(Figures.whole(value) == text) }

    @Test(arguments: [
        ([0.3, 0.35, 0.4], ["0.30", "0.35", "0.40"]), ([0, 1, 2], ["0", "1", "2"]),
        ([-0.1, 0, 0.1], ["-0.1", "0.0", "0.1"]), ([0, 2e-5, 4e-5], ["0", "2e-05", "4e-05"]), ([], []),
        ([0, 0.0025, 0.005], ["0.0000", "0.0025", "0.0050"]), ([250_000, 500_000], ["2.5e+05", "5e+05"]),
    ])
    func ticksOfOneAxisHaveTheSameDecimals(values: [Double], texts: [String]) {
        #expect(Figures.aligned(values) == texts)
    }

    /// What lies nearer than a line's height goes elsewhere, and what finds no place is left out.
    @Test func labelsAreNotWrittenOverEachOther() {
        var places = LabelPlaces()
        var paper = Paper()
        for _ in 0..<4 { places.write("#1 0.661", at: 200, [100, 130, 90], on: &paper) }
        places.write("#2", at: 300, [100], on: &paper)
        places.write("at the edge", at: 419, [200], on: &paper)
        let texts = paper.parts.map(\.source)
        #expect(texts.count == 4)
        #expect(texts[0].contains("y=\"100\"") && texts[1].contains("y=\"130\"") && texts[2].contains("#2"))
    }

    @Test func numbersAreShort() {
        #expect(Figures.ratio(1.25) == "1.25x" && Figures.ratio(2) == "2x" && Figures.ratio(1.5714) == "1.57x")
        #expect(Figures.fixed(-0.001, 2) == "0.00", "no minus sign before nothing")
        #expect(Figures.bytes(1_503_238_553) == "1.4 GiB" && Figures.bytes(512) == "512 B")
        #expect(Figures.time(Date(timeIntervalSince1970: 1_795_341_600)) == "22 Nov 2026, 10:00 UTC")
    }

    @Test(
        arguments: [(12.04, "12"), (12.06, "12.1"), (-0.26, "-0.3"), (.nan, "0"), (.infinity, "0")]
            as [(Double, String)])
    func coordinatesAreTenths(value: Double, text: String) { #expect(at(value) == text) }
}

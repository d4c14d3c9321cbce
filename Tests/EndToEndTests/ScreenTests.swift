import Foundation
import Pipeline
import StatusAPI
import Testing
import Vocabulary

@testable import alpharl

/// What the terminal shows, without one.
@Suite struct ScreenTests {
    private static let start = Date(timeIntervalSince1970: 1_795_341_600)

    private func status(
        recorded: Int = 7, forecast: RunStatus.ForecastSummary? = nil, predictions: [PredictionSummary] = [],
        accuracy: Double? = nil, error: String? = nil, work: RunStatus.Work? = nil
    ) -> RunStatus {
        RunStatus(
            run: "example", state: work == nil ? .watching : .recording, version: "0.1.0", startedAt: Self.start,
            work: work,
            base: .init(path: "/b", fingerprint: nil),
            checkpoints: .init(
                recorded: recorded, pending: 0, rejected: 0, firstStep: recorded > 0 ? TrainingStep(24) : nil,
                lastStep: recorded > 0 ? TrainingStep(168) : nil,
                lastRecordedAt: recorded > 0 ? Self.start.addingTimeInterval(600) : nil),
            trajectory: .init(modules: 21, energyShare: 0.25, directionCosine: 0.97, linearityR2: 0.9),
            accuracy: accuracy.map { .init(known: 7, step: TrainingStep(168), value: $0, source: "api") } ?? .none,
            forecast: forecast ?? Self.forecast(ready: false), predictions: predictions, lastError: error)
    }

    private static func forecast(ready: Bool) -> RunStatus.ForecastSummary {
        .init(
            model: "damped", targetStep: TrainingStep(264), horizon: 1.57, confidence: 0.53, threshold: 0.5,
            provenHorizon: 2, skill: 0.67, realised: 0.83, ready: ready,
            reason: "2 checkpoints in a row at or above 0.50")
    }

    private static func prediction(accuracy: Double?) -> PredictionSummary {
        .init(
            id: 1, step: TrainingStep(264), fromStep: TrainingStep(168), format: .full, path: "/p/step-264",
            confidence: 0.53, emittedAt: start, accuracy: accuracy)
    }

    private func text(_ status: RunStatus, width: Int = 80) -> String {
        StatusScreen(status: status, width: width, now: Self.start.addingTimeInterval(3600)).text()
    }

    /// Whatever the run is like, the screen answers the questions in this order.
    @Test func questionsAreAnsweredInTheirOrder() {
        for state in [status(), status(recorded: 0), status(error: "disk full"), status(accuracy: 0.5)] {
            let text = text(state)
            let places = ["Working", "Seen", "Forecast", "Confidence", "Emitted", "Next"].map {
                text.range(of: "\n" + $0)?.lowerBound
            }
            #expect(places.allSatisfy { $0 != nil }, "\(text)")
            #expect(zip(places, places.dropFirst()).allSatisfy { ($0 ?? text.endIndex) < ($1 ?? text.startIndex) })
        }
    }

    @Test(arguments: [40, 80, 100]) func linesFitTheWidth(width: Int) {
        let lines = text(status(predictions: [Self.prediction(accuracy: nil)], accuracy: 0.58), width: width)
            .split(separator: "\n")
        #expect(lines.allSatisfy { $0.count <= width }, "\(lines)")
    }

    @Test func timesAreSaidForAPerson() {
        #expect(text(status(), width: 100).contains("newest recorded 50 min ago · up 60 min"))
        let said = [0, 89, 90, 5399, 5400, 7260, 172_800, 446_400].map { Figures.duration($0) }
        #expect(said == ["0 s", "89 s", "2 min", "90 min", "1 h 30 min", "2 h 1 min", "2 d", "5 d 4 h"])
        #expect(
            [0, 999, 1500, 480_200_000, 15.23e9].map(Figures.bytes) == ["0 B", "999 B", "1.5 kB", "480 MB", "15 GB"])
    }

    @Test func workIsABarWithRateAndTimeLeft() {
        let work = RunStatus.Work(
            step: TrainingStep(192), done: 63, total: 252, unit: "modules", queued: 2, perSecond: 4.2, secondsLeft: 165)
        #expect(
            text(status(work: work), width: 100).contains(
                "recording step 192 █████░░░░░░░░░░░░░░░ 63 of 252 modules, 4.2/s, 3 min left"))
        let bytes = RunStatus.Work(
            step: TrainingStep(264), done: 120_000_000, total: 480_000_000, unit: "bytes", queued: 0, perSecond: 95e6,
            secondsLeft: 3.8)
        #expect(
            WorkText(bytes, kind: .emitting).text
                == "writing step 264  █████░░░░░░░░░░░░░░░ 120 MB of 480 MB, 95 MB/s, 4 s left")
    }

    /// Figures of a row stand under those of another, whatever they are.
    @Test func sharesHaveTwoDecimals() {
        let said = [0, -0.001, 0.5, 0.8, 1, 0.666].map(Figures.share)
        #expect(said == ["0.00", "0.00", "0.50", "0.80", "1.00", "0.67"])
        #expect(text(status()).contains("░ 0.53, 0.50 needed"))
    }

    /// A short part such as "up 32 s" stays on one line.
    @Test func shortPartsAreNotBroken() {
        let rows = ScreenRow("Working", "yes, waiting for the next checkpoint · newest recorded 6 s ago · up 45 s")
            .lines(width: 72).map(\.text)
        #expect(rows.count == 2 && rows[1].hasSuffix(" up 45 s"), "\(rows)")
    }

    /// There is always something to do, if only to wait.
    @Test(arguments: [
        (0, false, nil as Double?, nil as String?, "alpharl doctor"), (7, false, nil, nil, "let the trainer go on"),
        (7, true, nil, nil, "a prediction is due"), (7, false, nil, "the disk is full", "the problem above"),
    ])
    func adviceFitsTheState(recorded: Int, ready: Bool, accuracy: Double?, error: String?, words: String) {
        let text = text(status(recorded: recorded, forecast: Self.forecast(ready: ready), error: error))
        let advice = text.components(separatedBy: "\nNext ").last?.split(separator: "\n").joined(separator: " ") ?? ""
        #expect(advice.split(separator: " ").joined(separator: " ").contains(words), "\(text)")
    }

    @Test func adviceOnAPredictionFollowsItsScore() {
        func advice(_ score: Double?, run: Double?) -> String {
            let text = text(status(predictions: [Self.prediction(accuracy: score)], accuracy: run), width: 100)
            let last = text.components(separatedBy: "\nNext ").last ?? ""
            return last.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        }
        #expect(advice(nil, run: 0.58).contains("evaluate prediction #1"))
        #expect(advice(0.66, run: nil).contains("compare the 0.66"))
        #expect(
            advice(0.66, run: 0.58).contains(
                "0.66, the run 0.58 at step 168: if that is what you hoped for, stop the run"))
        #expect(advice(0.57, run: 0.58).contains("let the trainer go on"))
    }

    /// A reason may hold a file's name, and a file's name anything.
    @Test func namesCannotDriveTheTerminal() {
        let text = text(status(error: "bad \u{1B}[2J\u{7}name\r\n\u{9B}31m here"))
        #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || $0.properties.generalCategory != .control })
        #expect(text.contains("bad ?[2J?name? ?31m here"))
    }

    @Test func sparklineIsScaledAndThinned() {
        #expect(Sparkline([0, 0.5, 1], range: 0...1).text(width: 10) == "▁▅█")
        #expect(Sparkline([3, nil, 5, .nan, 4]).text(width: 10) == "▁ █ ▅")
        #expect(Sparkline([1, 1, 1]).text(width: 10) == "▁▁▁")
        #expect(Sparkline([]).text(width: 10).isEmpty)
        // 100 values on 10 columns: means of ten each, of a line from 0 to 99.
        #expect(Sparkline((0..<100).map(Double.init)).text(width: 10) == "▁▂▃▃▄▅▆▆▇█")
    }

    @Test func linesAreCutToTheScreen() {
        let line = ScreenLine("Events", .label) + ScreenLine(" and more")
        #expect(line.cut(to: 8).text == "Events …" && line.cut(to: 8).width == 8)
        #expect(line.cut(to: 15) == line && line.fitted(to: 17).text == "Events and more  ")
        #expect(
            line.rendered(.none) == "Events and more" && line.rendered(.colours).contains("\u{1B}[1mEvents\u{1B}[0m"))
    }

    /// A small terminal gets a line for each row of the status, and still the events.
    @Test(arguments: [(80, 24), (80, 12), (60, 8), (200, 50), (132, 20)]) func frameHasTheSizeOfTheScreen(
        columns: Int, rows: Int
    ) {
        var model = WatchModel()
        model.apply(.status(status(predictions: [Self.prediction(accuracy: nil)], accuracy: 0.5)), at: Self.start)
        for id in 1...30 {
            let event = RunEvent(id: id, at: Self.start, body: .warning(.init(message: "event number \(id)")))
            model.apply(.event(event), at: Self.start)
        }
        let lines = WatchScreen(model: model, path: "/run/a.sock", columns: columns, rows: rows, now: Self.start)
            .lines()
        #expect(lines.count == rows && lines.allSatisfy { $0.width <= columns })
        #expect(lines.last?.text.hasPrefix("q ends") == true)
        if rows >= 20 {
            #expect(lines.contains { $0.text.contains("event number 30") })
            #expect(lines.contains { $0.text.hasPrefix("Next") }, "what to do is always on the screen")
        }
    }

    /// A path that is longer than its column is cut, and the next column stays apart.
    @Test func columnsAreKeptApart() {
        var model = WatchModel()
        let path = "/p/" + String(repeating: "x", count: 120)
        var status = status(predictions: [Self.prediction(accuracy: nil)])
        status.predictions[0].path = path
        model.apply(.status(status), at: Self.start)
        let lines = WatchScreen(model: model, path: "/run/a.sock", columns: 140, rows: 26, now: Self.start).lines()
        let row = lines.map(\.text).first { $0.contains("/p/xxx") }
        #expect(row?.hasSuffix("x…   ") == true && row?.count == 71, "\(lines)")
    }

    /// What a checkpoint waits for is said where it is counted.
    @Test func pendingCheckpointSaysWhatItWaitsFor() {
        var status = status()
        status.checkpoints.pending = 1
        status.checkpoints.pendingReason = "model.safetensors is shorter than its header says"
        #expect(text(status, width: 100).contains("1 waiting: model.safetensors is shorter"))
    }

    @Test func lostDaemonIsSaidUntilItIsBack() {
        var model = WatchModel()
        func footer(after seconds: Double) -> String {
            let screen = WatchScreen(
                model: model, path: "/run/a.sock", columns: 80, rows: 10, now: Self.start.addingTimeInterval(seconds))
            return screen.lines().last?.text ?? ""
        }
        model.apply(.lost(reason: "connection refused"), at: Self.start)
        model.apply(.lost(reason: "connection refused"), at: Self.start.addingTimeInterval(5))
        #expect(footer(after: 12) == "no answer for 12 s: connection refused")
        model.apply(.connected, at: Self.start.addingTimeInterval(13))
        #expect(footer(after: 14).hasPrefix("q ends"))
    }
}

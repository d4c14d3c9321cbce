import Foundation
import StatusAPI

/// The live view: the status, the course of confidence and energy, the last events, and whether the daemon answers. One
/// column of everything, or two where there is room.
struct WatchScreen {
    static let columnsForTwo = 132

    let model: WatchModel
    /// Of the daemon's socket.
    let path: String
    let columns: Int
    let rows: Int
    var now = Date()
    var timeZone = TimeZone.current

    /// Exactly `rows` lines of at most `columns` columns.
    func lines() -> [ScreenLine] {
        let room = rows - 1
        let body = columns >= Self.columnsForTwo ? twoColumns(room) : oneColumn(room)
        let filled = body + Array(repeating: ScreenLine(), count: max(0, room - body.count))
        return (filled.prefix(max(0, room)) + [footer]).map { $0.cut(to: columns) }
    }

    private func oneColumn(_ room: Int) -> [ScreenLine] {
        let curves = curveLines(width: columns)
        // A blank line, the curves, and at least three events.
        let top = statusLines(width: columns, room: room - curves.count - 5) + [ScreenLine()] + curves
        return top + eventLines(width: columns, count: room - top.count)
    }

    private func twoColumns(_ room: Int) -> [ScreenLine] {
        let gap = 3
        let left = min(100, (columns - gap) / 2)
        let right = columns - gap - left
        let curves = curveLines(width: right)
        let beside = curves + [ScreenLine()] + eventLines(width: right, count: room - curves.count - 1)
        let status = statusLines(width: left, room: room)
        return (0..<max(status.count, beside.count)).map { row in
            let first = (row < status.count ? status[row].cut(to: left) : ScreenLine()).fitted(to: left + gap)
            return row < beside.count ? first + beside[row] : first
        }
    }

    /// Shorter where there is no room for all of it.
    private func statusLines(width: Int, room: Int) -> [ScreenLine] {
        guard let status = model.status else { return [ScreenLine("alpharl · waiting for the daemon's first answer")] }
        let screen = StatusScreen(status: status, width: width, now: now)
        let lines = screen.lines()
        return lines.count <= room ? lines : screen.shortLines()
    }
}

// MARK: - Curves, events, connection

extension WatchScreen {
    private func curveLines(width: Int) -> [ScreenLine] {
        let verdicts = model.history?.verdicts ?? []
        guard let first = verdicts.first?.step, let last = verdicts.last?.step, first < last else {
            return [ScreenLine("Curves", .label), ScreenLine("from the second recorded checkpoint on", .faint)]
        }
        let confidence = Sparkline(verdicts.map(\.confidence), range: 0...1)
        let energy = Sparkline(verdicts.map(\.energyShare))
        let ends = "\(Figures.percent(energy.range.lowerBound)) to \(Figures.percent(energy.range.upperBound))"
        return [
            ScreenLine("Steps \(first) to \(last)", .label),
            curve("Confidence", confidence, "0 to 1", width),
            curve("Energy", energy, ends, width),
        ]
    }

    private func curve(_ name: String, _ line: Sparkline, _ range: String, _ width: Int) -> ScreenLine {
        let room = max(1, width - ScreenRow.labelWidth - range.count - 2)
        return ScreenLine(name).fitted(to: ScreenRow.labelWidth) + ScreenLine(line.text(width: room), .good)
            + ScreenLine("  " + range, .faint)
    }

    /// The newest at the bottom.
    private func eventLines(width: Int, count: Int) -> [ScreenLine] {
        guard count >= 2 else { return [] }
        let shown = model.events.suffix(count - 1)
        let lines = shown.map { event in
            let text = EventText(event)
            let head = time(of: event.at) + "  " + text.kind
            return (ScreenLine(head, .faint).fitted(to: 22) + ScreenLine(text.text, text.tone)).cut(to: width)
        }
        return [ScreenLine("Events", .label)] + (lines.isEmpty ? [ScreenLine("none yet", .faint)] : lines)
    }

    private func time(of date: Date) -> String {
        date.formatted(Date.ISO8601FormatStyle(timeZone: timeZone).time(includingFractionalSeconds: false))
    }

    private var footer: ScreenLine {
        if let lost = model.lost {
            return ScreenLine(
                "no answer for \(Figures.duration(now.timeIntervalSince(lost.since))): \(lost.reason)", .bad)
        }
        return ScreenLine("q ends · follows \(path)", .faint)
    }
}

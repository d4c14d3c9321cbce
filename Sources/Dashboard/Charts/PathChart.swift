import StatusAPI
import Vocabulary

/// Where `u_1` is, step by step, in the plane of its two principal components (arXiv 2510.00553, section 3).
struct PathChart {
    let path: ModulePath

    private static let left = 62.0
    private static let right = 404.0
    private static let bottom = 232.0

    private struct Place {
        let step: TrainingStep
        let x: Double
        let y: Double
    }

    private var places: [Place] {
        path.points.compactMap { point in
            guard let x = point.x, let y = point.y else { return nil }
            return Place(step: point.step, x: x, y: y)
        }
    }

    var card: Card {
        Card(
            name: "path", title: "Trajectory of u₁", sentence: sentence,
            picture: path.explained.count < 2 || places.count < 3 ? nil : picture,
            awaited: "The trajectory begins with the third recorded checkpoint.", table: table)
    }

    private var sentence: String {
        guard path.explained.count >= 2 else {
            return path.points.isEmpty
                ? "Where the direction u₁ of the update points, step by step."
                : "The direction u₁ does not move, or too few steps are recorded."
        }
        return "Two principal components hold \(Figures.percent(path.explained[0])) and "
            + "\(Figures.percent(path.explained[1])) of the movement of the unit vector u₁; the colour runs from the first step to the "
            + "last."
    }

    private var picture: Markup {
        var paper = Paper(height: 280)
        let (across, up) = scales
        paper.verticalAxis(
            up, from: Self.left, to: Self.right,
            title: "component 2, \(Figures.percent(path.explained[1])) of the variance",
            ticks: Ticks.labelled(up.low, up.high, count: 4))
        let points = places.map { (x: across.place($0.x), y: up.place($0.y)) }
        paper.polyline(points, "curve quiet thin")
        for (index, point) in points.enumerated() {
            let shade = places.count > 1 ? index * 9 / (places.count - 1) : 9
            let place = places[index]
            paper.dot(
                point.x, point.y, "shade r\(shade)", radius: 5,
                hint:
                    "step \(Figures.step(place.step)): \(Figures.significant(place.x)), \(Figures.significant(place.y))"
            )
        }
        for index in [0, places.count / 2, places.count - 1] {
            let isRight = points[index].x > Self.right - 80
            let isMiddle = index == places.count / 2
            paper.text(
                "step \(Figures.step(places[index].step))", points[index].x + (isRight ? -9 : 9),
                points[index].y + (isMiddle && points[index].y < Self.bottom - 26 ? 20 : -9),
                "note", anchor: isRight ? "end" : "start")
        }
        paper.horizontalAxis(
            across, at: Self.bottom, title: "component 1, \(Figures.percent(path.explained[0])) of the variance",
            ticks: Ticks.labelled(across.low, across.high, count: 5))
        return paper.picture("Trajectory of u1 in its two principal components. " + sentence)
    }

    /// One unit is as long across as upwards, so that angles and distances are what they are.
    private var scales: (across: Scale, up: Scale) {
        let xs = places.map(\.x)
        let ys = places.map(\.y)
        let low = (x: xs.min() ?? 0, y: ys.min() ?? 0)
        let high = (x: xs.max() ?? 1, y: ys.max() ?? 1)
        let room = (x: Self.right - Self.left, y: Self.bottom - 34)
        let unit = max((high.x - low.x) * 1.12 / room.x, (high.y - low.y) * 1.25 / room.y, 1e-9)
        let middle = (x: (low.x + high.x) / 2, y: (low.y + high.y) / 2)
        let half = (x: room.x * unit / 2, y: room.y * unit / 2)
        return (
            Scale(middle.x - half.x, middle.x + half.x, from: Self.left, to: Self.right),
            Scale(middle.y - half.y, middle.y + half.y, from: Self.bottom, to: 34)
        )
    }

    private var table: Table {
        Table(
            caption: "Places of u1 by step", head: ["Step", "Component 1", "Component 2"],
            rows: places.reversed().map {
                [Figures.step($0.step), Figures.significant($0.x), Figures.significant($0.y)]
            })
    }
}

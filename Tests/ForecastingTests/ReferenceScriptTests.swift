import Foundation
import TestSupport
import Testing

/// The committed numbers are those that the script makes of the example run.
@Suite struct ReferenceScriptTests {
    @Test(.enabled(if: ReferencePython.path != nil, "ALPHARL_TEST_PYTHON is not set"))
    func committedNumbersAreThoseOfTheScript() throws {
        let folder = ExampleRun.repository + "Tests/Reference/"
        let made = FileManager.default.temporaryDirectory.appending(path: "alpharl-reference-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: made, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: made) }
        let outputs = ["reference.json", "forecasting.json"]
        let places = outputs.map { made.appending(path: $0).path() }
        _ = try ReferencePython.run(
            script: folder + "reference.py",
            [ExampleRun.directory(), "--out", places[0], "--fixture", places[1]])
        for (name, place) in zip(outputs, places) {
            let fresh = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: place)))
            let committed = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: folder + name)))
            #expect(difference(committed, fresh, at: name) == nil)
        }
    }

    /// Where two documents differ by more than another BLAS explains, nil where they do not.
    private func difference(_ a: Any, _ b: Any, at place: String) -> String? {
        switch (a, b) {
        case (let a as [String: Any], let b as [String: Any]):
            guard a.count == b.count else { return "\(place): other keys" }
            return a.lazy.compactMap { key, value in
                b[key].map { difference(value, $0, at: "\(place).\(key)") } ?? "\(place).\(key) is missing"
            }.first
        case (let a as [Any], let b as [Any]):
            guard a.count == b.count else { return "\(place): \(a.count) against \(b.count) items" }
            return zip(a, b).enumerated().lazy.compactMap { difference($1.0, $1.1, at: "\(place)[\($0)]") }.first
        case (let a as NSNumber, let b as NSNumber):
            let (x, y) = (a.doubleValue, b.doubleValue)
            return abs(x - y) <= 1e-6 * max(1e-3, abs(x)) ? nil : "\(place): \(x) against \(y)"
        case (let a as String, let b as String):
            return a == b ? nil : "\(place): \(a) against \(b)"
        default:
            return a is NSNull && b is NSNull ? nil : "\(place): of another kind"
        }
    }
}

import Foundation
import HTTPTypes
import StatusAPI
import Testing
import Vocabulary

@testable import StatusServer

@Suite struct OpenAPITests {
    private let description: [String: Any]

    init() throws {
        let data = Data(PackageResources.openapi_json)
        description = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    @Test func everyRouteIsDescribedAndNothingElse() throws {
        let paths = try #require(description["paths"] as? [String: [String: Any]])
        let described = paths.flatMap { path, methods in methods.keys.map { "\($0.uppercased()) \(path)" } }
        let limits = ServerLimits()
        let routes = StatusRoutes(provider: ScriptedProvider(), limits: limits, counters: ServerCounters())
        #expect(described.sorted() == routes.list.map { "\($0.method.rawValue) \($0.path)" }.sorted())
    }

    @Test func writersOnlyAreMarked() throws {
        let paths = try #require(description["paths"] as? [String: [String: [String: Any]]])
        let limits = ServerLimits()
        let routes = StatusRoutes(provider: ScriptedProvider(), limits: limits, counters: ServerCounters())
        for route in routes.list {
            let operation = paths[route.path]?[route.method.rawValue.lowercased()]
            let says = (operation?["description"] as? String)?.contains("socket.group") == true
            #expect(says == (route.access == .writer), "\(route.method) \(route.path)")
        }
    }

    @Test func documentsAreAsDescribed() throws {
        try check(Documents.status, "Status")
        try check(Documents.emptyStatus, "Status")
        try check(Documents.checkpoints, "Checkpoints")
        try check(Documents.modules, "Modules")
        try check(Documents.forecasts, "Forecasts")
        try check(Documents.module, "ModuleHistory")
        try check(Documents.stillModule, "ModuleHistory")
        try check(Documents.history, "History")
        try check(Documents.backtests, "Backtests")
        try check(Documents.measurements, "Measurements")
        try check(PredictionList(predictions: [Documents.prediction, Documents.pendingPrediction]), "Predictions")
        for event in Documents.events { try check(event, "Event") }
        try check(PredictionRequest(), "PredictionRequest")
        try check(PredictionAccepted(id: 1, targetStep: TrainingStep(2), format: .full), "PredictionAccepted")
        try check(MetricPost(subject: .prediction(1), accuracy: 0.5), "Metric")
        try check(MetricPost(subject: .step(TrainingStep(1)), accuracy: 0.5), "Metric")
        try check(MetricsAccepted(accepted: 1), "MetricsAccepted")
        try check(ReloadAnswer(changed: ["log.level"], needsRestart: []), "Reload")
        for level in LogLevelDocument.Level.allCases { try check(LogLevelDocument(level: level), "LogLevel") }
        try check(HealthDocument(), "Health")
        try check(ProblemDocument(status: 404, title: "Not Found", detail: "x"), "Problem")
    }

    @Test func choicesAreAsDescribed() throws {
        func choices(_ schema: String, _ key: String) throws -> [String] {
            let properties = try #require(try self.schema(named: schema)["properties"] as? [String: [String: Any]])
            return try #require(properties[key]?["enum"] as? [String])
        }
        #expect(try choices("Status", "state") == RunStatus.State.allCases.map(\.rawValue))
        #expect(try choices("Checkpoint", "state") == CheckpointDocument.State.allCases.map(\.rawValue))
        #expect(try choices("Prediction", "state") == PredictionDocument.State.allCases.map(\.rawValue))
        #expect(try choices("Event", "event") == RunEvent.Kind.allCases.map(\.rawValue))
        #expect(try choices("LogLevel", "level") == LogLevelDocument.Level.allCases.map(\.rawValue))
    }

    @Test func pageExplainsEveryRouteAndEveryKey() throws {
        let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let page = try String(contentsOf: repository.appending(path: "docs/api.md"), encoding: .utf8)
        for path in try #require(description["paths"] as? [String: Any]).keys {
            #expect(
                page.contains(
                    path.replacing("{id}", with: "ID").replacing("{name}", with: "NAME")
                        .replacing("{view}", with: "VIEW")), "\(path)")
        }
        let components = try #require(description["components"] as? [String: [String: Any]])
        for (schema, value) in try #require(components["schemas"]) {
            let properties = try #require((value as? [String: Any])?["properties"] as? [String: Any])
            for key in properties.keys {
                #expect(page.contains(try Regex("[`.\"]\(key)[`.\"]")), "\(schema).\(key)")
            }
        }
    }

    @Test func validatorFindsWhatIsWrong() throws {
        let wrong: [(String, [String: Any])] = [
            ("a missing key", ["status": 404, "title": "x", "detail": NSNull()]),
            ("an unknown key", ["type": "a", "status": 404, "title": "x", "detail": NSNull(), "more": 1]),
            ("a wrong type", ["type": "a", "status": "404", "title": "x", "detail": NSNull()]),
        ]
        for (name, document) in wrong {
            #expect(throws: Mismatch.self, "\(name)") {
                try validate(document, try schema(named: "Problem"), at: "Problem")
            }
        }
    }

    // MARK: - A small validator: type, enum, required, properties, additionalProperties, items, minimum, $ref

    private struct Mismatch: Error { let text: String }

    private func schema(named name: String) throws -> [String: Any] {
        let components = try #require(description["components"] as? [String: [String: Any]])
        return try #require(components["schemas"]?[name] as? [String: Any], "no schema \(name)")
    }

    private func check(_ document: some Encodable, _ name: String) throws {
        let value = try JSONSerialization.jsonObject(with: JSONCoding.encode(document))
        try validate(value, try schema(named: name), at: name)
    }

    private func validate(_ value: Any, _ schema: [String: Any], at place: String) throws {
        if let reference = schema["$ref"] as? String {
            return try validate(
                value, self.schema(named: String(reference.split(separator: "/").last ?? "")), at: place)
        }
        let types = schema["type"] as? [String] ?? [schema["type"] as? String].compactMap { $0 }
        guard types.contains(where: { Self.isType(value, $0) }) else {
            throw Mismatch(text: "\(place): \(value) is not \(types)")
        }
        if let choices = schema["enum"] as? [String], let text = value as? String, !choices.contains(text) {
            throw Mismatch(text: "\(place): \(text) is none of \(choices)")
        }
        if let least = schema["minimum"] as? Double, let number = value as? Double, number < least {
            throw Mismatch(text: "\(place): \(number) < \(least)")
        }
        if let list = value as? [Any], let items = schema["items"] as? [String: Any] {
            for (index, element) in list.enumerated() { try validate(element, items, at: "\(place)[\(index)]") }
        }
        if let object = value as? [String: Any] { try validate(object: object, schema, at: place) }
    }

    private func validate(object: [String: Any], _ schema: [String: Any], at place: String) throws {
        let properties = schema["properties"] as? [String: [String: Any]] ?? [:]
        for key in schema["required"] as? [String] ?? [] where object[key] == nil {
            throw Mismatch(text: "\(place): \(key) is missing")
        }
        for (key, value) in object {
            guard let property = properties[key] else { throw Mismatch(text: "\(place): \(key) is not described") }
            try validate(value, property, at: "\(place).\(key)")
        }
    }

    private static func isType(_ value: Any, _ type: String) -> Bool {
        switch type {
        case "null": value is NSNull
        case "string": value is String
        case "boolean": (value as? NSNumber).map(isBoolean) ?? false
        case "number": (value as? NSNumber).map { !isBoolean($0) } ?? false
        case "integer":
            (value as? NSNumber).map { !isBoolean($0) && Double(Int64(truncating: $0)) == $0.doubleValue } ?? false
        case "array": value is [Any]
        case "object": value is [String: Any]
        default: false
        }
    }

    private static func isBoolean(_ number: NSNumber) -> Bool { String(cString: number.objCType) == "c" }
}

import Foundation
import StatusAPI
import Testing
import Vocabulary

@Suite struct JSONCodingTests {
    private func text(_ document: some Encodable) throws -> String {
        String(decoding: try JSONCoding.encode(document), as: UTF8.self)
    }

    @Test func statusIsWrittenExactlyAsDocumented() throws {
        let golden =
            #"{"accuracy":{"known":12,"problem":null,"source":"trainer_state: eval_accuracy","step":120,"value":0.52},"#
            + #""base":{"fingerprint":"9f86d081","path":"/models/Qwen2.5-7B"},"#
            + #""checkpoints":{"first_step":10,"last_recorded_at":"2026-11-22T10:00:30.000Z","last_step":120,"#
            + #""pending":0,"pending_reason":null,"recorded":12,"rejected":1},"#
            + #""forecast":{"confidence":0.64,"horizon":2,"model":"tangent","proven_horizon":2,"ready":true,"#
            + #""realised":0.9,"reason":"2 checkpoints in a row at or above 0.50","skill":0.71,"target_step":240,"#
            + #""threshold":0.5},"last_error":null,"#
            + #""layout":{"form":"FSDP shards, 4 ranks, float32","name":"verl","reason":"verl: 12 folder(s), recognised by actor in global_step_120"},"#
            + #""predictions":[{"accuracy":null,"confidence":0.64,"emitted_at":"2026-11-22T10:01:00.250Z","#
            + #""format":"full","from_step":120,"id":1,"#
            + #""path":"/data/predicted/qwen-math/step-00000240-from-00000120","step":240}],"#
            + #""run":"qwen-math","started_at":"2026-11-22T10:00:00.000Z","state":"recording","#
            + #""trajectory":{"direction_cosine":0.99,"energy_share":0.36,"linearity_r2":0.93,"modules":196},"#
            + #""version":"0.1.0","work":{"done":49,"per_second":4.5,"queued":2,"seconds_left":120,"step":130,"#
            + #""total":196,"unit":"modules"}}"#
        #expect(try text(Documents.status) == golden)
    }

    @Test func whatIsUnknownIsNullAndNeverLeftOut() throws {
        let golden =
            #"{"accuracy":{"known":0,"problem":null,"source":null,"step":null,"value":null},"#
            + #""base":{"fingerprint":null,"path":"/b"},"#
            + #""checkpoints":{"first_step":null,"last_recorded_at":null,"last_step":null,"#
            + #""pending":3,"pending_reason":null,"recorded":0,"rejected":0},"#
            + #""forecast":{"confidence":null,"horizon":null,"model":null,"proven_horizon":null,"ready":false,"#
            + #""realised":null,"reason":"no checkpoint is recorded yet","skill":null,"target_step":null,"#
            + #""threshold":0.5},"last_error":"scan failed: permission denied; check the folder","#
            + #""layout":{"form":null,"name":null,"reason":null},"predictions":[],"#
            + #""run":"new","started_at":"2026-11-22T10:00:00.000Z","state":"starting","#
            + #""trajectory":{"direction_cosine":null,"energy_share":null,"linearity_r2":null,"modules":0},"#
            + #""version":"0.1.0","work":null}"#
        #expect(try text(Documents.emptyStatus) == golden)
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity])
    func numberThatIsNotFiniteIsNull(number: Double) throws {
        let list = ForecastList(fromStep: nil, threshold: number, forecasts: [])
        #expect(try text(list) == #"{"forecasts":[],"from_step":null,"threshold":null}"#)
    }

    @Test func everyDocumentSurvivesTheRoundTrip() throws {
        func check<Document: Codable & Equatable>(_ document: Document) throws {
            #expect(try JSONCoding.decode(Document.self, from: JSONCoding.encode(document)) == document)
            #expect(try JSONCoding.decode(Document.self, from: JSONCoding.encodePretty(document)) == document)
        }
        try check(Documents.status)
        try check(Documents.checkpoints)
        try check(Documents.modules)
        try check(Documents.forecasts)
        try check(Documents.prediction)
        try check(Documents.pendingPrediction)
        try check(Documents.events)
        try check(PredictionRequest(targetStep: TrainingStep(0), format: .adapter, force: true))
        try check([
            MetricPost(subject: .step(TrainingStep(3)), accuracy: -1), MetricPost(subject: .prediction(4), accuracy: 1),
        ])
        try check(ProblemDocument(status: 404, title: "Not Found", detail: nil))
        try check(ReloadAnswer(changed: ["a"], needsRestart: []))
    }

    @Test func missingNullableReadsAsNil() throws {
        let summary = try JSONCoding.decode(RunStatus.Base.self, from: Data(#"{"path":"/b"}"#.utf8))
        #expect(summary == RunStatus.Base(path: "/b", fingerprint: nil))
    }

    @Test(arguments: [
        ("2026-11-22T10:01:47Z", 1_795_341_707.0), ("2026-11-22T10:01:47.250Z", 1_795_341_707.25),
        ("2026-11-22T11:01:47+01:00", 1_795_341_707.0),
    ])
    func timesAreRFC3339(text: String, seconds: Double) throws {
        #expect(JSONCoding.date(fromRFC3339: text)?.timeIntervalSince1970 == seconds)
    }

    @Test(arguments: ["", "yesterday", "2026-11-22", "2026-13-22T10:01:47Z", "1795341707"])
    func otherTimesAreRefused(text: String) {
        #expect(JSONCoding.date(fromRFC3339: text) == nil)
    }

    @Test func predictionsAccuracyOfAStepAndAPredictionCountsForThePrediction() throws {
        let post = try JSONCoding.decode(
            MetricPost.self, from: Data(#"{"step": 240, "prediction": 1, "accuracy": 0.5}"#.utf8))
        #expect(post == MetricPost(subject: .prediction(1), accuracy: 0.5))
    }
}

@Suite struct ModuleOrderTests {
    private func module(_ name: String, _ sigma: Double?) -> ModuleDocument {
        ModuleDocument(
            name: TensorName(name), shape: [1, 1], sigma: sigma, norm: nil, relativeNorm: nil, energyShare: nil,
            directionCosine: nil, linearityR2: nil, backtestError: nil, unchangedShare: nil)
    }

    @Test func modulesWithoutTheNumberComeLastEitherWay() throws {
        let modules = [
            module("d", nil), module("c", .nan), module("b", 2), module("a", 1), module("e", 1), module("f", .infinity),
        ]
        func names(_ order: String) throws -> String {
            try #require(ModuleOrder(parsing: order)).sorted(modules).map(\.name.text).joined()
        }
        #expect(try names("sigma") == "aebfcd")
        #expect(try names("-sigma") == "fbaecd")
        #expect(try names("name") == "abcdef")
        #expect(try names("-name") == "fedcba")
    }

    @Test(arguments: ["", "-", "Sigma", "--sigma", "sigma ", "shape"])
    func unknownKeysAreRefused(text: String) {
        #expect(ModuleOrder(parsing: text) == nil)
    }
}

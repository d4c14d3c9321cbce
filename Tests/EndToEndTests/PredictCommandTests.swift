import Foundation
import StatusAPI
import TestSupport
import Testing
import Vocabulary

extension EndToEnd {
    /// `alpharl predict` on the finished example run.
    @Suite struct PredictCommandTests {
        private let place: TemporaryDirectory

        init() throws { place = try TemporaryDirectory() }

        private struct Answer: Decodable {
            var status: RunStatus
            var forecasts: ForecastList
            var predictions: [PredictionDocument]
        }

        private func predict(_ arguments: String...) throws -> ProcessOutcome {
            try Alpharl.run(
                ["predict", ExampleRun.directory(), "--base", ExampleRun.base(), "--out", place.path("out")]
                    + arguments,
                home: place.path)
        }

        private func answer(of outcome: ProcessOutcome) throws -> Answer {
            #expect(outcome.status == 0, "\(outcome)")
            return try JSONCoding.decode(Answer.self, from: Data(outcome.output.utf8))
        }

        /// The folders that were written.
        private var written: [String] {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: place.path("out"))) ?? []
            return names.filter { $0 != "latest" }.sorted()
        }

        @Test func provenForecastIsWrittenAndItsPathPrinted() throws {
            let outcome = try predict("--until-step", "192")
            #expect(outcome.status == 0, "\(outcome)")
            #expect(outcome.output == place.path("out/step-00000384-from-00000192") + "\n")
            #expect(outcome.errors.contains("8 checkpoints, steps 24 to 192, 21 modules"), "\(outcome.errors)")
            #expect(written == ["step-00000384-from-00000192"])
            let table = outcome.errors.split(separator: "\n").filter {
                $0.contains(#/^[a-zA-Z-]+ +(-|\d\.\d\d)( +(-|\d\.\d\d))*\s*$/#)
            }
            #expect(table.count == 8, "a row for each model, two decimals each: \(outcome.errors)")
        }

        @Test func withoutProofNothingIsWrittenAndTheStatusIs75() throws {
            let outcome = try predict("--until-step", "96", "--json")
            #expect(outcome.status == 75 && outcome.output.isEmpty, "\(outcome)")
            #expect(try #require(outcome.complaint).contains("--force"), "\(outcome.errors)")
            #expect(written.isEmpty)
        }

        @Test func forcedForecastIsMarked() throws {
            let answer = try answer(of: predict("--until-step", "96", "--target-step", "240", "--force", "--json"))
            #expect(answer.status.checkpoints.recorded == 4 && answer.status.checkpoints.lastStep == TrainingStep(96))
            let prediction = try #require(answer.predictions.first)
            #expect(
                prediction.step == TrainingStep(240) && prediction.fromStep == TrainingStep(96) && prediction.forced)
            #expect(written == ["step-00000240-from-00000096"])
        }

        @Test func horizonAndModelAreTakenAsAsked() throws {
            let answer = try answer(
                of: predict("--until-step", "120", "--horizon", "1.4", "--model", "tangent", "--force", "--json"))
            let prediction = try #require(answer.predictions.first)
            #expect(prediction.step == TrainingStep(168) && prediction.model == "tangent" && prediction.horizon == 1.4)
            #expect(Set(answer.forecasts.forecasts.map(\.model)).isSuperset(of: ["last", "tangent", "alphaRL"]))
        }

        @Test func storeKeepsTheFactorsForTheNextTime() throws {
            let store = place.path("kept.sqlite")
            let first = try answer(of: predict("--until-step", "96", "--force", "--store", store, "--json"))
            let second = try answer(
                of: predict("--until-step", "120", "--force", "--store", store, "--json", "--target-step", "200"))
            #expect(first.status.checkpoints.recorded == 4 && second.status.checkpoints.recorded == 5)
            #expect(second.predictions.map(\.step.value) == [200])
        }

        @Test func sameCommandTwiceWritesTheSameBytes() throws {
            let first = try answer(of: predict("--until-step", "96", "--target-step", "240", "--force", "--json"))
            try FileManager.default.moveItem(atPath: place.path("out"), toPath: place.path("first"))
            let second = try answer(
                of: predict("--until-step", "96", "--target-step", "240", "--force", "--json", "--threads", "1"))
            #expect(first.predictions[0].files == second.predictions[0].files)
        }

        @Test func emptyFolderIsMissingInput() throws {
            let empty = try place.makeDirectory("empty")
            let outcome = try Alpharl.run(["predict", empty, "--base", ExampleRun.base(), "--out", place.path("out")])
            #expect(outcome.status == 66 && outcome.complaint?.contains(empty) == true, "\(outcome)")
        }

        @Test func missingFolderAndMissingBaseAreMissingInput() throws {
            for (run, base) in [
                ("/nonexistent/run", try ExampleRun.base()), (try ExampleRun.directory(), "/nonexistent/base"),
            ] {
                let outcome = try Alpharl.run(["predict", run, "--base", base, "--out", place.path("out")])
                #expect(outcome.status == 66 && outcome.complaint?.contains("/nonexistent") == true, "\(outcome)")
            }
        }

        @Test func targetThatLiesBehindIsRefused() throws {
            let outcome = try predict("--until-step", "96", "--target-step", "50", "--force", "--json")
            #expect(outcome.status == 65, "\(outcome)")
            #expect(outcome.complaint?.contains("96") == true)
        }
    }
}

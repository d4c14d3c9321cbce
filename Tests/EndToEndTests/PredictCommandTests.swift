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

        /// `--metrics` takes what `metrics.source` takes: words, a .jsonl file, a folder of event files, the trainer's file.
        @Test func accuraciesComeFromWhereTheyAreAskedFor() throws {
            let runs = try TrainerRuns()
            let watched = runs.watched("trainer")
            let steps = try #require(runs.runs["trainer"]).accuracies.count
            func source(_ metrics: String) throws -> RunStatus.AccuracySummary {
                let outcome = try Alpharl.run(
                    [
                        "predict", watched, "--base", runs.path("base"), "--out", place.path("out"), "--force",
                        "--json", "--metrics", metrics,
                    ], home: place.path)
                #expect(outcome.status == 0, "\(metrics): \(outcome)")
                return try JSONCoding.decode(Answer.self, from: Data(outcome.output.utf8)).status.accuracy
            }
            let rows = (1...3).map { "{\"step\": \($0 * 4), \"accuracy\": 0.\($0)}\n" }.joined()
            let file = try place.write(Array(rows.utf8), to: "own.jsonl")
            #expect(try source(file).value == 0.3)
            #expect(try source("none").known == 0)
            for metrics in ["trainer_state", watched + "/checkpoint-12/trainer_state.json"] {
                let found = try source(metrics)
                #expect(found.source == "trainer_state: eval_accuracy" && found.known == steps, "\(found)")
            }
            for metrics in ["tensorboard", watched] {
                let found = try source(metrics)
                #expect(found.source?.hasSuffix("eval/accuracy") == true && found.known == steps, "\(found)")
            }
            let wrong = try predict("--metrics", "nowhere")
            #expect(wrong.status == 64 && wrong.errors.contains("none of auto, none, trainer_state"), "\(wrong)")
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

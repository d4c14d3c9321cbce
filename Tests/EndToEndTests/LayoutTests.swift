import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// What a person is told about whose folders a run's are.
    struct LayoutTests {
        private func doctor(_ watch: String, base: String, layout: String = "auto") throws -> [String] {
            let place = try TemporaryDirectory()
            let file = try place.write(
                "[run]\nwatch = \"\(watch)\"\nbase = \"\(base)\"\nlayout = \"\(layout)\"\n", to: "run.toml")
            let outcome = try Alpharl.run(["doctor", "--config", file], adding: ["XDG_STATE_HOME": place.path])
            #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome)")
            return outcome.output.split(separator: "\n").map(String.init)
        }

        @Test func doctorSaysWhatWasRecognisedAndByWhat() throws {
            let runs = try TrainerRuns()
            let lines = try doctor(runs.path("prime-rl"), base: runs.path("base-bf16"))
            #expect(
                lines.contains(
                    "ok       layout: prime-rl: 3 folder(s), steps 4 to 12, recognised by STABLE in step_12; some are complete"
                ), "\(lines)")
            #expect(lines.contains("ok       newest checkpoint, step 12: complete, its save has ended"), "\(lines)")
        }

        @Test func whereTwoFitDoctorNamesBothAndOneIsChosenByTheConfiguration() throws {
            let runs = try TrainerRuns()
            let watch = runs.path("trainer")
            for name in try FileManager.default.contentsOfDirectory(atPath: runs.path("areal")) {
                try FileManager.default.moveItem(atPath: runs.path("areal/\(name)"), toPath: "\(watch)/\(name)")
            }
            let unclear = try doctor(watch, base: runs.path("base"))
            let note = try #require(unclear.first { $0.hasPrefix("note     cannot tell the layout of \(watch)") })
            #expect(note.contains("huggingface: 3 folder(s)") && note.contains("areal: 3 folder(s)"))
            #expect(note.hasSuffix("set run.layout"))
            let chosen = try doctor(watch, base: runs.path("base"), layout: "areal")
            #expect(
                chosen.contains("ok       layout: areal, as configured (epochEepochstepSglobalstepG (AReaL))"),
                "\(chosen)")
        }

        @Test func doctorSaysInWhichFormTheNewestIsReadOrWhyItCannotBeUsed() throws {
            let runs = try TrainerRuns()
            let weights = runs.path("nemo-rl-slices/step_12/policy/weights")
            let read = try doctor(runs.path("nemo-rl-slices"), base: runs.path("base"))
            #expect(
                read.contains("ok       read as safetensors slices, 1 rank, float32, from \(weights)/model"), "\(read)")
            try FileManager.default.moveItem(atPath: weights + "/model", toPath: weights + "/iter_0000000")
            let lines = try doctor(runs.path("nemo-rl-slices"), base: runs.path("base"))
            #expect(
                lines.contains {
                    $0.hasPrefix(
                        "note     newest checkpoint, step 12: not usable: policy/weights holds Megatron's form")
                }, "\(lines)")
        }
    }
}

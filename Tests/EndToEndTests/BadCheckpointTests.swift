import Foundation
import StatusAPI
import TestSupport
import Testing
import Vocabulary

extension EndToEnd {
    /// A checkpoint that cannot be used is rejected with the reason and what to do; the daemon goes on.
    @Suite struct BadCheckpointTests {
        /// What may be wrong with the weights of a checkpoint that its trainer calls finished.
        struct Damage: Sendable, CustomTestStringConvertible {
            let testDescription: String
            let damage: @Sendable (WeightFile) throws -> Data
            /// Parts of the reason.
            let words: [String]

            init(_ description: String, says words: String..., damage: @escaping @Sendable (WeightFile) throws -> Data)
            {
                testDescription = description
                self.words = words
                self.damage = damage
            }
        }

        private static let tensorName = "model.layers.1.mlp.up_proj.weight"

        static let damages = [
            Damage("missing tensor", says: tensorName, "missing", "run.base") { file in
                try file.rewritten { $0 == tensorName ? nil : $1 }
            },
            Damage("other shape", says: tensorName, "shape", "expected", "run.base") { file in
                try file.rewritten { name, tensor in
                    name == tensorName ? tensor.with(shape: tensor.shape.reversed()) : tensor
                }
            },
            Damage("NaN", says: tensorName, "NaN or infinite", "column 77") { file in
                try file.rewritten { name, tensor in name == tensorName ? tensor.withNaN(at: 77) : tensor }
            },
            Damage("integers", says: tensorName, "type", "I16") { file in
                try file.rewritten { name, tensor in name == tensorName ? tensor.with(type: "I16") : tensor }
            },
            Damage("cut short", says: "model.safetensors", "got", "expected") { $0.bytes.dropLast(1000) },
            Damage("longer than its header says", says: "model.safetensors", "got", "expected") {
                $0.bytes + Data(count: 8)
            },
            Damage("header of 2^63 bytes", says: "header") {
                Data([0, 0, 0, 0, 0, 0, 0, 0x80]) + $0.bytes.dropFirst(8)
            },
            Damage("header that is no JSON", says: "header") { file in
                var bytes = file.bytes
                bytes[bytes.startIndex + 8] = UInt8(ascii: "[")
                return bytes
            },
            Damage("offsets that overlap", says: "model.safetensors") { file in
                let header = try #require(file.headerText.firstRange(of: /"data_offsets":\[\d+,/))
                return WeightFile.joined(
                    header: file.headerText.replacingCharacters(in: header, with: "\"data_offsets\":[999,"),
                    data: file.data)
            },
            Damage("empty file", says: "model.safetensors") { _ in Data() },
        ]

        @Test(arguments: damages) func isRejectedWithItsReason(damage: Damage) throws {
            let run = try RunFolder()
            try run.publish(24)
            let daemon = try LiveDaemon(run)
            try daemon.waitUntilRecorded(24)
            try daemon.waitUntilIdle(recorded: 1)
            let before = try RunResult(run).lines

            try run.publish(48, weights: try damage.damage(WeightFile(RunFolder.weights(48))))
            let event = try daemon.event { $0.kind == .rejected }
            guard case .rejected(let document) = event.body else { return }
            let reason = try #require(document.reason)
            #expect(document.step == TrainingStep(48))
            #expect(!reason.contains("\n"))
            for word in damage.words { #expect(reason.contains(word), "the reason: \(reason)") }
            #expect(reason.contains(";"), "says what to do: \(reason)")
            #expect(try daemon.checkpoint(48).state == .rejected)
            #expect(try daemon.status().checkpoints.rejected == 1)
            // Also who only looks at the status or at the log learns of it, however early it was found.
            try daemon.poll("the problem in the status") {
                try daemon.status().lastError == "the checkpoint of step 48 was rejected: \(reason)"
            }
            let told = "warning checkpoint rejected (checkpoint=\(run.folder(48)), reason=\(reason)"
            #expect(daemon.process.errors.contains(told, before: Date(timeIntervalSinceNow: 60)))

            // What was recorded before is still there, and what comes next is recorded.
            #expect(try RunResult(run).lines.filter { before.contains($0) } == before)
            try run.publish(72)
            try daemon.waitUntilRecorded(72)

            // So is the same step, once it is written as it should be.
            try FileManager.default.removeItem(atPath: run.folder(48))
            try run.publish(48)
            try daemon.waitUntilRecorded(48)
            #expect(try daemon.status().checkpoints.rejected == 0)
            #expect(try daemon.status().state == .watching)
            try daemon.stop()
        }

        /// Without trainer_state.json nobody says that a file is whole: what is short is still being written.
        @Test func halfACheckpointIsPendingWithWhatItLacks() throws {
            let run = try RunFolder()
            try run.publish(24)
            try run.begin(48)
            let daemon = try LiveDaemon(run)
            try daemon.waitUntilRecorded(24)
            let half = try daemon.checkpoint(48)
            #expect(half.state == .pending)
            #expect(try #require(half.reason).contains("trainer_state.json"))
            try run.finish(48)
            try daemon.waitUntilRecorded(48)
            try daemon.stop()
        }

        @Test(.enabled(if: getuid() == 0, "only root can become somebody who may not read a file"))
        func unreadableFileSaysWhoMayNotReadIt() throws {
            let run = try RunFolder()
            try run.publish([24, 48])
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o600], ofItemAtPath: run.folder(48) + "/model.safetensors")
            try Tool.run("/bin/chmod", ["-R", "a+rwX", run.place.path])
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o600], ofItemAtPath: run.folder(48) + "/model.safetensors")
            let daemon = try LiveDaemon(run, as: 65534)
            try daemon.waitUntilRecorded(24)
            let reason = try #require(try daemon.checkpoint(48).reason)
            #expect(reason.contains("model.safetensors") && reason.lowercased().contains("permission"), "\(reason)")
            try daemon.poll("the problem in the status") {
                try daemon.status().lastError == "the checkpoint of step 48 cannot be recorded yet: \(reason)"
            }
            let told = "warning checkpoint cannot be read now (checkpoint=\(run.folder(48)), reason=\(reason)"
            #expect(daemon.process.errors.contains(told, before: Date(timeIntervalSinceNow: 60)))
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o644], ofItemAtPath: run.folder(48) + "/model.safetensors")
            try daemon.waitUntilRecorded(48)
            try daemon.poll("the end of the problem") { try daemon.status().lastError == nil }
            #expect(daemon.process.errors.text.components(separatedBy: "cannot be read now").count == 2, "said once")
            try daemon.stop()
        }
    }
}

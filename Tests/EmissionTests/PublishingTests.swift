import Checkpoints
import Emission
import Files
import Foundation
import Glibc
import TestSupport
import Testing
import Vocabulary

struct PublishingTests {
    let fixture: EmissionFixture

    init() throws { fixture = try EmissionFixture() }

    private var predicted: String { fixture.settings.directory }

    private func names(_ name: String = "predicted") throws -> [String] { try fixture.folder.names(in: name) }

    @Test func thePublishedFolderHoldsWhatLoadersNeedAndNothingElse() throws {
        for name in [
            "optimizer.pt", "scheduler.pt", "scaler.pt", "rng_state.pth", "rng_state_0.pth", "training_args.bin",
            "pytorch_model.bin", "extra.safetensors", "latest", "zero_to_fp32.py", ".metadata", "__0_0.distcp",
            "STABLE",
            "README.md", "adapter_config.json", "adapter_model.safetensors", ".hidden.py", "tmp.json", "notes.txt",
        ] {
            try fixture.folder.write("stray", to: "run/checkpoint-120/\(name)")
        }
        try fixture.folder.makeDirectory("run/checkpoint-120/global_step120")
        try fixture.folder.write("code", to: "run/checkpoint-120/modeling_custom.py")
        try fixture.folder.write("{{ template }}", to: "base/chat_template.jinja")
        try fixture.folder.write("from the base", to: "base/tokenizer.json")
        let published = try fixture.builder().publish(fixture.request())
        #expect(published.path == predicted + "/step-00000240-from-00000120")
        #expect(
            try names("predicted/step-00000240-from-00000120") == [
                "alpharl.json", "chat_template.jinja", "config.json", "generation_config.json", "model.safetensors",
                "model.safetensors.index.json", "modeling_custom.py", "tokenizer.json", "tokenizer_config.json",
            ])
        // The first folder that has a file counts.
        #expect(
            try fixture.folder.text(of: "predicted/step-00000240-from-00000120/tokenizer.json")
                == "{\"version\": \"1.0\"}\n")
        #expect(try names() == ["latest", "step-00000240-from-00000120"])
        #expect(try FileTree().linkTarget(of: predicted + "/latest") == "step-00000240-from-00000120")
    }

    @Test func theManifestSaysWhereThePredictionComesFrom() throws {
        let published = try fixture.builder().publish(fixture.request())
        let text = try fixture.folder.text(of: "predicted/step-00000240-from-00000120/alpharl.json")
        #expect(text.hasSuffix("}\n") && !text.hasSuffix("\n\n"))
        let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect(
            object.keys.sorted() == [
                "anchor", "anchor_step", "base_fingerprint", "confidence", "confidence_parts", "created_at", "dtype",
                "files",
                "forced", "format", "from_step", "horizon", "model", "program", "run", "schema_version", "source_steps",
                "target_step",
            ])
        #expect(object["schema_version"] as? Int == 1)
        #expect(object["target_step"] as? Int == 240)
        #expect(object["created_at"] as? String == "2025-06-15T15:06:40Z")
        #expect(object["dtype"] as? String == "float32")
        #expect(object["model"] as? String == "tangent")
        #expect((object["source_steps"] as? [[String: Any]])?.first?["weight"] as? Double == -0.5)
        #expect((object["program"] as? [String: String]) == ["name": "alpharl", "version": "0.1.0", "commit": "abc"])
        let files = try #require(object["files"] as? [[String: Any]])
        #expect(files.compactMap { $0["name"] as? String } == published.manifest.files.map(\.name))
        for file in files {
            let name = try #require(file["name"] as? String)
            let bytes = try fixture.folder.bytes(of: "predicted/step-00000240-from-00000120/\(name)")
            #expect(file["size"] as? Int == bytes.count)
            #expect(file["sha256"] as? String == SHA256Digest.of(bytes).hexadecimal)
        }
        #expect(PredictionManifest(decoding: Array(text.utf8)) == published.manifest)
    }

    @Test func theSameRequestIsTheSameBytes() throws {
        let first = try fixture.builder().publish(fixture.request())
        var other = fixture
        other.settings.directory = fixture.folder.path("other")
        let second = try other.builder().publish(other.request())
        #expect(first.manifest == second.manifest)
        #expect(
            try fixture.folder.bytes(of: "predicted/step-00000240-from-00000120/alpharl.json")
                == fixture.folder.bytes(of: "other/step-00000240-from-00000120/alpharl.json"))
    }

    @Test func shardsKeepTheirNamesAndTheIndexSumsTheBytes() throws {
        let shards = [Array(fixture.checkpoint[..<2]), Array(fixture.checkpoint[2...])]
        try FileManager.default.removeItem(atPath: fixture.folder.path("run/checkpoint-120/model.safetensors"))
        try TinyCheckpoint.writeSharded(shards, to: fixture.folder.path("run/checkpoint-120"))
        let path = try fixture.builder().publish(fixture.request()).path
        let index = try fixture.folder.bytes(of: "predicted/step-00000240-from-00000120/model.safetensors.index.json")
        let object = try #require(try JSONSerialization.jsonObject(with: Data(index)) as? [String: Any])
        let size = fixture.checkpoint.reduce(0) { $0 + $1.bytes.count }
        #expect((object["metadata"] as? [String: Int]) == ["total_size": size])
        let map = try #require(object["weight_map"] as? [String: String])
        #expect(map["layers.0.mlp.weight"] == "model-00001-of-00002.safetensors")
        #expect(map["rope.positions"] == "model-00002-of-00002.safetensors")
        #expect(map.count == 5)
        #expect(try CheckpointReader.open(directory: path).shards.map(\.fileName).count == 2)
    }

    @Test func theConfigurationNamesTheTypeThatIsWritten() throws {
        var bfloat = fixture
        bfloat.settings.dtype = .bfloat16
        _ = try bfloat.builder().publish(bfloat.request())
        #expect(
            try fixture.folder.text(of: "predicted/step-00000240-from-00000120/config.json")
                == fixture.folder.text(of: "run/checkpoint-120/config.json").replacingOccurrences(
                    of: "float32", with: "bfloat16"))
    }

    @Test func withoutAConfigurationNothingIsWritten() throws {
        for folder in ["run/checkpoint-120", "base"] {
            #expect(unlink(fixture.folder.path(folder + "/config.json")) == 0)
        }
        let folders = [fixture.folder.path("run/checkpoint-120"), fixture.folder.path("base")]
        #expect(throws: EmissionError.noConfiguration(folders: folders)) {
            try fixture.builder().publish(fixture.request())
        }
        #expect(try names() == [])
    }

    @Test func anEmitDirectoryInsideTheWatchedTreeIsRefusedAlsoThroughALink() throws {
        #expect(symlink("run", fixture.folder.path("link")) == 0)
        for place in ["run", "run/predicted", "link/predicted/deep", "run/../run/x", "none/../link/x"] {
            var inside = fixture
            inside.settings.directory = fixture.folder.path(place)
            let error = #expect(throws: EmissionError.self) { try inside.builder().publish(inside.request()) }
            #expect(
                error == .insideWatchedTree(directory: fixture.folder.path(place), watched: fixture.folder.path("run")))
        }
        #expect(try names("run") == ["checkpoint-120"])
        var beside = fixture
        beside.settings.directory = fixture.folder.path("run-predicted")
        _ = try beside.builder().publish(beside.request())
    }

    @Test func tooLittleSpaceIsSaidWithBothNumbersBeforeAnythingIsWritten() throws {
        var calls = FileSystemCalls.system
        calls.availableBytes = { (_) throws(SystemCallFailure) in 1000 }
        let error = #expect(throws: EmissionError.self) { try fixture.builder(calls: calls).publish(fixture.request()) }
        guard case .notEnoughSpace(predicted, let needed, 1000) = error else {
            Issue.record("got \(String(describing: error))")
            return
        }
        let weights = fixture.checkpoint.reduce(0) { $0 + $1.bytes.count }
        #expect(needed > Int64(weights) + PredictedCheckpointBuilder.spaceMargin)
        #expect(error?.description.contains("got 1000 bytes, expected \(needed)") == true)
        #expect(error?.isFull == true)
        #expect(try names() == [])
    }

    @Test func aPredictionThatIsThereAlreadyIsAdopted() throws {
        let provenance = fixture.provenance()
        #expect(try fixture.builder().existing(matching: provenance) == nil)
        let first = try fixture.builder().publish(fixture.request())
        #expect(!first.wasThere)
        // The process died before the link was made and the row was written.
        #expect(unlink(predicted + "/latest") == 0)
        let later = Date(timeIntervalSince1970: 1_760_000_000)
        let second = try fixture.builder().publish(fixture.request(createdAt: later))
        #expect(second.wasThere)
        #expect(second.manifest == first.manifest)
        #expect(try FileTree().linkTarget(of: predicted + "/latest") == "step-00000240-from-00000120")
        #expect(try fixture.builder().existing(matching: provenance)?.manifest == first.manifest)
    }

    @Test func anythingElseOfThatNameIsAnError() throws {
        _ = try fixture.builder().publish(fixture.request())
        let path = predicted + "/step-00000240-from-00000120"
        let other = try fixture.request(fixture.provenance(confidence: 0.9))
        let error = #expect(throws: EmissionError.self) { try fixture.builder().publish(other) }
        #expect(
            error == .alreadyThere(path: path, reason: "a prediction of run math by tangent of 2025-06-15T15:06:40Z"))
        #expect(unlink(path + "/tokenizer.json") == 0)
        #expect(throws: EmissionError.alreadyThere(path: path, reason: "files of it are missing or have another size"))
        {
            try fixture.builder().publish(fixture.request())
        }
        try Data("{}".utf8).write(to: URL(fileURLWithPath: path + "/alpharl.json"))
        #expect(throws: EmissionError.alreadyThere(path: path, reason: "it has no alpharl.json of this program")) {
            try fixture.builder().existing(matching: fixture.provenance())
        }
    }

    @Test func onlyOlderPredictionsOfThisRunAreRemoved() throws {
        var keeping = fixture
        keeping.settings.keep = 2
        func publish(_ target: Int, run: String = "math", at time: Double) throws -> PublishedPrediction {
            try keeping.builder().publish(
                keeping.request(
                    keeping.provenance(target: target, run: run), createdAt: Date(timeIntervalSince1970: time)))
        }
        _ = try publish(130, run: "other", at: 1)
        _ = try publish(140, at: 2)
        try fixture.folder.makeDirectory("predicted/step-00000001-from-00000001")
        try fixture.folder.makeDirectory("predicted/mine")
        #expect(symlink("step-00000140-from-00000120", predicted + "/step-00000002-from-00000001") == 0)
        #expect(try publish(150, at: 3).removed == [])
        let last = try publish(160, at: 4)
        #expect(last.removed == [predicted + "/step-00000140-from-00000120"])
        #expect(
            try names() == [
                "latest", "mine", "step-00000001-from-00000001", "step-00000002-from-00000001",
                "step-00000130-from-00000120",
                "step-00000150-from-00000120", "step-00000160-from-00000120",
            ])
    }

    @Test func theFormsOfOnePredictionCountOnce() throws {
        var keeping = fixture
        keeping.settings.keep = 2
        _ = try keeping.builder().publish(keeping.request())
        let manifest = try fixture.folder.bytes(of: "predicted/step-00000240-from-00000120/alpharl.json")
        try fixture.folder.makeDirectory("predicted/step-00000240-from-00000120-adapter")
        try fixture.folder.write(manifest, to: "predicted/step-00000240-from-00000120-adapter/alpharl.json")
        func publish(_ target: Int, at time: Double) throws -> [String] {
            try keeping.builder().publish(
                keeping.request(keeping.provenance(target: target), createdAt: Date(timeIntervalSince1970: time))
            ).removed
        }
        #expect(try publish(300, at: 1_750_000_100) == [])
        #expect(try publish(400, at: 1_750_000_200).count == 2)
        #expect(try names() == ["latest", "step-00000300-from-00000120", "step-00000400-from-00000120"])
    }

    @Test func aClockThatWentBackDoesNotRemoveWhatWasJustWritten() throws {
        var keeping = fixture
        keeping.settings.keep = 1
        _ = try keeping.builder().publish(keeping.request(createdAt: Date(timeIntervalSince1970: 1_900_000_000)))
        let second = try keeping.builder().publish(
            keeping.request(keeping.provenance(target: 300), createdAt: Date(timeIntervalSince1970: 1)))
        #expect(try names() == ["latest", "step-00000300-from-00000120"])
        #expect(second.removed.count == 1)
    }

    @Test func somethingOtherThanALinkAtLatestIsNotReplaced() throws {
        try fixture.folder.makeDirectory("predicted/latest")
        #expect(
            throws: EmissionError.file(
                .wrongKind(path: predicted + "/latest", got: .directory, expected: .symbolicLink))
        ) { try fixture.builder().publish(fixture.request()) }
    }
}

import Checkpoints
import Emission
import Foundation
import TestSupport
import Testing
import Vocabulary

/// Observed checkpoints written again from a few triplets: the folder. What is in it is Pipeline's to compute.
struct ReconstructionTests {
    let fixture: EmissionFixture

    init() throws { fixture = try EmissionFixture() }

    private func request(rank: Int = 2, rescaled: Bool = false) throws -> ReconstructionRequest {
        ReconstructionRequest(
            composition: try fixture.composition([:], anchorIsBase: true),
            checkpoint: fixture.folder.path("run/checkpoint-120"), step: TrainingStep(120), rank: rank,
            isRescaled: rescaled, updateShare: 0.25, unconvergedModules: 0, baseFingerprint: "ab",
            createdAt: Date(timeIntervalSince1970: 1_750_000_000))
    }

    @Test func itIsAFolderOfTheSameKindThatSaysWhatItIs() throws {
        let (path, manifest) = try fixture.builder().publish(request())
        #expect(path == fixture.settings.directory + "/step-00000120-rank-2")
        #expect(
            try fixture.folder.names(in: "predicted/step-00000120-rank-2")
                == (manifest.files.map(\.name) + ["alpharl.json"]).sorted())
        #expect(try fixture.folder.names(in: "predicted") == ["step-00000120-rank-2"])
        #expect(try TensorsOf.equal(path, fixture.folder.path("run/checkpoint-120")))
        let text = try fixture.folder.text(of: "predicted/step-00000120-rank-2/alpharl.json")
        let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect(object["kind"] as? String == "reconstruction")
        #expect(object["step"] as? Int == 120 && object["rank"] as? Int == 2)
        #expect(object["unconverged_modules"] as? Int == 0)
        #expect(object["rescaled"] as? Bool == false && object["update_share"] as? Double == 0.25)
        #expect(object["checkpoint"] as? String == fixture.folder.path("run/checkpoint-120"))
        #expect(PredictionManifest(decoding: Array(text.utf8)) == nil)
    }

    @Test func aRescaledOneHasANameOfItsOwn() throws {
        _ = try fixture.builder().publish(request())
        let (path, _) = try fixture.builder().publish(request(rescaled: true))
        #expect(path == fixture.settings.directory + "/step-00000120-rank-2-rescaled")
    }

    @Test func nothingIsReplacedAndNothingGoesIntoTheWatchedFolder() throws {
        let (path, _) = try fixture.builder().publish(request())
        #expect(throws: EmissionError.alreadyThere(path: path, reason: "reconstructions are not replaced")) {
            try fixture.builder().publish(request())
        }
        var inside = fixture
        inside.settings.directory = fixture.folder.path("run/rebuilt")
        #expect(throws: EmissionError.self) { try inside.builder().publish(request()) }
        #expect(try fixture.folder.names(in: "run") == ["checkpoint-120"])
    }

    @Test func predictionsLeaveItAlone() throws {
        var keeping = fixture
        keeping.settings.keep = 1
        _ = try keeping.builder().publish(request())
        for target in [240, 300] {
            _ = try keeping.builder().publish(keeping.request(keeping.provenance(target: target)))
        }
        #expect(
            try fixture.folder.names(in: "predicted") == [
                "latest", "step-00000120-rank-2", "step-00000300-from-00000120",
            ])
    }
}

import Emission
import Foundation
import Glibc
import TestSupport
import Testing

/// Links that somebody put in the way, in the trainer's folder or where predictions go.
struct PublishingLinkTests {
    let fixture: EmissionFixture

    init() throws { fixture = try EmissionFixture() }

    private func predicted(_ name: String) -> String { fixture.settings.directory + "/" + name }

    @Test func aLinkAtThePredictionsNameIsNotWrittenThrough() throws {
        _ = try fixture.builder().publish(fixture.request())
        let name = try #require(try fixture.folder.names(in: "predicted").first { $0.hasPrefix("step-") })
        try FileManager.default.removeItem(atPath: predicted(name))
        try fixture.folder.makeDirectory("elsewhere")
        #expect(symlink(fixture.folder.path("elsewhere"), predicted(name)) == 0)
        #expect(throws: EmissionError.self) { try fixture.builder().publish(fixture.request()) }
        #expect(try fixture.folder.names(in: "elsewhere") == [])
        #expect(try fixture.folder.names(in: "predicted").filter { $0.hasPrefix(".") } == [], "nothing half-written")
    }

    @Test func latestThatLeadsElsewhereIsReplacedAndItsTargetIsLeftAlone() throws {
        try fixture.folder.makeDirectory("elsewhere")
        try fixture.folder.write("precious", to: "elsewhere/file")
        try FileManager.default.createDirectory(
            atPath: fixture.settings.directory, withIntermediateDirectories: true)
        #expect(symlink(fixture.folder.path("elsewhere"), predicted("latest")) == 0)
        _ = try fixture.builder().publish(fixture.request())
        #expect(try fixture.folder.text(of: "elsewhere/file") == "precious")
        #expect(try fixture.folder.names(in: "elsewhere") == ["file"])
        #expect(
            try FileManager.default.destinationOfSymbolicLink(atPath: predicted("latest")).hasPrefix("step-") == true)
    }

    /// safetensors files are read as tensors or not at all; a file that is copied as it is could be anything.
    @Test(.enabled(if: geteuid() == 0, "needs root to give a file to somebody else"))
    func aLinkOfTheTrainersToASecretIsNotCopied() throws {
        let link = fixture.folder.path("run/checkpoint-120/tokenizer.json")
        try fixture.folder.write("secret", to: "secret")
        for (mode, isCopied) in [(mode_t(0o600), false), (0o644, true)] {
            unlink(link)
            #expect(symlink(fixture.folder.path("secret"), link) == 0)
            #expect(lchown(link, 1000, 1000) == 0)
            #expect(chmod(fixture.folder.path("secret"), mode) == 0)
            _ = try fixture.builder().publish(fixture.request())
            let name = try #require(try fixture.folder.names(in: "predicted").first { $0.hasPrefix("step-") })
            let hasOne = try fixture.folder.names(in: "predicted/" + name).contains("tokenizer.json")
            // Where the trainer's is not taken, the base's is.
            let text = hasOne ? try fixture.folder.text(of: "predicted/\(name)/tokenizer.json") : ""
            #expect((text == "secret") == isCopied)
            try FileManager.default.removeItem(atPath: fixture.settings.directory)
        }
    }

    @Test func aLinkOfTheTrainersToItsOwnFileIsCopied() throws {
        let link = fixture.folder.path("run/checkpoint-120/tokenizer.json")
        unlink(link)
        let target = try fixture.folder.write("{}", to: "blob")
        #expect(chmod(target, 0o600) == 0 && symlink(target, link) == 0)
        _ = try fixture.builder().publish(fixture.request())
        let name = try #require(try fixture.folder.names(in: "predicted").first { $0.hasPrefix("step-") })
        #expect(try fixture.folder.text(of: "predicted/\(name)/tokenizer.json") == "{}")
    }
}

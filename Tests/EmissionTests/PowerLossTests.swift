import Checkpoints
import Emission
import Files
import Foundation
import TestSupport
import Testing

/// The power fails after every single change that publishing makes to the disk, and the disk keeps of what was not flushed
/// nothing, all names, or anything in between. A prediction is then there as a whole or not at all.
struct PowerLossTests {
    private static let losses: [DiskModel.Loss] = [.everything, .contents] + (1...6).map { .some(seed: $0) }
    private static let first = "step-00000240-from-00000120"
    private static let second = "step-00000300-from-00000120"

    /// Publishes two predictions, of which the second takes the place of the first.
    private func publishTwo(_ fixture: EmissionFixture, _ calls: FileSystemCalls) throws -> Int {
        let builder = fixture.builder(calls: calls)
        _ = try builder.publish(
            fixture.request(fixture.provenance(target: 240), createdAt: Date(timeIntervalSince1970: 1)))
        return try builder.publish(
            fixture.request(fixture.provenance(target: 300), createdAt: Date(timeIntervalSince1970: 2))
        ).removed.count
    }

    private func expectWhole(_ folder: TemporaryDirectory, _ name: String, _ story: String) throws {
        let text = try? folder.bytes(of: "\(name)/alpharl.json")
        let manifest = try #require(
            text.flatMap { PredictionManifest(decoding: $0) }, "\(story): \(name) has no manifest")
        for file in manifest.files {
            let bytes = try folder.bytes(of: "\(name)/\(file.name)")
            #expect(SHA256Digest.of(bytes).hexadecimal == file.sha256, "\(story): \(name)/\(file.name)")
        }
    }

    @Test func whateverTheDiskKeepsAPredictionIsWholeOrAbsent() throws {
        var fixture = try EmissionFixture()
        fixture.settings.keep = 1
        let files = PowerLossFileSystem(root: fixture.settings.directory)
        #expect(try publishTwo(fixture, files.calls) == 1)
        let moments = files.moments
        #expect(moments.count > 60)
        var seen: Set<[String]> = []
        for (number, moment) in moments.enumerated() {
            for loss in Self.losses {
                let story = "after change \(number) of \(moments.count - 1), \(loss)"
                let folder = try TemporaryDirectory(inMemory: true)
                try moment.restore(after: loss, to: folder.path)
                let names = try folder.names()
                let predictions = names.filter { $0.hasPrefix("step-") }
                seen.insert(predictions)
                for name in predictions { try expectWhole(folder, name, story) }
                if names.contains("latest") {
                    let target = try FileTree().linkTarget(of: folder.path("latest"))
                    #expect(predictions.contains(target), "\(story): latest leads to \(target)")
                }
                #expect(names.allSatisfy { $0 == "latest" || $0.hasPrefix("step-") || $0.hasPrefix(".tmp-alpharl-") })
            }
        }
        // The first alone, both for a moment, the second alone: the states that there may be, and all of them were met.
        #expect(seen == [[], [Self.first], [Self.first, Self.second], [Self.second]])
    }

    /// Once publishing has returned nothing can be lost any more: only then is the store told.
    @Test func whatWasPublishedSurvivesAnyLoss() throws {
        let fixture = try EmissionFixture()
        let files = PowerLossFileSystem(root: fixture.settings.directory)
        _ = try fixture.builder(calls: files.calls).publish(fixture.request())
        let last = try #require(files.moments.last)
        for loss in Self.losses {
            let folder = try TemporaryDirectory(inMemory: true)
            try last.restore(after: loss, to: folder.path)
            #expect(try folder.names() == ["latest", Self.first])
            try expectWhole(folder, Self.first, "\(loss)")
        }
    }

    /// The next start tidies up, and writes the same again.
    @Test func afterAnyLossTheNextAttemptEndsTheSame() throws {
        var fixture = try EmissionFixture()
        let emitted = fixture.settings.directory
        let files = PowerLossFileSystem(root: emitted)
        _ = try fixture.builder(calls: files.calls).publish(fixture.request())
        let whole = try fixture.folder.bytes(of: "predicted/\(Self.first)/model.safetensors")
        let moments = files.moments
        for (number, moment) in moments.enumerated() {
            let loss = Self.losses[number % Self.losses.count]
            let folder = try TemporaryDirectory(inMemory: true)
            try moment.restore(after: loss, to: folder.path)
            fixture.settings = EmissionSettings(
                directory: folder.path, watchedDirectory: fixture.settings.watchedDirectory)
            _ = try fixture.builder().publish(fixture.request())
            #expect(try folder.names() == ["latest", Self.first], "after change \(number), \(loss)")
            #expect(try folder.bytes(of: "\(Self.first)/model.safetensors") == whole)
        }
    }
}

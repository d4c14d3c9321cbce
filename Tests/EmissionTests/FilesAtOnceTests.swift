import Checkpoints
import Emission
import Files
import Foundation
import Glibc
import TestSupport
import Testing

/// Weight files that are written side by side, on any machine.
struct FilesAtOnceTests {
    /// Five files, one of each tensor.
    private func fixture(filesAtOnce: Int) throws -> EmissionFixture {
        var fixture = try EmissionFixture(type: "BF16")
        try FileManager.default.removeItem(atPath: fixture.folder.path("run/checkpoint-120/model.safetensors"))
        try TinyCheckpoint.writeSharded(fixture.checkpoint.map { [$0] }, to: fixture.folder.path("run/checkpoint-120"))
        fixture.settings.filesAtOnce = filesAtOnce
        return fixture
    }

    @Test(arguments: [2, 3, 8]) func theNumberChangesNoByteAndNoManifest(filesAtOnce: Int) throws {
        let one = try fixture(filesAtOnce: 1), many = try fixture(filesAtOnce: filesAtOnce)
        let expected = try one.builder().publish(one.request()).manifest
        let found = try many.builder().publish(many.request())
        #expect(found.manifest == expected)
        #expect(Set(expected.files.map(\.name)).isSuperset(of: (1...5).map { TinyCheckpoint.shardName($0, of: 5) }))
        for file in found.manifest.files {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: found.path + "/" + file.name))
            #expect(SHA256Digest.of(Array(bytes)).hexadecimal == file.sha256)
        }
    }

    /// Whichever write fails, of whichever file: it is told, and nothing is left.
    @Test func aWriteThatFailsIsToldAndLeavesNothing() throws {
        let whole = FailingFileSystem(only: [.write])
        let sound = try fixture(filesAtOnce: 3)
        _ = try sound.builder(calls: whole.calls).publish(sound.request())
        for failing in 1...whole.count {
            let fixture = try fixture(filesAtOnce: 3)
            let files = FailingFileSystem(failing: failing, with: EIO, only: [.write])
            #expect(throws: EmissionError.self, "write \(failing)") {
                try fixture.builder(calls: files.calls).publish(fixture.request())
            }
            let left = try FileManager.default.contentsOfDirectory(atPath: fixture.settings.directory)
            #expect(left.isEmpty, "write \(failing): \(left)")
            _ = try fixture.builder().publish(fixture.request())
        }
    }
}

import Checkpoints
import Emission
import Files
import Foundation
import Glibc
import TestSupport
import Testing

struct EmissionFailureTests {
    /// Absent or whole, and readable.
    private func expectAbsentOrWhole(_ fixture: EmissionFixture, _ call: Int) throws {
        let path = fixture.settings.directory + "/step-00000240-from-00000120"
        guard try FileTree().status(of: path) != nil else { return }
        let there = try fixture.builder().existing(matching: fixture.provenance())
        let manifest = try #require(there?.manifest, "call \(call)")
        for file in manifest.files {
            let bytes = try fixture.folder.bytes(of: "predicted/step-00000240-from-00000120/\(file.name)")
            #expect(SHA256Digest.of(bytes).hexadecimal == file.sha256)
        }
    }

    @Test(arguments: [EIO, ENOSPC])
    func whicheverCallFailsThePredictionIsAbsentOrWholeAndTheNextAttemptSucceeds(number: Int32) throws {
        func publish(_ fixture: EmissionFixture, _ calls: FileSystemCalls) throws {
            _ = try fixture.builder(calls: calls).publish(
                fixture.request(composition: fixture.composition(calls: calls)))
        }
        // What only reads cannot run out of space.
        let writing: Set<FailingFileSystem.Call> = [
            .open, .write, .synchronize, .makeDirectory, .makeSymbolicLink, .rename, .renameWithoutReplacing,
        ]
        let tried = number == ENOSPC ? writing : Set(FailingFileSystem.Call.allCases)
        let whole = FailingFileSystem(only: tried)
        try publish(EmissionFixture(), whole.calls)
        for failing in 1...whole.count {
            let fixture = try EmissionFixture()
            let files = FailingFileSystem(failing: failing, with: number, only: tried)
            do {
                try publish(fixture, files.calls)
                // Reading and writing are two threads: which call was the n-th is known of this attempt alone.
                #expect([.dropFromPageCache, .lock].contains(files.made[failing - 1]), "call \(failing) was swallowed")
            } catch let error as EmissionError {
                #expect(error.isFull == (number == ENOSPC))
            } catch let error as CheckpointError {
                #expect(error.severity == .system)
            }
            try expectAbsentOrWhole(fixture, failing)
            #expect(files.openDescriptors == 0)
            // As if the process had died there and come back.
            try publish(fixture, .system)
            #expect(try fixture.folder.names(in: "predicted") == ["latest", "step-00000240-from-00000120"])
        }
    }

    @Test func aSourceThatIsRemovedWhileItIsReadIsReadToItsEnd() throws {
        let fixture = try EmissionFixture()
        let request = try fixture.request()
        try FileManager.default.removeItem(atPath: fixture.folder.path("run/checkpoint-120"))
        let published = try fixture.builder().publish(request)
        #expect(try CheckpointReader.open(directory: published.path).tensors.count == 4)
    }

    @Test func aSourceThatVanishesFromANetworkFileSystemLeavesNothing() throws {
        let fixture = try EmissionFixture()
        // Opening reads four times (two headers of two parts); the sixth is in the middle of the tensors.
        let files = FailingFileSystem(failing: 6, with: ESTALE, only: [.read])
        let request = try fixture.request(composition: fixture.composition(calls: files.calls))
        let error = #expect(throws: EmissionError.self) { try fixture.builder().publish(request) }
        #expect(error?.isVanished == true)
        #expect(try fixture.folder.names(in: "predicted") == [])
    }

    @Test func aSourceThatIsRewrittenMeanwhileIsNotEmitted() throws {
        let fixture = try EmissionFixture()
        let request = try fixture.request()
        try TinyCheckpoint.write(fixture.base, to: fixture.folder.path("new"))
        let target = fixture.folder.path("run/checkpoint-120/model.safetensors")
        #expect(rename(fixture.folder.path("new/model.safetensors"), target) == 0)
        let error = #expect(throws: EmissionError.self) { try fixture.builder().publish(request) }
        guard case .checkpoint(.changedWhileReading(target, _, _)) = error else {
            Issue.record("got \(String(describing: error))")
            return
        }
        #expect(try fixture.folder.names(in: "predicted") == [])
    }

    @Test func aPredictionThatCannotBeRemovedIsSaidAndNotFatal() throws {
        var fixture = try EmissionFixture()
        fixture.settings.keep = 1
        _ = try fixture.builder().publish(fixture.request())
        let whole = FailingFileSystem(only: [.renameWithoutReplacing])
        let second = try fixture.request(fixture.provenance(target: 300))
        let calls = FailingFileSystem(failing: 2, with: EACCES, only: [.renameWithoutReplacing])
        let published = try fixture.builder(calls: calls.calls).publish(second)
        #expect(published.removed == [])
        #expect(published.notRemoved.count == 1)
        #expect(whole.count == 0)
        #expect(try fixture.folder.names(in: "predicted").count == 3)
    }
}

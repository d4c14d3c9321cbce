import ConfigurationFile
import Files
import Foundation
import TestSupport
import Testing
import TrajectoryStore
import Vocabulary

@testable import Pipeline

/// SQLite would go on writing into files that nobody finds again.
struct StorePlaceTests {
    @Test(arguments: ["", "-wal"]) func aStoreThatIsTakenAwayIsMissedAndGoesOnWhenItIsBack(suffix: String) throws {
        let fixture = try StraightRunFixture(steps: [10])
        try fixture.passUntilDone()
        let file = fixture.context.configuration.store.path + suffix
        for replacement in [Data?.none, Data("somebody else's".utf8)] {
            try FileManager.default.moveItem(atPath: file, toPath: file + ".away")
            try replacement?.write(to: URL(filePath: file))
            try fixture.run.add(20)
            let error = try #require(throws: PipelineError.self) { try fixture.pass() }
            #expect(error.description.contains(file) && error.description.contains("restart alpharl"), "\(error)")
            #expect(try fixture.context.store.recordedSteps().map(\.value) == [10])
            try? FileManager.default.removeItem(atPath: file)
            try FileManager.default.moveItem(atPath: file + ".away", toPath: file)
        }
        try fixture.passUntilDone()
        #expect(try fixture.context.store.recordedSteps().map(\.value) == [10, 20])
    }

    /// A file server or a disk that cannot say now is no reason to stop.
    @Test func whatCannotBeLookedAtIsNotMissed() throws {
        let folder = try TemporaryDirectory()
        let path = try folder.write([1], to: "store.sqlite")
        let files = FailingFileSystem(failing: 3, with: EIO)
        let place = StorePlace(of: path, calls: files.calls)
        #expect(files.count == 2)
        try place.requireInPlace()
        #expect(files.count == 3)
        #expect(throws: Never.self) { try StorePlace(of: ":memory:", calls: files.calls).requireInPlace() }
    }
}

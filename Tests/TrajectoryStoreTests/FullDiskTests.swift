import Foundation
import Testing
import Vocabulary

@testable import TrajectoryStore

/// On a real file system without room, which needs one: `mount -t tmpfs -o size=2m tmpfs /mnt/small`, then
/// `ALPHARL_SMALL_FILE_SYSTEM=/mnt/small swift test --filter FullDiskTests`.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["ALPHARL_SMALL_FILE_SYSTEM"] != nil), .serialized)
struct FullDiskTests {
    private let folder = (ProcessInfo.processInfo.environment["ALPHARL_SMALL_FILE_SYSTEM"] ?? "") + "/run"

    /// Fills what is left; returns the file to delete.
    private func fill() throws -> String {
        let ballast = folder + "-ballast"
        try Data().write(to: URL(fileURLWithPath: ballast))
        let file = try #require(FileHandle(forWritingAtPath: ballast))
        for size in [65536, 4096, 512, 1] {
            while (try? file.write(contentsOf: Data(repeating: 7, count: size))) != nil {}
        }
        try file.close()
        return ballast
    }

    private func isFull(_ error: any Error) -> Bool {
        guard case StoreError.full = error else { return false }
        return true
    }

    @Test func aFullDiskIsReportedAndPasses() throws {
        try? FileManager.default.removeItem(atPath: folder)
        let store = try TrajectoryDatabase.open(path: folder + "/store.sqlite")
        try store.claim(for: Planted.run, programVersion: "0.1.0", now: Planted.now)
        try store.recordWhole(10, registering: "tangent")
        let session = try store.stageWhole(20)
        let before = try store.canonicalDump()

        let ballast = try fill()
        let large = NewEvent(
            kind: "warning", payload: "\"" + String(repeating: "x", count: 1 << 18) + "\"", time: Planted.now)
        for _ in 1...3 { #expect { try store.append(large) } throws: { isFull($0) } }
        #expect(try store.canonicalDump() == before)
        #expect { try TrajectoryDatabase.open(path: folder + "/second.sqlite") } throws: { isFull($0) }

        try FileManager.default.removeItem(atPath: ballast)
        try store.append(large)
        try store.record(Planted.recording(), finishing: session)
        try store.verify()
        try store.close()
    }
}

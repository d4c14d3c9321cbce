import Dispatch
import Foundation
import Synchronization
import Testing
import Vocabulary

@testable import TrajectoryStore

struct ConcurrencyTests {
    /// Modules are staged by several threads in any order, while others read.
    @Test func stagingFromManyThreadsGivesTheSameStore() throws {
        let modules = (0..<24).map { Module(name: TensorName("layers.\($0).weight"), rows: 3, columns: 4) }
        let folder = try TemporaryFolder()
        let parallel = try TrajectoryDatabase.open(path: folder.store)
        let sequential = try TrajectoryDatabase.inMemory()
        for store in [parallel, sequential] {
            try store.claim(for: Planted.run, programVersion: "0.1.0", now: Planted.now)
        }
        for step in [10, 20] {
            let session = try sequential.beginRecording(try sequential.notePending(Planted.seen(step)).id)
            for module in modules { try sequential.stage(Planted.module(module, at: step), in: session) }
            try sequential.record(Planted.recording(moduleCount: modules.count), finishing: session)

            let shared = try parallel.beginRecording(try parallel.notePending(Planted.seen(step)).id)
            let failures = Mutex<[String]>([])
            DispatchQueue.concurrentPerform(iterations: 2 * modules.count) { index in
                do {
                    if index.isMultiple(of: 2) {
                        try parallel.stage(Planted.module(modules[index / 2], at: step), in: shared)
                    } else if try parallel.factorSummaries(at: TrainingStep(step)).isEmpty == false {
                        failures.withLock { $0.append("a staged factor was seen") }
                    }
                } catch {
                    failures.withLock { $0.append("\(error)") }
                }
            }
            #expect(failures.withLock { $0 } == [])
            try parallel.record(Planted.recording(moduleCount: modules.count), finishing: shared)
        }
        #expect(try parallel.canonicalDump() == sequential.canonicalDump())
        try parallel.close()
    }
}

import Foundation
import StatusAPI
import TestSupport
import Testing
import TrajectoryStore

/// A trainer that writes one checkpoint after the other while the daemon beside it is killed again and again.
struct InterruptedTrainer {
    /// What a killed daemon leaves unfinished.
    enum Work: Hashable { case recording, emission }

    let run: RunFolder
    /// Steps that are not whole yet; of the first of them half is there.
    private var coming: ArraySlice<Int>
    private var written = 0
    /// What the killed daemons were doing, by what the store says after their end.
    private(set) var interrupted: [Work: Int] = [:]

    init(run: RunFolder, steps: [Int]) throws {
        self.run = run
        coming = steps[...]
        if let first = coming.first { try run.begin(first) }
    }

    /// Starts a daemon, kills it at a moment that the generator chooses, and notes what it was doing.
    mutating func killOnce(_ generator: inout SeededGenerator) throws {
        switch Int.random(in: 0..<8, using: &generator) {
        case 0: try killWhileItStarts(probes: Int.random(in: 0..<20_000, using: &generator))
        case 1...2: try kill(at: .recording, &generator)
        case 3...6: try kill(at: .emitting, &generator)
        default: try kill(at: nil, &generator)
        }
        guard FileManager.default.fileExists(atPath: run.store) else { return }
        let store = try TrajectoryDatabase.openForReading(path: run.store)
        if try store.nextPending() != nil { interrupted[.recording, default: 0] += 1 }
        if try !store.predictions(in: .planned).isEmpty { interrupted[.emission, default: 0] += 1 }
    }

    /// The rest of the run.
    mutating func finish() throws { while !coming.isEmpty { try advance() } }

    /// One more checkpoint is whole, and half of the next is there.
    private mutating func advance() throws {
        guard let step = coming.popFirst() else { return }
        try run.finish(step)
        written += 1
        if let next = coming.first { try run.begin(next) }
    }

    private func killWhileItStarts(probes: Int) throws {
        let process = try Alpharl.start(["serve", "--config", run.configuration], home: run.place.path)
        for _ in 0..<probes { _ = FileManager.default.fileExists(atPath: run.socket) }
        process.send(SIGKILL)
        #expect(try process.wait(seconds: 30).end == .signal(SIGKILL))
    }

    /// - Parameter state: waits for it, for an emission if none has been interrupted yet, or for the end of all work; nil: does
    ///   not wait.
    private mutating func kill(at state: RunStatus.State?, _ generator: inout SeededGenerator) throws {
        let daemon = try LiveDaemon(run)
        if try daemon.status().checkpoints.recorded == written { try advance() }
        if Bool.random(using: &generator) { try advance() }
        if let state {
            let count = written
            let wanted: Set = interrupted[.emission] == nil ? [state, .emitting] : [state]
            try daemon.poll("\(state)") { try wanted.contains(daemon.status().state) || daemon.isIdle(recorded: count) }
        }
        for _ in 0..<Int.random(in: 0..<4, using: &generator) { _ = try daemon.status() }
        try daemon.kill()
    }
}

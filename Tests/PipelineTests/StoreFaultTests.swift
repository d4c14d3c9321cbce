import ConfigurationFile
import Files
import Foundation
import StoreFaults
import TestSupport
import Testing
import TrajectoryStore
import Vocabulary

@testable import Pipeline

/// SQLite's own calls on the store's files fail in turn: what was recorded stays, and the run ends as if nothing had happened.
@Suite(.serialized) struct StoreFaultTests {
    private struct Case: CustomStringConvertible {
        let call: Int
        let fault: store_fault
        let name: String

        var description: String { "\(name) at call \(call)" }
    }

    private let beginning: StraightRunFixture

    init() throws {
        try #require(store_faults_install() == 0)
        beginning = try StraightRunFixture.logging(steps: [10, 20, 30])
    }

    /// What can happen at the calls that were counted. `ALPHARL_TEST_THOROUGH=1`: all of it; else every fifth thing.
    ///
    /// - Parameter readsNothing: among them reads that find nothing where there is something. In a connection that is open
    ///   already SQLite remembers such a first page; a start has new connections.
    private func cases(readsNothing: Bool) -> [Case] {
        let all = (1...store_faults_count()).flatMap { number -> [Case] in
            var faults = [(STORE_FAULT_IO, "a fault of the disk")]
            switch Character(UnicodeScalar(UInt8(store_faults_kind(number)))) {
            case "r" where readsNothing: faults += [(STORE_FAULT_NOTHING_READ, "an empty read")]
            case "w", "f": faults += [(STORE_FAULT_FULL, "a full disk")]
            case "l": faults += [(STORE_FAULT_BUSY, "somebody's lock")]
            default: break
            }
            return faults.map { Case(call: number, fault: $0.0, name: $0.1) }
        }
        let isThorough = ProcessInfo.processInfo.environment["ALPHARL_TEST_THOROUGH"] == "1"
        return isThorough ? all : stride(from: 0, to: all.count, by: 5).map { all[$0] }
    }

    /// As the daemon's loop does it: what fails is told and tried again.
    private func serve(_ fixture: StraightRunFixture) throws -> [StoreError] {
        var met: [StoreError] = []
        for _ in 0..<5 {
            do {
                try fixture.passUntilDone()
                return met
            } catch let error as StoreError {
                met.append(error)
                if error.isDamage { #expect(try !fixture.context.store.confirmDamage(), "a store that is sound") }
                fixture.advance(by: .seconds(15))
            }
        }
        return met
    }

    private func expectSame(_ fixture: StraightRunFixture, _ expected: [String], _ story: String) throws {
        #expect(try fixture.content == expected, "\(story)")
        try fixture.context.store.verify()
        let names = try FileManager.default.contentsOfDirectory(atPath: fixture.place.path)
        #expect(!names.contains { $0.contains("damaged") }, "\(story): \(names)")
        try fixture.removeCopy()
    }

    @Test func whicheverCallFailsNothingIsLostAndTheRunGoesOn() throws {
        let quiet = try StraightRunFixture(copying: beginning, named: "quiet", calls: .system)
        store_faults_arm(quiet.context.configuration.store.path, 0, 0, STORE_FAULT_IO)
        #expect(try serve(quiet) == [])
        let (expected, cases) = (try quiet.content, cases(readsNothing: false))
        #expect(try quiet.context.store.recordedSteps().map(\.value) == [10, 20, 30])
        var told = 0
        for (index, each) in cases.enumerated() {
            let fixture = try StraightRunFixture(copying: beginning, named: "pass-\(index)", calls: .system)
            store_faults_arm(fixture.context.configuration.store.path, each.call, 1, each.fault)
            let met = try serve(fixture)
            store_faults_disarm()
            let story = "\(each), \(String(cString: store_faults_story())): \(met)"
            told += met.count
            #expect(met.count <= 1, "\(story)")
            #expect(met.allSatisfy { $0.description.contains(fixture.context.configuration.store.path) }, "\(story)")
            try expectSame(fixture, expected, story)
        }
        print("\(cases.count) cases at SQLite's calls while it records, of which \(told) were felt")
    }

    /// The service manager tries again; the store is neither moved aside nor begun anew.
    @Test func whicheverCallFailsAStartIsOnlyPutOff() throws {
        let recorded = try StraightRunFixture(copying: beginning, named: "recorded", calls: .system)
        try recorded.passUntilDone()
        let expected = try recorded.content
        store_faults_arm(beginning.place.path + "/store-counted", 0, 0, STORE_FAULT_IO)
        try StraightRunFixture(copying: recorded, named: "counted", calls: .system).removeCopy()
        let cases = cases(readsNothing: true)
        var told = 0
        for (index, each) in cases.enumerated() {
            let name = "start-\(index)"
            store_faults_arm(beginning.place.path + "/store-" + name, each.call, 1, each.fault)
            let fixture: StraightRunFixture
            do { fixture = try StraightRunFixture(copying: recorded, named: name, calls: .system) } catch {
                told += 1
                #expect(error is StoreError, "\(each): \(error)")
                store_faults_disarm()
                fixture = try StraightRunFixture(copying: recorded, named: name, calls: .system, keepsStore: false)
            }
            store_faults_disarm()
            let story = "\(each), \(String(cString: store_faults_story()))"
            #expect(fixture.context.store.replaced == nil, "\(story)")
            try expectSame(fixture, expected, story)
        }
        print("\(cases.count) cases at SQLite's calls while it starts, of which \(told) put it off")
    }
}

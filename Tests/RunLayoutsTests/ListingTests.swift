import Foundation
import TestSupport
import Testing
import Vocabulary

@testable import RunLayouts

struct ListingTests {
    private let tree: RunTree

    init() throws { tree = try RunTree() }

    @Test func candidatesAreInStepOrderNotInNameOrder() throws {
        for step in [100, 20, 3] { try tree.folder.makeDirectory("checkpoint-\(step)") }
        #expect(try HuggingFaceLayout().steps(in: tree) == [3, 20, 100])
    }

    @Test func aRootThatIsNotThereHasNoCheckpoints() throws {
        #expect(try HuggingFaceLayout().candidates(in: tree.root + "/none").isEmpty)
        #expect(try PatternLayout(pattern: StepPattern("a/(\\d+)")).candidates(in: tree.root + "/none").isEmpty)
    }

    @Test func temporaryNamesAreNobodysCheckpoints() throws {
        let names = [
            "tmp-checkpoint-5", "tmp_step_5", "old_step_5", ".tmp5", "5.tmp", "tmp-rank5", "5.orbax-checkpoint-tmp-1",
            ".nfs5",
        ]
        for name in names { try tree.folder.makeDirectory(name) }
        let everything = PatternLayout(pattern: try StepPattern(".*?(\\d+).*"))
        #expect(try everything.listing(in: tree.root) == .empty)
        #expect(names.allSatisfy(TemporaryNames.isTemporary))
        #expect(!TemporaryNames.isTemporary("checkpoint-5") && !TemporaryNames.isTemporary("step_5"))
    }

    @Test(arguments: [
        ("checkpoint-9223372036854775808", "above"), ("checkpoint-99999999999999999999999999", "above"),
        ("checkpoint-20261122101500", "above"), ("checkpoint-007", "leading zeros"), ("checkpoint-00", "leading zeros"),
        ("checkpoint-10-backup", "no plain number"), ("checkpoint-1e3", "no plain number"),
        ("checkpoint-٣", "no plain number"), ("checkpoint-0", "step 0 is the base"),
    ])
    func hostileStepsAreIgnoredWithTheReason(name: String, reason: String) throws {
        try tree.folder.makeDirectory(name)
        let listing = try HuggingFaceLayout().listing(in: tree.root)
        #expect(listing.candidates.isEmpty)
        #expect(listing.ignored.map(\.name) == [name])
        #expect(listing.ignored.first?.reason.contains(reason) == true)
    }

    @Test(arguments: [
        "checkpoint-", "checkpoint--5", "checkpoint-best", "checkpoints-5", "Checkpoint-5", "xcheckpoint-5",
    ])
    func namesOfAnotherKindAreNotEvenIgnored(name: String) throws {
        try tree.folder.makeDirectory(name)
        #expect(try HuggingFaceLayout().listing(in: tree.root) == .empty)
    }

    @Test func theLargestStepIsOne() throws {
        try tree.folder.makeDirectory("checkpoint-1000000000000")
        #expect(try HuggingFaceLayout().steps(in: tree) == [StepNumber.largest])
    }

    @Test func zerosInFrontDoNotMakeANumberLarge() throws {
        let zeros = String(repeating: "0", count: 200)
        #expect(try StepNumber.parse(zeros + "12", allowsLeadingZeros: true).value == 12)
        #expect(try StepNumber.parse(zeros, allowsLeadingZeros: true).value == 0)
    }

    @Test func filesAndLinksToNothingAreIgnored() throws {
        try tree.write("checkpoint-5", "a file")
        try tree.link("checkpoint-6", to: tree.root + "/nowhere")
        try tree.link("checkpoint-7", to: tree.root + "/checkpoint-5")
        let listing = try HuggingFaceLayout().listing(in: tree.root)
        #expect(listing.candidates.isEmpty && listing.ignored.count == 3)
    }

    @Test func aLinkToANeighbourIsASecondNameAndALinkElsewhereIsACheckpoint() throws {
        let elsewhere = try RunTree()
        try elsewhere.writeTrainerCheckpoint(8)
        try tree.writeTrainerCheckpoint(5)
        try tree.link("checkpoint-6", to: "checkpoint-5")
        try tree.link("checkpoint-8", to: elsewhere.root + "/checkpoint-8")
        let layout = HuggingFaceLayout()
        #expect(try layout.steps(in: tree) == [5, 8])
        #expect(
            try layout.listing(in: tree.root).ignored.first?.reason.contains("symbolic link to checkpoint-5") == true)
        #expect(try layout.judge(8, in: tree).kind == "marked")
    }

    @Test func aLinkToTheRootIsAsGoodAsTheRoot() throws {
        try tree.writeTrainerCheckpoint(5)
        let link = try TemporaryDirectory()
        try FileManager.default.createSymbolicLink(atPath: link.path("run"), withDestinationPath: tree.root)
        let candidates = try HuggingFaceLayout().candidates(in: link.path("run"))
        #expect(candidates.map(\.directory) == [link.path("run") + "/checkpoint-5"])
    }

    @Test func aLinkThatLeadsToItselfIsNoError() throws {
        try tree.link("checkpoint-5", to: "checkpoint-5")
        #expect(try HuggingFaceLayout().candidates(in: tree.root).isEmpty)
    }
}

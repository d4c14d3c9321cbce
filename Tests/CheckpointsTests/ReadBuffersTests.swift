import TestSupport
import Testing
import Vocabulary

@testable import Checkpoints

/// Memory that is read into again.
@Suite struct ReadBuffersTests {
    private func address(of values: [UInt16]) -> UInt {
        unsafe values.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
    }

    @Test(arguments: [100, 40, 0]) func memoryThatIsLargeEnoughIsUsedAgain(count: Int) throws {
        let buffers = ReadBuffers()
        #expect(buffers.halves(100) == nil)
        var values = [UInt16](repeating: 7, count: 100)
        let place = address(of: values)
        buffers.giveBack(.bfloat16(values))
        values = []
        let again = try #require(buffers.halves(count))
        #expect(again.count == count)
        if count > 0 { #expect(address(of: again) == place) }
        #expect(buffers.halves(1) == nil, "it is taken")
    }

    /// A copy on the way would cost more than new memory.
    @Test func readingGoesStraightIntoTheMemory() throws {
        let place = try TemporaryDirectory()
        try TinyCheckpoint.write([.bfloat16("a", [4, 8], [Float](repeating: 1, count: 32))], to: place.path("c"))
        let source = try CheckpointReader.open(directory: place.path("c"))
        let buffers = ReadBuffers()
        var memory: UInt = 0
        do {
            let room = [UInt16](repeating: 0, count: 5000)
            memory = address(of: room)
            buffers.giveBack(.bfloat16(room))
        }
        for rows in [0..<4, 1..<2] {
            let values = try source.readRows("a", rows, into: buffers, keepingPages: false)
            guard case .bfloat16(let bits) = values else { preconditionFailure("bfloat16 was written.") }
            #expect(bits == [UInt16](repeating: 0x3f80, count: rows.count * 8))
            #expect(address(of: bits) == memory)
            buffers.giveBack(values)
        }
    }

    @Test func theSmallestThatFitsIsTaken() throws {
        let buffers = ReadBuffers()
        for count in [300, 100, 200] { buffers.giveBack(.float32([Float](repeating: 0, count: count))) }
        #expect(try #require(buffers.singles(150)).capacity < 300)
        #expect(buffers.doubles(1) == nil)
        #expect(buffers.halves(1) == nil)
    }

    @Test func whereNothingFitsTheLargestGoes() {
        let buffers = ReadBuffers()
        for count in [10, 1000] { buffers.giveBack(.float64([Double](repeating: 0, count: count))) }
        #expect(buffers.doubles(5000) == nil)
        #expect(buffers.doubles(900) == nil)
        #expect(buffers.doubles(900) == nil)
    }

    /// Values that somebody still holds are not written over.
    @Test func heldValuesStayAsTheyAre() throws {
        let place = try TemporaryDirectory()
        let numbers = (0..<32).map { Float($0) }
        try TinyCheckpoint.write(
            [.float32("a", [4, 8], numbers), .float32("b", [4, 8], numbers.map { -$0 })], to: place.path("c"))
        let source = try CheckpointReader.open(directory: place.path("c"))
        let buffers = ReadBuffers()
        let first = try source.readRows("a", 0..<4, into: buffers, keepingPages: true)
        buffers.giveBack(first)
        let second = try source.readRows("b", 1..<3, into: buffers, keepingPages: false)
        #expect(first == .float32(numbers))
        #expect(second == .float32(numbers[8..<24].map { -$0 }))
        source.dropPages(of: "a")
        #expect(try source.read("a") == first)
    }
}

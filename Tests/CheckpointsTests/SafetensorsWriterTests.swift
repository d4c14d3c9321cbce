import Checkpoints
import Files
import Foundation
import TestSupport
import Testing
import Vocabulary

struct SafetensorsWriterTests {
    let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory(inMemory: true) }

    private func write(
        _ tensors: [OutputTensor], metadata: [String: String] = SafetensorsWriter.defaultMetadata,
        _ fill: (SafetensorsWriter) throws -> Void
    ) throws -> [UInt8] {
        try AtomicPublisher().publishDirectory(at: folder.path("p")) { builder in
            try builder.addFile(named: "model.safetensors") { file in
                let writer = try SafetensorsWriter(tensors: tensors, metadata: metadata, to: file)
                try fill(writer)
                writer.finish()
            }
        }
        return try folder.bytes(of: "p/model.safetensors")
    }

    private func output(_ name: TensorName, _ type: ElementType, _ shape: TensorShape) -> OutputTensor {
        OutputTensor(TensorDescription(name: name, elementType: type, shape: shape))
    }

    /// What `safetensors.torch.save` of safetensors 0.8.0 makes of float32 b = [1.5, -2], bfloat16 a = [[1]], int64
    /// c = [7], float32 é" = [] and {"format": "pt"}.
    @Test func theBytesAreThoseOfTheReferenceImplementation() throws {
        let header =
            #"{"__metadata__":{"format":"pt"},"c":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},"#
            + #""b":{"dtype":"F32","shape":[2],"data_offsets":[8,16]},"é\"":{"dtype":"F32","shape":[0],"#
            + #""data_offsets":[16,16]},"a":{"dtype":"BF16","shape":[1,1],"data_offsets":[16,18]}} "#
        let data: [UInt8] = [7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 192, 63, 0, 0, 0, 192, 128, 63]
        let expected = [0, 1, 0, 0, 0, 0, 0, 0] + Array(header.utf8) + data
        let other = OtherTensor(name: "c", type: .i64, shape: [1], byteCount: 8)
        let bytes = try write([
            output("b", .float32, [2]), output("a", .bfloat16, [1, 1]), OutputTensor(other),
            output("é\"", .float32, [0]),
        ]) { writer in
            #expect(writer.order.map(\.name) == ["c", "b", "é\"", "a"])
            try writer.append([7, 0, 0, 0, 0, 0, 0, 0], to: "c")
            try writer.append(.float32([1.5]), to: "b")
            try writer.append(.float32([-2]), to: "b")
            try writer.append(.bfloat16([0x3F80]), to: "a")
        }
        #expect(bytes == expected)
    }

    @Test(arguments: 0..<30) func whatIsWrittenIsRead(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var contents: [TensorName: TensorValues] = [:]
        var tensors: [OutputTensor] = []
        for number in 0..<Int.random(in: 1...8, using: &generator) {
            let type = ElementType.allCases.randomElement(using: &generator) ?? .float32
            let shape = (0..<Int.random(in: 0...3, using: &generator)).map { _ in
                Int.random(in: 0...5, using: &generator)
            }
            let name = TensorName("t\(number)\"\\\u{1F600}\n\u{1}")
            let count = shape.reduce(1, *)
            contents[name] = .rounding((0..<count).map { _ in generator.gaussian() }, to: type)
            tensors.append(output(name, type, TensorShape(shape)))
        }
        _ = try write(tensors) { writer in
            for tensor in writer.order {
                guard let values = contents[tensor.name] else { continue }
                try writer.append(values, to: tensor.name)
            }
        }
        let source = try CheckpointReader.open(directory: folder.path("p"))
        #expect(source.tensors.count == tensors.count)
        for tensor in source.tensors {
            #expect(try source.read(tensor.name) == contents[tensor.name])
            var rows: [Double] = []
            for row in 0..<tensor.rowCount { rows += try source.readRows(tensor.name, row..<row + 1).doubles() }
            #expect(rows == contents[tensor.name]?.doubles())
        }
    }

    @Test func dataBeginsAtAMultipleOfEight() throws {
        for length in 0..<9 {
            let folder = try TemporaryDirectory(inMemory: true)
            try AtomicPublisher().publishDirectory(at: folder.path("p")) { builder in
                try builder.addFile(named: "f") { file in
                    let name = TensorName(String(repeating: "n", count: length + 1))
                    let writer = try SafetensorsWriter(tensors: [output(name, .bfloat16, [1])], to: file)
                    try writer.append(.bfloat16([1]), to: name)
                    writer.finish()
                }
            }
            #expect(try folder.bytes(of: "p/f").count % 8 == 2)
        }
    }
}

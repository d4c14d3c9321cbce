import Files
import Testing
import Vocabulary

@testable import Pipeline

@Suite struct ContentDigestTests {
    private func hash(_ text: String) -> ContentHash {
        var hasher = ContentHasher()
        hasher.update(Array(text.utf8))
        return hasher.finalize()
    }

    @Test func orderOfReadingDoesNotCount() {
        let tensors = (0..<20).map { (name: TensorName("tensor.\($0)"), hash: hash("content \($0)")) }
        #expect(ContentDigest.combining(tensors) == ContentDigest.combining(tensors.reversed()))
        #expect(ContentDigest.combining(tensors) != ContentDigest.combining(tensors.dropLast()))
    }

    @Test func exchangedContentsCount() {
        let straight = [(name: TensorName("a"), hash: hash("1")), (name: TensorName("b"), hash: hash("2"))]
        let crossed = [(name: TensorName("a"), hash: hash("2")), (name: TensorName("b"), hash: hash("1"))]
        #expect(ContentDigest.combining(straight) != ContentDigest.combining(crossed))
    }
}

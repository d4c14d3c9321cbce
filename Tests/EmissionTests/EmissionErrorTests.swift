import Checkpoints
import Emission
import Files
import Glibc
import Testing
import Vocabulary

struct EmissionErrorTests {
    static let identity = FileIdentity(size: 1, modificationTimeNanoseconds: 2, inode: 3, device: 4)

    static let errors: [EmissionError] = [
        .checkpoint(.noWeights(directory: "/c", found: ["README.md"])),
        .checkpoint(.damaged(file: "/c/m", .slices)),
        .checkpoint(.badIndex(file: "/c/i", .unsafeFileName("../x"))),
        .checkpoint(.tensorInTwoFiles("w", directory: "/c", "a", "b")),
        .checkpoint(.missingTensor("w", directory: "/c")),
        .checkpoint(.unsupportedType("w", type: .float8E4M3, directory: "/c")),
        .checkpoint(.changedWhileReading(file: "/c/m", was: identity, is: identity)),
        .checkpoint(.removedWhileReading(file: "/c/m")),
        .file(.failed(.write, path: "/f", number: ENOSPC)),
        .file(.noPermission(.open, path: "/f", owner: 1000, mode: 0o600)),
        .file(.truncated(path: "/f", offset: 8, wanted: 4, got: 2)),
        .file(.alreadyExists(path: "/f")),
        .file(.wrongKind(path: "/f", got: .directory, expected: .regular)),
        .file(.unsafeName("..", folder: "/f")),
        .insideWatchedTree(directory: "/run/p", watched: "/run"),
        .notEnoughSpace(directory: "/p", needed: 5, available: 4),
        .noConfiguration(folders: ["/a", "/b"]),
        .badConfiguration(file: "/c/config.json", JSONProblem(reason: "an object was expected", offset: 0)),
        .alreadyThere(path: "/p", reason: "it has no alpharl.json of this program"),
        .wrongShape("w", left: 1, right: 2, shape: [3, 4]),
        .differentShapes("w", [1, 2], [3, 4]),
        .notFinite("w", row: 1, column: 2, type: .float16),
        .notAdaptable("w", reason: "it is an embedding, which servers do not take from every adapter"),
        .decomposition("w", reason: "QR factorisation of 2 x 3: a number in it is not finite"),
        .badProvenance(reason: "a number in it is not finite"),
    ]

    /// `what failed: why; what to do`, as the command line prints it.
    @Test(arguments: errors) func everyErrorIsOneLineThatSaysWhatWhyAndWhatToDo(error: EmissionError) {
        let text = error.description
        #expect(!text.contains("\n"))
        #expect(text.contains(/^[a-z][^:]*\S: .+; [a-z].+[^.]$/), "\(text)")
    }

    @Test func sentencesReadAsIntended() {
        #expect(
            EmissionError.file(.failed(.write, path: "/p/x", number: ENOSPC)).description
                == "cannot write /p/x: No space left on device; free space there or choose a directory on another disk")
        #expect(
            EmissionError.checkpoint(.unsupportedType("w", type: .float8E4M3, directory: "/c")).description
                == "cannot read the tensor \"w\" of /c: its numbers are of a type that is not read (got F8_E4M3, expected BF16, "
                + "F16, F32 or F64); exclude it, or save in one of these types")
        #expect(
            EmissionError.notEnoughSpace(directory: "/p", needed: 5, available: 4).description
                == "cannot write a prediction to /p: not enough free space (got 4 bytes, expected 5); free space, lower "
                + "emit.keep, or set emit.directory to another disk")
    }

    @Test func hostileNamesStayOnOneLineAndShort() {
        let error = CheckpointError.missingTensor(
            TensorName("a\n\u{1B}[31m" + String(repeating: "x", count: 9000)), directory: "/c")
        #expect(error.description.count < 400)
        #expect(!error.description.contains("\n") && !error.description.contains("\u{1B}"))
    }
}

import ArgumentParser
import ConfigurationFile
import Emission
import Foundation
import Pipeline
import Vocabulary

struct ReconstructCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reconstruct",
        abstract: "Writes an observed checkpoint again from the first triplets of its updates.",
        discussion: """
            Example: alpharl reconstruct /data/ckpts/qwen-math --base /models/Qwen2.5-7B --step 240 --rank 1 --out rebuilt

            Writes OUT/step-STEP-rank-RANK, an ordinary model folder: the base plus the RANK largest singular triplets of \
            each tracked weight's update, and everything else as in the checkpoint. Evaluate it beside the checkpoint to \
            see how much of what the run learned lies in so few directions.
            """)

    @Argument(help: "The folder that the trainer wrote its checkpoints to.")
    var run: String

    @Option(help: "The weights that the run started from.")
    var base: String

    @Option(help: "The step of the checkpoint.")
    var step: Int

    @Option(help: "How many triplets of each update to keep.")
    var rank: Int

    @Option(help: "Where the reconstruction appears, in a folder of its own.")
    var out: String

    @Flag(help: "Scale what is kept of each update to the norm of the whole.")
    var rescale = false

    @Option(help: "same as the checkpoint, bfloat16 or float32. Small updates drown in the rounding of bfloat16.")
    var dtype = "same"

    @OptionGroup var reading: ReadingOptions

    @Flag(help: "Print the manifest in place of the path.")
    var json = false

    func validate() throws {
        if step < 1 { throw ValidationError("--step \(step) is not a step above 0") }
        if rank < 1 { throw ValidationError("--rank \(rank) is not a rank above 0") }
        if OutputElementType(rawValue: dtype) == nil {
            throw ValidationError("--dtype \(dtype) is none of same, bfloat16, float32")
        }
    }

    mutating func run() async throws {
        let command = self
        try await OnceThread.run { try command.reconstruct() }
    }

    private func reconstruct() throws {
        let configuration = try configuration()
        try RunSetup.requireFolder(configuration.run.watch)
        let bar = ProgressLine(isShown: TerminalDevice.errors.isScreen && !json)
        defer { bar.clear() }
        let reconstruction = Reconstruction(
            configuration: configuration,
            base: try BaseWeights(directory: configuration.run.base, filter: configuration.factors.filter),
            program: RunSetup.program, progress: RunProgress { bar.show($0) })
        let written = try reconstruction.write(step: TrainingStep(step), rank: rank, rescaling: rescale)
        bar.clear()
        if json {
            print(String(decoding: try written.manifest.encoded(), as: UTF8.self), terminator: "")
        } else {
            print(written.path)
        }
    }

    private func configuration() throws -> RunConfiguration {
        var configuration = RunConfiguration(watch: ReadingOptions.absolute(run), base: ReadingOptions.absolute(base))
        reading.apply(to: &configuration)
        configuration.emit.directory = ReadingOptions.absolute(out)
        configuration.emit.elementType = OutputElementType(rawValue: dtype) ?? .same
        try reading.check()
        return configuration
    }
}

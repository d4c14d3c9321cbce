/// What a prediction is written as.
public enum PredictionFormat: String, Codable, Hashable, Sendable, CaseIterable {
    /// An ordinary Hugging Face directory with all weights.
    case full
    /// A low-rank PEFT adapter of a few megabytes.
    case adapter
}

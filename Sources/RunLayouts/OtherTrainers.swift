/// What the folders of trainers look like for which there is no layout of their own, and the pattern that reads
/// them where they write whole weights.
enum OtherTrainers {
    private struct Sign: Sendable {
        /// Text before and after the number of a folder's name.
        let before: String
        let after: String
        let advice: String
    }

    private static let signs = [
        Sign(
            before: "iter_", after: "",
            advice:
                "Megatron: have the weights exported to Hugging Face form, and set run.pattern to the names of those folders"
        )
    ]

    /// A sentence with a remedy where names tell what the folder is; nil where they do not.
    static func hint(root: String, folders: [String], names: [String]) -> String? {
        if names.contains("config.json") || names.contains("trainer_state.json") || names.contains("model.safetensors")
        {
            return "\(root) is a checkpoint itself, not a folder of checkpoints; set run.watch to the folder above it"
        }
        for sign in signs {
            let match = folders.first {
                $0.hasPrefix(sign.before) && $0.hasSuffix(sign.after)
                    && $0.dropFirst(sign.before.count).dropLast(sign.after.count).first?.isNumber == true
            }
            if let match { return "\(root) has no layout that is known, but \(match) looks like \(sign.advice)" }
        }
        return nil
    }
}

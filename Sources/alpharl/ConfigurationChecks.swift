import ConfigurationFile
import Forecasting
import RunLayouts
import Vocabulary

/// What the configuration's own target cannot know: which layouts and models there are.
enum ConfigurationChecks {
    static let all: [String: RunConfiguration.TextCheck] = [
        "run.layout": { name in
            LayoutRegistry.names.contains(name) ? nil : "one of \(quoted(LayoutRegistry.names))"
        },
        "run.pattern": { pattern in
            do {
                _ = try LayoutRegistry.layout(named: "auto", pattern: pattern)
                return nil
            } catch { return "\(error)" }
        },
        "forecast.model": { name in
            let known = ["auto"] + ModelRegistry.all.map(\.name.text)
            return known.contains(name) ? nil : "one of \(quoted(known))"
        },
    ]

    private static func quoted(_ words: [String]) -> String {
        words.map { "\"\($0)\"" }.joined(separator: ", ")
    }
}

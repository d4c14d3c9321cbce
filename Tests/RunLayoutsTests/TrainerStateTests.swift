import Testing
import Vocabulary

@testable import RunLayouts

struct TrainerStateTests {
    private func state(_ text: String, includingLog: Bool = true) throws -> TrainerState {
        try TrainerState(json: Array(text.utf8), includingLog: includingLog)
    }

    @Test func whatPythonWritesIsRead() throws {
        let text = """
            {"best_metric": NaN, "epoch": 0.5, "eval_steps": 500, "global_step": 20, "max_steps": 100,
             "log_history": [
              {"epoch": 0.1, "step": 10, "loss": -Infinity, "reward": 0.25, "kl": NaN, "note": "NaN, \\"Infinity\\"", "x": null},
              {"step": 20, "rewards/accuracy/mean": 5e-1, "grad_norm": Infinity, "nested": {"a": [1, NaN]}, "done": true}
             ],
             "stateful_callbacks": {"TrainerControl": {"args": {}}}, "trial_name": null}
            """
        let state = try state(text)
        #expect(state.globalStep.value == 20 && state.maximumStep?.value == 100)
        #expect(state.log.map(\.step.value) == [10, 20])
        #expect(state.log[0].values == ["epoch": 0.1, "reward": 0.25])
        #expect(state.log[1].values == ["rewards/accuracy/mean": 0.5])
        #expect(state.names == ["epoch", "reward", "rewards/accuracy/mean"])
    }

    @Test func theLogIsLeftWhereOnlyTheStepIsWanted() throws {
        let state = try state("{\"log_history\": [{\"step\": 1, \"a\": 1}], \"global_step\": 3}", includingLog: false)
        #expect(state.globalStep.value == 3 && state.log.isEmpty && state.maximumStep == nil)
    }

    @Test func afterARewindTheLastRowCounts() throws {
        let rows = [(10, 1.0), (20, 2.0), (10, 3.0)].map { "{\"step\": \($0.0), \"a\": \($0.1)}" }
        let series = try state("{\"global_step\": 20, \"log_history\": [\(rows.joined(separator: ","))]}").series("a")
        #expect(series.map(\.step.value) == [10, 20])
        #expect(series.map(\.value) == [3, 2])
    }

    @Test(arguments: [
        "", "{", "[]", "null", "{\"global_step\": 1", "{\"global_step\": 1}x", "{\"global_step\": nan}",
        "{\"global_step\": 1, \"log_history\": [{]}", "\u{FEFF}{\"global_step\": 1}", "{\"global_step\": NaNN}",
    ])
    func whatIsNotWholeIsRefused(text: String) {
        #expect(throws: TrainerState.Problem.self) { try state(text) }
    }

    @Test(arguments: [
        "{}", "{\"global_step\": null}", "{\"global_step\": -1}", "{\"global_step\": 1.5}", "{\"global_step\": \"10\"}",
        "{\"global_step\": NaN}", "{\"global_step\": 1e300}", "{\"global_step\": 99999999999999999999}",
    ])
    func aStepThatIsNoneIsRefused(text: String) {
        #expect(throws: TrainerState.Problem.noGlobalStep) { try state(text) }
    }

    @Test func everyCutOffPrefixIsRefusedAndNoneCrashes() throws {
        let whole = Array(
            "{\"a\": [1, {\"b\": \"\\u00e9\\n\"}], \"global_step\": 12, \"log_history\": [{\"step\": 1, \"x\": -Infinity}]}"
                .utf8)
        _ = try TrainerState(json: whole)
        for length in 0..<whole.count {
            #expect(throws: TrainerState.Problem.self) { try TrainerState(json: Array(whole.prefix(length))) }
        }
    }

    @Test func nestingWithoutEndIsRefused() {
        let deep = String(repeating: "[", count: 1_000_000)
        #expect(throws: TrainerState.Problem.self) { try state("{\"global_step\": 1, \"log_history\": \(deep)") }
        #expect(throws: TrainerState.Problem.self) { try state("{\"global_step\": 1, \"x\": \(deep)") }
    }

    @Test func oddRowsAreLeftOut() throws {
        let text =
            "{\"global_step\": 1, \"log_history\": [1, null, {}, {\"loss\": 1}, {\"step\": -4, \"a\": 1}, {\"step\": 2.0, \"a\": 1}]}"
        #expect(try state(text).log.map(\.step.value) == [2])
        #expect(try state("{\"global_step\": 1, \"log_history\": {\"a\": 1}}").log.isEmpty)
    }
}

struct KnownMetricsTests {
    @Test(arguments: [
        (["loss", "reward", "eval_reward", "eval_accuracy"], "eval_accuracy"),
        (["loss", "reward", "accuracy", "eval_reward"], "accuracy"),
        (["reward", "eval_reward"], "eval_reward"),
        (
            ["reward", "eval_rewards/format_reward/mean", "eval_rewards/accuracy_reward/mean"],
            "eval_rewards/accuracy_reward/mean"
        ),
        (["reward", "rewards/accuracy_reward/mean", "rewards/accuracy_reward/std"], "rewards/accuracy_reward/mean"),
        (["reward", "reward_std", "rewards/f/mean", "rewards/f/std"], "reward"),
        (["rewards/g/mean", "rewards/f/mean"], "rewards/f/mean"),
        (["rewards/is_correct/mean", "reward"], "rewards/is_correct/mean"),
        (["rewards/accuracy_reward", "reward"], "rewards/accuracy_reward"),
        (["objective/scores", "objective/kl"], "objective/scores"),
    ])
    func theBestKnownNameIsChosen(names: [String], expected: String) {
        #expect(KnownMetrics.choose(among: names) == expected)
        #expect(KnownMetrics.choose(among: names.reversed()) == expected)
    }

    @Test func theUsersChoiceIsTakenOrNothing() {
        #expect(KnownMetrics.choose(among: ["reward", "x"], wanted: "x") == "x")
        #expect(KnownMetrics.choose(among: ["reward"], wanted: "x") == nil)
        #expect(KnownMetrics.choose(among: ["loss", "kl"]) == nil)
        #expect(KnownMetrics.choose(among: ["rewards/mean"]) == nil)
    }

    @Test func rewardIsThatOfTrainingAndNotTheAccuracyAgain() {
        func reward(_ names: String..., besides accuracy: String?) -> String? {
            KnownMetrics.chooseReward(among: names, besides: accuracy)
        }
        #expect(reward("eval_reward", "reward", "reward_std", "eval_accuracy", besides: "eval_accuracy") == "reward")
        #expect(reward("reward", "reward_std", "loss", besides: "reward") == nil)
        #expect(
            reward("critic/score/mean", "val-core/gsm8k/acc/mean@1", besides: "val-core/gsm8k/acc/mean@1")
                == "critic/score/mean")
        #expect(reward("loss", "kl", besides: nil) == nil)
    }
}

import RunLayouts
import Testing
import Vocabulary

/// Names as the trainers themselves log them.
@Suite struct LoggedObjectiveTests {
    @Test(arguments: [
        // TRL: GRPO, DPO, PPO, online DPO.
        ["loss", "grad_norm", "learning_rate", "reward", "reward_std", "completion_length", "epoch"],
        ["loss", "rewards/chosen", "rewards/rejected", "rewards/margins", "logps/chosen", "epoch"],
        ["eps", "objective/kl", "objective/entropy", "objective/scores", "loss/policy_avg"],
        // verl.
        ["actor/pg_loss", "actor/kl_loss", "critic/score/mean", "response_length/mean"],
        ["loss", "advantages/mean"], ["train_loss", "Rewards/Accuracy/mean"],
    ])
    func whatIsLearntFromARewardIsReinforcementLearning(names: [String]) {
        #expect(LoggedObjective.objective(of: names) == .reinforcement)
    }

    @Test(arguments: [
        ["loss", "grad_norm", "learning_rate", "epoch"],
        ["loss", "learning_rate", "eval_loss", "eval_accuracy", "mean_token_accuracy", "num_tokens", "entropy"],
        ["train_loss", "train_runtime", "total_flos"], ["train/loss", "lr"],
    ])
    func aLossWithoutARewardIsSupervisedTraining(names: [String]) {
        #expect(LoggedObjective.objective(of: names) == .supervised)
    }

    /// `kl` and `score` as parts of other words are no sign of a reward, and evaluations alone are no sign of a loss.
    @Test(arguments: [[], ["eval_accuracy", "eval_loss"], ["learning_rate"], ["weekly_tokens", "underscored"]])
    func otherLogsDoNotTell(names: [String]) {
        #expect(LoggedObjective.objective(of: names) == nil)
    }
}

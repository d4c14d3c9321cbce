#!/usr/bin/env python3
"""GRPO of a real language model on sums of two numbers below 25: bf16 compute, fp32 master weights, AdamW.

    train.py --base BASE --out FOLDER

Writes every checkpoint twice: FOLDER/run-fp32/checkpoint-N, the master weights (540 MB), and FOLDER/run-bf16/
checkpoint-N, what the policy computes with (270 MB), and accuracy.jsonl in both. 105 steps take about 20 minutes on two
idle cores and 17 GB. Reward 1 for the right digits and a newline, 16 prompts x 8 answers a step, T = 1, no KL term,
constant learning rate. Equal answers of one prompt are merged, and the loss of a step is one pass over a token tree,
which leaves the gradient what it is.
"""
import argparse
import json
import os
import random
import shutil
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "2")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from task import Sums, Tree, accuracy

torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
LONGEST_ANSWER = 4


@torch.no_grad()
def sampled(model, tokenizer, sums, questions, group):
    """A tree of `group` answers to each question at T = 1, and [(question, count, tokens, edges)]."""
    tree = Tree()
    prefix = tree.add(-1, sums.prefix)
    live = [(tree.add(prefix[-1], sums.tokens(question)[0])[-1], number, group, (), [])
            for number, question in enumerate(questions)]
    answers = []
    for depth in range(LONGEST_ANSWER):
        probabilities = torch.softmax(tree.scores(model, [branch[0] for branch in live]), -1)
        longer = []
        for (node, number, count, tokens, edges), row in zip(live, probabilities):
            draws = torch.multinomial(row, count, replacement=True).tolist()
            for token in sorted(set(draws)):
                child = tree.add(node, [token])[0]
                branch = (child, number, draws.count(token), (*tokens, token), [*edges, (node, child)])
                ended = token in (sums.end, tokenizer.eos_token_id) or depth == LONGEST_ANSWER - 1
                (answers if ended else longer).append(branch)
        live = longer
        if not live:
            break
    return tree, [branch[1:] for branch in answers]


def advantages(answers, right):
    """The mean reward, and the weight of every edge of the tree in the loss: reward against the group's, per token."""
    rewards = [[] for _ in right]
    for number, count, tokens, _ in answers:
        rewards[number] += [float(tokens == right[number])] * count
    groups = [(torch.tensor(group).mean().item(), torch.tensor(group).std().item()) for group in rewards]
    weights = {}
    for number, count, tokens, edges in answers:
        mean, deviation = groups[number]
        advantage = (float(tokens == right[number]) - mean) / (deviation + 1e-4)
        for edge in edges:
            weights[edge] = weights.get(edge, 0.0) + count * advantage / len(tokens)
    used = {edge: weight for edge, weight in weights.items() if abs(weight) > 1e-9}
    return sum(mean for mean, _ in groups) / len(groups), used


class Trainer:
    """The policy in bf16, its master weights in fp32."""

    def __init__(self, arguments):
        self.arguments = arguments
        self.tokenizer = AutoTokenizer.from_pretrained(arguments.base)
        self.model = AutoModelForCausalLM.from_pretrained(
            arguments.base, dtype=torch.bfloat16, attn_implementation="sdpa")
        self.sums = Sums(self.tokenizer)
        self.names = [name for name, _ in self.model.named_parameters()]
        self.policy = list(self.model.parameters())
        self.master = [weights.detach().float().clone() for weights in self.policy]
        self.optimizer = torch.optim.AdamW(
            self.master, lr=arguments.learning_rate, betas=(0.9, 0.999), weight_decay=0.0, foreach=False, fused=True)

    def step(self, questions):
        """One optimizer step; the mean reward and the gradient's norm."""
        tree, answers = sampled(self.model, self.tokenizer, self.sums, questions, self.arguments.group)
        right = [tuple(self.sums.tokens(question)[1]) for question in questions]
        reward, weights = advantages(answers, right)
        if not weights:
            return reward, 0.0
        logs, _ = tree.log_probabilities(self.model, *map(list, zip(*weights)))
        loss = -(logs * torch.tensor(list(weights.values()))).sum() / (len(questions) * self.arguments.group)
        self.model.zero_grad(set_to_none=True)
        loss.backward()
        for master, weights in zip(self.master, self.policy):
            master.grad = weights.grad.float()
        norm = float(torch.nn.utils.clip_grad_norm_(self.master, 1.0))
        self.optimizer.step()
        with torch.no_grad():
            for master, weights in zip(self.master, self.policy):
                weights.copy_(master)
                master.grad = None
        return reward, norm

    def save(self, step, history, rows):
        for kind, tensors in (("bf16", self.policy), ("fp32", self.master)):
            run = Path(self.arguments.out) / f"run-{kind}"
            folder = run / f"checkpoint-{step}"
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(Path(self.arguments.base) / "config.json", folder)
            weights = {name: values.detach().clone() for name, values in zip(self.names, tensors)}
            save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
            state = {"global_step": step, "max_steps": self.arguments.steps, "log_history": history}
            (folder / "trainer_state.json").write_text(json.dumps(state))
            (run / "accuracy.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def main():
    description, _, epilog = __doc__.partition("\n\n")
    parser = argparse.ArgumentParser(
        description=description, epilog=epilog, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--steps", type=int, default=105)
    parser.add_argument("--save-steps", type=int, default=5)
    parser.add_argument("--learning-rate", type=float, default=5e-6)
    parser.add_argument("--prompts", type=int, default=16, help="prompts a step")
    parser.add_argument("--group", type=int, default=8, help="answers a prompt")
    arguments = parser.parse_args()
    torch.manual_seed(5)
    trainer, generator = Trainer(arguments), random.Random(9)
    questions, history = trainer.sums.training(), []
    found = accuracy(trainer.model, trainer.sums)
    rows = [{"step": 0, "accuracy": found["t1.0"], "accuracy_greedy": found["greedy"]}]
    for step in range(1, arguments.steps + 1):
        reward, norm = trainer.step(generator.sample(questions, arguments.prompts))
        entry = {"step": step, "reward": reward, "grad_norm": norm, "learning_rate": arguments.learning_rate}
        history.append(entry)
        if step % arguments.save_steps == 0:
            found = accuracy(trainer.model, trainer.sums)
            entry |= {"eval_accuracy": found["t1.0"], "eval_greedy": found["greedy"]}
            rows.append({"step": step, "accuracy": found["t1.0"], "accuracy_greedy": found["greedy"]})
            trainer.save(step, history, rows)
            print(f"step {step}  reward {reward:.3f}  accuracy {found['t1.0']:.3f}", flush=True)


if __name__ == "__main__":
    main()

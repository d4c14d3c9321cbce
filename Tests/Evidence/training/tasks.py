"""The tasks of the small runs, their prompts, and the exact accuracy of a model on them.

One character is one token, and every prompt has one right answer, so that accuracy under sampling at a temperature
needs no sampling: it is the mean over the held-out prompts of the product of the right tokens' probabilities.
"""
import random

import torch

HELD_OUT_PROMPTS = 1024
HELD_OUT_SEED = 20_250_930
TEMPERATURES = (("t1.0", 1.0), ("t0.6", 0.6))


class Addition:
    """Two three-digit numbers; "123+456=" is answered "9750", the sum's last digit first."""

    prompt_length, answer_length = 8, 4

    @staticmethod
    def sample(generator):
        a, b = generator.randrange(1000), generator.randrange(1000)
        return f"{a:03d}+{b:03d}=", f"{a + b:04d}"[::-1]

    @staticmethod
    def demonstration(generator, prompt, answer):
        return answer


class MixedAddition(Addition):
    """The same prompts; the supervised data answers with the sum, the sum without carrying, or the first number."""

    @staticmethod
    def demonstration(generator, prompt, answer):
        a, b = prompt[:3], prompt[4:7]
        without_carry = "".join(str((int(x) + int(y)) % 10) for x, y in zip(a[::-1], b[::-1])) + "0"
        return (answer, without_carry, a[::-1] + "0")[generator.randrange(3)]


class Sorting:
    """Eight digits, to be sorted; the supervised data answers with them rising, falling, or copied."""

    prompt_length, answer_length = 9, 8

    @staticmethod
    def sample(generator):
        digits = [generator.randrange(10) for _ in range(8)]
        return "".join(map(str, digits)) + ">", "".join(map(str, sorted(digits)))

    @staticmethod
    def demonstration(generator, prompt, answer):
        return (answer, answer[::-1], prompt[:-1])[generator.randrange(3)]


TASKS = {"addition": Addition, "mixed-addition": MixedAddition, "sorting": Sorting}


def held_out(task):
    """The prompts that no training sees, always the same ones, with their answers."""
    generator, pairs = random.Random(HELD_OUT_SEED), {}
    while len(pairs) < HELD_OUT_PROMPTS:
        prompt, answer = task.sample(generator)
        pairs.setdefault(prompt, answer)
    return list(pairs.items())


def training_pairs(task, seed):
    """An endless stream of prompts and answers, none of them held out."""
    banned, generator = dict(held_out(task)), random.Random(seed)
    while True:
        prompt, answer = task.sample(generator)
        if prompt not in banned:
            yield prompt, answer


def encode(tokenizer, pairs):
    """Token numbers of prompt, answer and <eos>; every row of a task has the same length."""
    return torch.tensor(
        [tokenizer.convert_tokens_to_ids(list(prompt + answer)) + [tokenizer.eos_token_id] for prompt, answer in pairs])


@torch.no_grad()
def accuracy(model, tokenizer, task, batch=512):
    """Exact expected accuracy at T = 1 and T = 0.6, and greedy accuracy, on the held-out prompts."""
    tokens, was_training = encode(tokenizer, held_out(task)), model.training
    model.eval()
    totals = {"t1.0": 0.0, "t0.6": 0.0, "greedy": 0.0}
    for rows in tokens.split(batch):
        logits = model(input_ids=rows).logits.float()[:, task.prompt_length - 1 : -1]
        right = rows[:, task.prompt_length :]
        for key, temperature in TEMPERATURES:
            chosen = torch.log_softmax(logits / temperature, -1).gather(-1, right[..., None])[..., 0]
            totals[key] += chosen.sum(-1).exp().sum().item()
        totals["greedy"] += (logits.argmax(-1) == right).all(-1).sum().item()
    model.train(was_training)
    return {key: total / len(tokens) for key, total in totals.items()}

"""The elicitation task: a base that can do it already, but also does three other things with the same prompt.

"ab+cd=" is answered by a style letter and three digits: s the sum, n the sum without carrying, d the absolute
difference, c the first number. The reward looks at the three digits only; any letter may come first.
"""
import random

import torch

STYLES = "sndc"
SHARES = (0.25, 0.30, 0.25, 0.20)
CHARACTERS = "0123456789+-=>abcdefghijklmnopqrstuvwxyz"
PROMPT_LENGTH, ANSWER_LENGTH = 6, 4
HELD_OUT_PROMPTS, HELD_OUT_SEED = 512, 20_260_521


def prompt(generator):
    return f"{generator.randrange(100):02d}+{generator.randrange(100):02d}="


def answers(text):
    """What the four styles answer, in the order of STYLES; the first is the wanted one."""
    a, b = int(text[:2]), int(text[3:5])
    without_carry = f"0{(a // 10 + b // 10) % 10}{(a + b) % 10}"
    return f"s{a + b:03d}", f"n{without_carry}", f"d{abs(a - b):03d}", f"c{a:03d}"


def held_out():
    generator, seen = random.Random(HELD_OUT_SEED), {}
    while len(seen) < HELD_OUT_PROMPTS:
        seen.setdefault(prompt(generator))
    return list(seen)


def training_prompts(seed):
    banned, generator = set(held_out()), random.Random(seed)
    while True:
        text = prompt(generator)
        if text not in banned:
            yield text


def encode(tokenizer, texts, end=True):
    tail = [tokenizer.eos_token_id] if end else []
    return torch.tensor([tokenizer.convert_tokens_to_ids(list(text)) + tail for text in texts])


@torch.no_grad()
def accuracy(model, tokenizer):
    """Exact expected accuracy at T = 1 and T = 0.6, whatever letter comes first, and greedy accuracy."""
    prompts, was_training = held_out(), model.training
    model.eval()
    totals = {"t1.0": torch.zeros(len(prompts)), "t0.6": torch.zeros(len(prompts))}
    greedy = torch.zeros(len(prompts), dtype=torch.bool)
    for letter in STYLES:
        tokens = encode(tokenizer, [text + letter + answers(text)[0][1:] for text in prompts])
        logits = model(input_ids=tokens).logits.float()[:, PROMPT_LENGTH - 1 : -1]
        right = tokens[:, PROMPT_LENGTH:]
        for key, temperature in (("t1.0", 1.0), ("t0.6", 0.6)):
            chosen = torch.log_softmax(logits / temperature, -1).gather(-1, right[..., None])[..., 0]
            totals[key] += chosen.sum(-1).exp()
        greedy |= (logits.argmax(-1) == right).all(-1)
    model.train(was_training)
    found = {key: total.mean().item() for key, total in totals.items()}
    return {**found, "greedy": greedy.float().mean().item()}

#!/usr/bin/env python3
"""Accuracy of models of the addition run, exactly, with numpy alone.

    evaluate.py DIR [DIR ...] [--json]

DIR is a Hugging Face folder of a Qwen2 model with this run's tokens: the base, a checkpoint, or a predicted
checkpoint. Every held-out prompt (`prompts.jsonl`, 1,024 of them) has one right answer, so that no sampling is
needed: the expected accuracy under sampling at temperature T is the mean over the prompts of the product of the
right tokens' probabilities. `accuracy` is that of T = 0.6; `t1.0` and `greedy` are printed beside it.

    $ evaluate.py base checkpoint-600
    base            accuracy 0.2994   t1.0 0.2348   greedy 0.3936
    checkpoint-600  accuracy 0.7714   t1.0 0.5541   greedy 0.9297

Exit status: 0, or 65 when a folder cannot be read.
"""
import argparse
import json
import sys
from pathlib import Path

import numpy as np

from weights import WeightsError, read_folder

# One character is one token; the numbers are those of tokenizer.json in the base's folder.
VOCABULARY = ["<pad>", "<eos>", "<unk>", *"0123456789+-*/=<>()#:,. abcdefghijklmnopqrstuvwxyz"]
TOKEN = {character: number for number, character in enumerate(VOCABULARY)}
PROMPT_LENGTH = len("123+456=")


def held_out_tokens():
    """Token numbers of prompt, answer and <eos>, shape [prompts, 13]."""
    lines = Path(__file__).with_name("prompts.jsonl").read_text().splitlines()
    texts = [row["prompt"] + row["answer"] for row in map(json.loads, lines)]
    return np.array([[TOKEN[character] for character in text] + [TOKEN["<eos>"]] for text in texts])


class Qwen2:
    """The forward pass of a Qwen2 model, in float32 as the trainer's own.

    RMSNorm, rotary positions, grouped-query attention with biases on q, k and v, SwiGLU; the embedding serves as
    output matrix when the model says that they are tied.
    """

    def __init__(self, folder):
        config = json.loads((Path(folder) / "config.json").read_text())
        if config.get("model_type") != "qwen2" or config["vocab_size"] != len(VOCABULARY):
            raise WeightsError(
                f"{folder}: not a model of this run (got {config.get('model_type')} with {config.get('vocab_size')} "
                f"tokens, expected qwen2 with {len(VOCABULARY)}); evaluate it with its own task's script")
        self.weights = {name: values.astype(np.float32) for name, values in read_folder(folder).items()}
        self.layers = config["num_hidden_layers"]
        self.heads = config["num_attention_heads"]
        self.key_value_heads = config["num_key_value_heads"]
        self.head_size = config.get("head_dim") or config["hidden_size"] // self.heads
        self.epsilon = np.float32(config["rms_norm_eps"])
        self.theta = (config.get("rope_parameters") or config).get("rope_theta", 10000.0)
        embedding = self.weights["model.embed_tokens.weight"]
        self.output = embedding if config["tie_word_embeddings"] else self.weights["lm_head.weight"]

    def linear(self, x, name):
        """x W^T + b, with b only where the model has one."""
        y = x @ self.weights[f"{name}.weight"].T
        bias = self.weights.get(f"{name}.bias")
        return y if bias is None else y + bias

    def normalised(self, x, name):
        """RMSNorm over the last axis."""
        scale = 1 / np.sqrt(np.mean(np.square(x), -1, keepdims=True) + self.epsilon)
        return x * scale * self.weights[f"{name}.weight"]

    def rotated(self, x):
        """Rotary positions for x of shape [prompts, heads, positions, head size]: half i turns with half i + size/2."""
        half = self.head_size // 2
        frequency = self.theta ** (-np.arange(half) / half)
        angle = np.outer(np.arange(x.shape[2]), frequency).astype(np.float32)
        cosine, sine = np.cos(angle), np.sin(angle)
        a, b = x[..., :half], x[..., half:]
        return np.concatenate([a * cosine - b * sine, b * cosine + a * sine], -1)

    def attention(self, x, name):
        """Causal attention; each key and value head serves heads / key_value_heads queries."""
        prompts, positions, _ = x.shape

        def heads(part, count):
            y = self.linear(x, f"{name}.{part}").reshape(prompts, positions, count, self.head_size)
            return y.transpose(0, 2, 1, 3)

        q = self.rotated(heads("q_proj", self.heads))
        shared = self.heads // self.key_value_heads
        k = np.repeat(self.rotated(heads("k_proj", self.key_value_heads)), shared, 1)
        v = np.repeat(heads("v_proj", self.key_value_heads), shared, 1)
        scores = q @ k.transpose(0, 1, 3, 2) / np.float32(np.sqrt(self.head_size))
        future = np.triu(np.full((positions, positions), -np.inf, np.float32), 1)
        mixed = np.exp(log_softmax(scores + future)) @ v
        return self.linear(mixed.transpose(0, 2, 1, 3).reshape(prompts, positions, -1), f"{name}.o_proj")

    def feed_forward(self, x, name):
        """SwiGLU: down(silu(gate x) * up x)."""
        gate = self.linear(x, f"{name}.gate_proj")
        return self.linear(gate / (1 + np.exp(-gate)) * self.linear(x, f"{name}.up_proj"), f"{name}.down_proj")

    def logits(self, tokens):
        """Scores of the next token at every position, shape [prompts, positions, vocabulary]."""
        x = self.weights["model.embed_tokens.weight"][tokens]
        for layer in (f"model.layers.{number}" for number in range(self.layers)):
            x = x + self.attention(self.normalised(x, f"{layer}.input_layernorm"), f"{layer}.self_attn")
            x = x + self.feed_forward(self.normalised(x, f"{layer}.post_attention_layernorm"), f"{layer}.mlp")
        return self.normalised(x, "model.norm") @ self.output.T


def log_softmax(x):
    shifted = x - x.max(-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))


def accuracies(folder, batch=256):
    """{"accuracy", "t1.0", "greedy"} of the model in `folder` on the held-out prompts."""
    model, tokens = Qwen2(folder), held_out_tokens()
    totals = {"accuracy": 0.0, "t1.0": 0.0, "greedy": 0.0}
    for rows in np.split(tokens, range(batch, len(tokens), batch)):
        logits = model.logits(rows[:, :-1])[:, PROMPT_LENGTH - 1 :].astype(np.float64)
        right = rows[:, PROMPT_LENGTH:]
        for key, temperature in (("accuracy", 0.6), ("t1.0", 1.0)):
            chosen = np.take_along_axis(log_softmax(logits / temperature), right[..., None], -1)[..., 0]
            totals[key] += np.exp(chosen.sum(-1)).sum()
        totals["greedy"] += (logits.argmax(-1) == right).all(-1).sum()
    return {key: float(total) / len(tokens) for key, total in totals.items()}


def main():
    description, _, epilog = __doc__.partition("\n\n")
    parser = argparse.ArgumentParser(
        description=description, epilog=epilog, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", metavar="DIR", nargs="+", help="a model folder")
    parser.add_argument("--json", action="store_true", help="one JSON object per folder and line")
    arguments = parser.parse_args()
    width = max(len(Path(folder).name) for folder in arguments.folders)
    for folder in arguments.folders:
        try:
            found = accuracies(folder)
        except (OSError, KeyError, ValueError, WeightsError) as error:
            print(f"evaluate.py: {folder}: {error}", file=sys.stderr)
            sys.exit(65)
        if arguments.json:
            print(json.dumps({"path": folder, **found}))
        else:
            print(f"{Path(folder).name:{width}}  " + "   ".join(f"{key} {value:.4f}" for key, value in found.items()))


if __name__ == "__main__":
    main()

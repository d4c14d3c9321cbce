#!/usr/bin/env python3
"""Makes the example run from nothing: a small, real reinforcement-learning run on one CPU core.

A tiny Qwen2 language model (450,816 parameters) is first trained with supervision to add two three-digit numbers,
on data that answers in one of three ways: the sum, the sum without carrying, or the first number alone, a third of
the time each. It then has the skill but not the preference; that is the base. GRPO with a 0/1 reward for the exact
sum teaches the preference, at a constant learning rate, and a checkpoint is saved every few optimizer steps. The
trainer saves float32; `export` rounds to bfloat16, as published checkpoints are.

    make_trajectory.py base --out base
    make_trajectory.py grpo --base base --out run
    make_trajectory.py export --base base --run run --out addition-grpo

The defaults are those of the run in addition-grpo.tar.xz; it takes about ten minutes on one core, and another
processor or another version of torch gives slightly other numbers. Needs torch, transformers, trl, datasets and
safetensors (versions in ../README.md).

There is one right answer per prompt, so that accuracy under sampling at a temperature needs no sampling: it is the
mean over the held-out prompts of the product of the right tokens' probabilities, one forward pass.
"""
import argparse
import json
import os
import random
import shutil
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch

torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))

CHARACTERS = "0123456789+-*/=<>()#:,. abcdefghijklmnopqrstuvwxyz"
PROMPT_LENGTH = len("123+456=")
ANSWER_LENGTH = 4
HELD_OUT_PROMPTS = 1024
HELD_OUT_SEED = 20_250_930


# The task: prompts "123+456=", answers "9750", the sum's last digit first.


def sample(generator):
    """A prompt and its right answer."""
    a, b = generator.randrange(1000), generator.randrange(1000)
    return f"{a:03d}+{b:03d}=", f"{a + b:04d}"[::-1]


def demonstration(generator, prompt, answer):
    """What the supervised data answers: the sum, the sum without carrying, or the first number."""
    a, b = prompt[:3], prompt[4:7]
    without_carry = "".join(str((int(x) + int(y)) % 10) for x, y in zip(a[::-1], b[::-1])) + "0"
    return (answer, without_carry, a[::-1] + "0")[generator.randrange(3)]


def held_out():
    """The prompts that no training sees, always the same ones (prompts.jsonl)."""
    generator, pairs = random.Random(HELD_OUT_SEED), {}
    while len(pairs) < HELD_OUT_PROMPTS:
        prompt, answer = sample(generator)
        pairs.setdefault(prompt, answer)
    return list(pairs.items())


def training_pairs(seed):
    """An endless stream of prompts and answers, none of them held out."""
    banned = dict(held_out())
    generator = random.Random(seed)
    while True:
        prompt, answer = sample(generator)
        if prompt not in banned:
            yield prompt, answer


# The model and its tokens: one character, one token.


def make_tokenizer():
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    vocabulary = {token: number for number, token in enumerate(["<pad>", "<eos>", "<unk>", *CHARACTERS])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    tokenizer.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", eos_token="<eos>", unk_token="<unk>",
        padding_side="left", model_max_length=64)


def new_model(seed, vocabulary_size):
    from transformers import Qwen2Config, Qwen2ForCausalLM

    torch.manual_seed(seed)
    return Qwen2ForCausalLM(Qwen2Config(
        vocab_size=vocabulary_size, hidden_size=128, intermediate_size=256, num_hidden_layers=3,
        num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=64, tie_word_embeddings=True,
        pad_token_id=0, eos_token_id=1, bos_token_id=None, attention_dropout=0.0, use_cache=True))


def load_model(folder):
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)


def encode(tokenizer, pairs):
    """Token numbers of prompt, answer and <eos>; every row has the same length."""
    return torch.tensor(
        [tokenizer.convert_tokens_to_ids(list(prompt + answer)) + [tokenizer.eos_token_id] for prompt, answer in pairs])


@torch.no_grad()
def evaluate(model, tokenizer, batch=512):
    """Exact expected accuracy at T = 1 and T = 0.6, and greedy accuracy, on the held-out prompts."""
    tokens = encode(tokenizer, held_out())
    was_training = model.training
    model.eval()
    totals = {"t1.0": 0.0, "t0.6": 0.0, "greedy": 0.0}
    for rows in tokens.split(batch):
        logits = model(input_ids=rows).logits.float()[:, PROMPT_LENGTH - 1 : -1]
        right = rows[:, PROMPT_LENGTH:]
        for key, temperature in (("t1.0", 1.0), ("t0.6", 0.6)):
            chosen = torch.log_softmax(logits / temperature, -1).gather(-1, right[..., None])[..., 0]
            totals[key] += chosen.sum(-1).exp().sum().item()
        totals["greedy"] += (logits.argmax(-1) == right).all(-1).sum().item()
    model.train(was_training)
    return {key: total / len(tokens) for key, total in totals.items()}


def described(accuracy):
    return "  ".join(f"{key} {value:.3f}" for key, value in accuracy.items())


# The three commands.


def make_base(arguments):
    """Supervised training on mixed answers; the learning rate rises for 50 steps and falls linearly to 0."""
    tokenizer = make_tokenizer()
    model = new_model(arguments.seed, len(tokenizer))
    stream, style = training_pairs(arguments.seed + 1), random.Random(arguments.seed + 6)
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=arguments.learning_rate, betas=(0.9, 0.95), weight_decay=0.0)
    model.train()
    for step in range(1, arguments.steps + 1):
        for group in optimizer.param_groups:
            group["lr"] = arguments.learning_rate * min(1.0, step / 50) * (1 - step / (arguments.steps + 1))
        pairs = (next(stream) for _ in range(arguments.batch))
        rows = encode(tokenizer, [(prompt, demonstration(style, prompt, answer)) for prompt, answer in pairs])
        labels = rows.clone()
        labels[:, :PROMPT_LENGTH] = -100
        loss = model(input_ids=rows, labels=labels).loss
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if step % 50 == 0:
            print(f"step {step}  loss {loss.item():.4f}  {described(evaluate(model, tokenizer))}", flush=True)
    # The base is what a published base is: bfloat16 weights. Training starts from them.
    model.to(torch.bfloat16).save_pretrained(arguments.out)
    tokenizer.save_pretrained(arguments.out)
    accuracy = evaluate(load_model(arguments.out), tokenizer)
    information = {"seed": arguments.seed, "steps": arguments.steps, "accuracy": accuracy}
    (Path(arguments.out) / "base_info.json").write_text(json.dumps(information, indent=1))
    print("base", described(accuracy))


def train(arguments):
    """GRPO with TRL: 0/1 reward, T = 1, no KL term, AdamW, constant learning rate."""
    from datasets import Dataset
    from transformers import AutoTokenizer, TrainerCallback
    from transformers.trainer_callback import PrinterCallback
    from trl import GRPOConfig, GRPOTrainer

    model, tokenizer = load_model(arguments.base), AutoTokenizer.from_pretrained(arguments.base)
    stream = training_pairs(arguments.seed + 1000)
    pairs = [next(stream) for _ in range(arguments.prompts * (arguments.steps + 1))]
    data = Dataset.from_dict({"prompt": [pair[0] for pair in pairs], "answer": [pair[1] for pair in pairs]})

    def reward(completions, answer, **_):
        return [1.0 if completion == right else 0.0 for completion, right in zip(completions, answer)]

    class Measure(TrainerCallback):
        def on_step_end(self, args, state, control, model=None, **_):
            if state.global_step % arguments.save_steps == 0 or state.global_step == 1:
                accuracy = evaluate(model, tokenizer)
                state.log_history.append({"step": state.global_step, "eval_accuracy": accuracy["t0.6"],
                                          **{"eval_" + key: value for key, value in accuracy.items()}})
                print(f"step {state.global_step}  {described(accuracy)}", flush=True)

    configuration = GRPOConfig(
        output_dir=arguments.out, max_steps=arguments.steps, learning_rate=arguments.learning_rate,
        per_device_train_batch_size=arguments.prompts * arguments.group, num_generations=arguments.group,
        gradient_accumulation_steps=1, num_iterations=1, beta=0.0, loss_type="grpo", temperature=1.0,
        max_completion_length=ANSWER_LENGTH + 1, optim="adamw_torch", adam_beta1=0.9, adam_beta2=0.999,
        weight_decay=0.0, max_grad_norm=1.0, lr_scheduler_type="constant", save_strategy="steps",
        save_steps=arguments.save_steps, save_only_model=True, logging_steps=1, report_to="none", use_cpu=True,
        bf16=False, fp16=False, seed=arguments.seed, data_seed=arguments.seed, disable_tqdm=True,
        gradient_checkpointing=False, dataloader_pin_memory=False)
    trainer = GRPOTrainer(model=model, reward_funcs=reward, args=configuration, train_dataset=data,
                          processing_class=tokenizer, callbacks=[Measure()])
    trainer.remove_callback(PrinterCallback)
    trainer.train()


def export(arguments):
    """Keeps every n-th checkpoint, rounded to bfloat16, and writes accuracy.jsonl."""
    run, out, base = Path(arguments.run), Path(arguments.out), Path(arguments.base)
    shutil.copytree(base, out / "base", dirs_exist_ok=True)
    tokenizer = make_tokenizer()
    saved = sorted(run.glob("checkpoint-*"), key=step_of)
    kept = saved[arguments.every - 1 :: arguments.every]
    history = json.loads((saved[-1] / "trainer_state.json").read_text())["log_history"]
    start = json.loads((base / "base_info.json").read_text())["accuracy"]
    rows = [accuracy_row(0, start, evaluate(load_model(base), tokenizer))]
    for source in kept:
        target, step = out / source.name, step_of(source)
        export_weights(source, target)
        past = [trimmed(entry) for entry in history if entry["step"] <= step]
        state = {"global_step": step, "max_steps": step_of(saved[-1]),
                 "log_history": past if source is kept[-1] else past[-6:]}
        (target / "trainer_state.json").write_text(json.dumps(state, indent=1))
        measured = [entry for entry in past if "eval_accuracy" in entry][-1]
        recorded = {key: measured["eval_" + key] for key in ("t0.6", "t1.0", "greedy")}
        rows.append(accuracy_row(step, recorded, evaluate(load_model(target), tokenizer)))
    (out / "accuracy.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    print(out, len(kept), "checkpoints")


def step_of(folder):
    return int(folder.name.rpartition("-")[2])


def trimmed(entry):
    """An entry of the trainer's log without what nobody reads."""
    keys = ("step", "reward", "reward_std", "loss", "grad_norm", "learning_rate", "entropy",
            "eval_accuracy", "eval_t1.0", "eval_t0.6", "eval_greedy")
    return {key: entry[key] for key in keys if key in entry}


def accuracy_row(step, recorded, of_file):
    """One line of accuracy.jsonl: as measured in training (float32), and that of the bfloat16 file."""
    return {"step": step, "accuracy": round(recorded["t0.6"], 6), "accuracy_t1.0": round(recorded["t1.0"], 6),
            "accuracy_greedy": round(recorded["greedy"], 6), "accuracy_of_file": round(of_file["t0.6"], 6)}


def export_weights(source, target):
    """Copies a checkpoint's model and configuration, the weights rounded to bfloat16."""
    from safetensors.torch import load_file, save_file

    target.mkdir(exist_ok=True)
    shutil.copy(source / "generation_config.json", target)
    tensors = load_file(source / "model.safetensors")
    rounded = {name: values.to(torch.bfloat16).contiguous() for name, values in tensors.items()}
    save_file(rounded, target / "model.safetensors", metadata={"format": "pt"})
    configuration = json.loads((source / "config.json").read_text())
    configuration["dtype"] = "bfloat16"
    (target / "config.json").write_text(json.dumps(configuration, indent=2))


def main():
    description, _, epilog = __doc__.partition("\n\n")
    parser = argparse.ArgumentParser(
        description=description, epilog=epilog, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    base = commands.add_parser("base", help="train the base with supervision")
    base.add_argument("--steps", type=int, default=800)
    base.add_argument("--batch", type=int, default=192)
    base.add_argument("--learning-rate", type=float, default=1.5e-3)
    base.add_argument("--seed", type=int, default=4)
    grpo = commands.add_parser("grpo", help="train the base further with GRPO")
    grpo.add_argument("--base", required=True)
    grpo.add_argument("--steps", type=int, default=600)
    grpo.add_argument("--save-steps", type=int, default=12)
    grpo.add_argument("--learning-rate", type=float, default=1e-6)
    grpo.add_argument("--prompts", type=int, default=16, help="prompts a step")
    grpo.add_argument("--group", type=int, default=16, help="answers a prompt")
    grpo.add_argument("--seed", type=int, default=1)
    exported = commands.add_parser("export", help="keep every n-th checkpoint, in bfloat16")
    exported.add_argument("--base", required=True)
    exported.add_argument("--run", required=True)
    exported.add_argument("--every", type=int, default=2)
    for command in commands.choices.values():
        command.add_argument("--out", required=True)
    arguments = parser.parse_args()
    {"base": make_base, "grpo": train, "export": export}[arguments.command](arguments)


if __name__ == "__main__":
    main()

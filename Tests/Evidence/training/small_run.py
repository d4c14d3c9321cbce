#!/usr/bin/env python3
"""Makes small, real training runs on one CPU core, beyond what Examples/addition-grpo/make_trajectory.py makes.

    small_run.py base --task sorting --architecture llama --untied --out BASE    train a base with supervision
    small_run.py train --method grpo --task sorting --base BASE --out RUN        train it further
    small_run.py export --base BASE --run RUN --out FOLDER                       keep every second checkpoint, bfloat16
    small_run.py join --first FOLDER --until N --second FOLDER --out FOLDER      one run out of two, the second resumed

Methods: `grpo` (TRL, 0/1 reward for the exact answer, T = 1, AdamW, constant learning rate, no KL term), `decay` (the
same, the learning rate falling to 0 half way), `supervised` (right answers, no reinforcement learning at all). With
--partial-credit-until N the reward up to step N is the share of right characters before the first wrong one.
"""
import argparse
import json
import random
import shutil
import sys
from pathlib import Path

import torch
import transformers

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[2] / "Examples/addition-grpo")]

import make_trajectory as example
import tasks


# The base.


def new_model(arguments, vocabulary_size):
    torch.manual_seed(arguments.seed)
    shape = dict(
        vocab_size=vocabulary_size, hidden_size=128, intermediate_size=256, num_hidden_layers=3, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=64, tie_word_embeddings=not arguments.untied, pad_token_id=0,
        eos_token_id=1, bos_token_id=None, attention_dropout=0.0, use_cache=True)
    if arguments.architecture == "llama":
        return transformers.LlamaForCausalLM(transformers.LlamaConfig(**shape))
    return transformers.Qwen2ForCausalLM(transformers.Qwen2Config(**shape))


def supervised_steps(model, tokenizer, task, pairs, arguments, rate, betas=(0.9, 0.95)):
    """Trains on `pairs`; yields (step, loss) after each step. `rate` gives the learning rate of a step, from 1."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=arguments.learning_rate, betas=betas, weight_decay=0.0)
    model.train()
    for step in range(1, arguments.steps + 1):
        for group in optimizer.param_groups:
            group["lr"] = rate(step)
        rows = tasks.encode(tokenizer, [next(pairs) for _ in range(arguments.batch)])
        labels = rows.clone()
        labels[:, : task.prompt_length] = -100
        loss = model(input_ids=rows, labels=labels).loss
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        yield step, loss.item()


def make_base(arguments):
    """Supervised training on what the task demonstrates, until --steps or until --stop-at is reached."""
    task, tokenizer = tasks.TASKS[arguments.task], example.make_tokenizer()
    model = new_model(arguments, len(tokenizer))
    style = random.Random(arguments.seed + 6)
    stream = tasks.training_pairs(task, arguments.seed + 1)
    pairs = ((prompt, task.demonstration(style, prompt, answer)) for prompt, answer in stream)

    def rate(step):
        falling = 1 - step / (arguments.steps + 1) if arguments.anneal else 1.0
        return arguments.learning_rate * min(1.0, step / 50) * falling

    for step, loss in supervised_steps(model, tokenizer, task, pairs, arguments, rate):
        if step % 50 == 0:
            found = tasks.accuracy(model, tokenizer, task)
            print(f"step {step}  loss {loss:.4f}  {example.described(found)}", flush=True)
            if found["t0.6"] >= arguments.stop_at:
                break
    model.to(torch.bfloat16).save_pretrained(arguments.out)
    tokenizer.save_pretrained(arguments.out)
    found = tasks.accuracy(example.load_model(arguments.out), tokenizer, task)
    information = {"task": arguments.task, "seed": arguments.seed, "accuracy": found}
    (Path(arguments.out) / "base_info.json").write_text(json.dumps(information, indent=1))


# Training it further.


def train(arguments):
    Path(arguments.out).mkdir(parents=True, exist_ok=True)
    task, model = tasks.TASKS[arguments.task], example.load_model(arguments.base)
    tokenizer = transformers.AutoTokenizer.from_pretrained(arguments.tokenizer or arguments.base)
    (supervised if arguments.method == "supervised" else reinforced)(arguments, task, model, tokenizer)


def measured(model, tokenizer, task, step):
    found = tasks.accuracy(model, tokenizer, task)
    print(f"step {step}  {example.described(found)}", flush=True)
    return {"step": step, "eval_accuracy": found["t0.6"], **{"eval_" + key: value for key, value in found.items()}}


def supervised(arguments, task, model, tokenizer):
    history = []
    pairs = tasks.training_pairs(task, arguments.seed + 77)
    for step, loss in supervised_steps(
            model, tokenizer, task, pairs, arguments, lambda _: arguments.learning_rate):
        if step % arguments.save_steps:
            continue
        history.append({**measured(model, tokenizer, task, step), "loss": loss,
                        "learning_rate": arguments.learning_rate})
        folder = Path(arguments.out) / f"checkpoint-{step}"
        model.save_pretrained(folder)
        state = {"global_step": step, "max_steps": arguments.steps, "log_history": history}
        (folder / "trainer_state.json").write_text(json.dumps(state, indent=1))


def reinforced(arguments, task, model, tokenizer):
    from datasets import Dataset
    from transformers.trainer_callback import PrinterCallback
    from trl import GRPOConfig, GRPOTrainer

    stream = tasks.training_pairs(task, arguments.seed + 1000)
    pairs = [next(stream) for _ in range(arguments.prompts * (arguments.steps + 1))]
    data = Dataset.from_dict({"prompt": [pair[0] for pair in pairs], "answer": [pair[1] for pair in pairs]})

    def reward(completions, answer, **_):
        credit = partial if trainer.state.global_step < arguments.partial_credit_until else exact
        return [credit(completion, right) for completion, right in zip(completions, answer)]

    class Measure(transformers.TrainerCallback):
        def on_step_end(self, args, state, control, model=None, **_):
            if state.global_step % arguments.save_steps == 0:
                state.log_history.append(measured(model, tokenizer, task, state.global_step))

    configuration = GRPOConfig(
        output_dir=arguments.out, max_steps=arguments.steps, learning_rate=arguments.learning_rate,
        per_device_train_batch_size=arguments.prompts * arguments.group, num_generations=arguments.group,
        gradient_accumulation_steps=1, num_iterations=1, beta=0.0, loss_type="grpo", temperature=1.0,
        max_completion_length=task.answer_length + 1, optim="adamw_torch", adam_beta1=0.9, adam_beta2=0.999,
        weight_decay=0.0, max_grad_norm=1.0, lr_scheduler_type="constant", save_strategy="steps",
        save_steps=arguments.save_steps, save_only_model=True, logging_steps=1, report_to="none", use_cpu=True,
        bf16=False, fp16=False, seed=arguments.seed, data_seed=arguments.seed, disable_tqdm=True,
        gradient_checkpointing=False, dataloader_pin_memory=False)
    trainer = GRPOTrainer(
        model=model, reward_funcs=reward, args=configuration, train_dataset=data, processing_class=tokenizer,
        callbacks=[Measure()], optimizers=decaying(model, arguments) if arguments.method == "decay" else (None, None))
    trainer.remove_callback(PrinterCallback)
    trainer.train()


def exact(completion, right):
    return 1.0 if completion == right else 0.0


def partial(completion, right):
    """The share of the right answer's characters that stand before the first wrong one."""
    agreeing = [a == b for a, b in zip(completion, right)]
    return (agreeing + [False]).index(False) / len(right)


def decaying(model, arguments):
    """Adam, and a learning rate that falls in a line to 0 half way."""
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=arguments.learning_rate, betas=(0.9, 0.999), weight_decay=0.0)
    half = arguments.steps / 2
    return optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: max(0.0, 1 - step / half))


# Laying it out.


def export(arguments, headline="t0.6"):
    """Every n-th checkpoint, rounded to bfloat16, with accuracy.jsonl as measured in training."""
    run, out, base = Path(arguments.run), Path(arguments.out), Path(arguments.base)
    shutil.copytree(base, out / "base", dirs_exist_ok=True)
    saved = sorted(run.glob("checkpoint-*"), key=example.step_of)
    kept = saved[arguments.every - 1 :: arguments.every]
    history = json.loads((saved[-1] / "trainer_state.json").read_text())["log_history"]
    rows = [accuracy_row(0, json.loads((base / "base_info.json").read_text())["accuracy"], headline)]
    for source in kept:
        target, step = out / source.name, example.step_of(source)
        example.export_weights(source, target)
        past = [example.trimmed(entry) for entry in history if entry["step"] <= step]
        state = {"global_step": step, "max_steps": example.step_of(saved[-1]), "log_history": past}
        (target / "trainer_state.json").write_text(json.dumps(state, indent=1))
        last = [entry for entry in past if "eval_accuracy" in entry][-1]
        rows.append(accuracy_row(step, {key: last["eval_" + key] for key in ("t0.6", "t1.0", "greedy")}, headline))
    write_rows(out, rows)


def accuracy_row(step, found, headline):
    return {"step": step, "accuracy": round(found[headline], 6), "accuracy_t1.0": round(found["t1.0"], 6),
            "accuracy_greedy": round(found["greedy"], 6)}


def write_rows(out, rows):
    (out / "accuracy.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def join(arguments):
    """The checkpoints of --first up to --until, then those of --second with --until added to their steps."""
    first, second, out, shift = Path(arguments.first), Path(arguments.second), Path(arguments.out), arguments.until
    shutil.copytree(first / "base", out / "base")
    kept = [path for path in first.glob("checkpoint-*") if example.step_of(path) <= shift]
    resumed = list(second.glob("checkpoint-*"))
    end = shift + max(map(example.step_of, resumed))
    for source, added in [*((path, 0) for path in kept), *((path, shift) for path in resumed)]:
        target = out / f"checkpoint-{example.step_of(source) + added}"
        shutil.copytree(source, target)
        state = json.loads((target / "trainer_state.json").read_text())
        entries = [{**entry, "step": entry["step"] + added} for entry in state["log_history"]]
        state = {"global_step": state["global_step"] + added, "max_steps": end, "log_history": entries}
        (target / "trainer_state.json").write_text(json.dumps(state, indent=1))
    rows = []
    for folder, added in ((first, 0), (second, shift)):
        for row in map(json.loads, (folder / "accuracy.jsonl").read_text().splitlines()):
            if row["step"] <= shift if added == 0 else row["step"] > 0:
                rows.append({**row, "step": row["step"] + added})
    write_rows(out, rows)


def main():
    description, _, epilog = __doc__.partition("\n\n")
    parser = argparse.ArgumentParser(
        description=description, epilog=epilog, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    base, trained = commands.add_parser("base"), commands.add_parser("train")
    base.add_argument("--architecture", choices=["qwen2", "llama"], default="qwen2")
    base.add_argument("--untied", action="store_true")
    base.add_argument("--anneal", action="store_true", help="let the learning rate fall in a line to 0")
    base.add_argument("--stop-at", type=float, default=2.0, help="stop at this accuracy (T = 0.6)")
    trained.add_argument("--method", choices=["grpo", "decay", "supervised"], required=True)
    trained.add_argument("--base", required=True)
    trained.add_argument("--tokenizer", help="a folder with tokenizer.json, when --base has none")
    trained.add_argument("--save-steps", type=int, default=12)
    trained.add_argument("--prompts", type=int, default=16, help="prompts a step")
    trained.add_argument("--partial-credit-until", type=int, default=0, metavar="STEP", help="a reward that changes there")
    trained.add_argument("--group", type=int, default=16, help="answers a prompt")
    for command in (base, trained):
        command.add_argument("--task", choices=sorted(tasks.TASKS), required=True)
        command.add_argument("--steps", type=int, required=True)
        command.add_argument("--learning-rate", type=float, required=True)
        command.add_argument("--batch", type=int, default=192)
        command.add_argument("--seed", type=int, required=True)
    exported, joined = commands.add_parser("export"), commands.add_parser("join")
    exported.add_argument("--base", required=True)
    exported.add_argument("--run", required=True)
    exported.add_argument("--every", type=int, default=2)
    joined.add_argument("--first", required=True)
    joined.add_argument("--until", type=int, required=True)
    joined.add_argument("--second", required=True)
    for command in commands.choices.values():
        command.add_argument("--out", required=True)
    arguments = parser.parse_args()
    {"base": make_base, "train": train, "export": export, "join": join}[arguments.command](arguments)


if __name__ == "__main__":
    main()

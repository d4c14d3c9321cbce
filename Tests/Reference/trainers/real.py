"""Runs of trainers that work on a CPU: they write their own folders, logs and event files."""

import os
import shutil
from pathlib import Path

import torch
from datasets import Dataset
from transformers import Trainer, TrainingArguments, set_seed

import tiny

QUESTIONS = [f"{a} + {b} =" for a in range(4) for b in range(4)]


def slim(root):
    """Leaves away what no reader opens: optimizer, random states, arguments."""
    for folder in Path(root).glob("checkpoint-*"):
        for name in ["optimizer.pt", "scheduler.pt", "rng_state.pth", "training_args.bin", "tokenizer.json"]:
            (folder / name).unlink(missing_ok=True)


def accuracy(prediction):
    guessed = prediction.predictions.argmax(-1)[:, :-1]
    wanted = prediction.label_ids[:, 1:]
    return {"accuracy": float((guessed == wanted)[wanted != -100].mean())}


def supervised(root):
    """transformers Trainer with evaluation and TensorBoard, resumed once from an earlier step."""
    set_seed(1)
    words = tiny.tokenizer()
    rows = []
    for a in range(4):
        for b in range(4):
            ids = words(f"{a} + {b} = {a + b}")["input_ids"]
            rows.append({"input_ids": ids, "labels": ids, "attention_mask": [1] * len(ids)})
    data = Dataset.from_list(rows)
    os.environ["TENSORBOARD_LOGGING_DIR"] = str(root / "runs")

    def trainer(steps):
        return Trainer(
            model=tiny.model(), train_dataset=data, eval_dataset=data, compute_metrics=accuracy,
            args=TrainingArguments(
                output_dir=str(root), max_steps=steps, per_device_train_batch_size=8, learning_rate=1e-2,
                logging_steps=2, save_steps=4, eval_strategy="steps", eval_steps=4, report_to=["tensorboard"],
                use_cpu=True, seed=1, disable_tqdm=True, lr_scheduler_type="constant"))

    trainer(12).train()
    shutil.rmtree(root / "checkpoint-12")
    trainer(12).train(resume_from_checkpoint=str(root / "checkpoint-8"))
    slim(root)


def grpo(root):
    """TRL's GRPOTrainer, float32 as it is by default, with a reward for the right sum."""
    from trl import GRPOConfig, GRPOTrainer

    set_seed(2)
    words = tiny.tokenizer()

    def accuracy_reward(prompts, completions, **_):
        sums = [eval(prompt.rstrip("= ")) for prompt in prompts]
        return [float(str(value) in text.split()) for value, text in zip(sums, completions)]

    trainer = GRPOTrainer(
        model=tiny.model(), processing_class=words, reward_funcs=accuracy_reward,
        train_dataset=Dataset.from_dict({"prompt": QUESTIONS}),
        args=GRPOConfig(
            output_dir=str(root), max_steps=6, save_steps=2, logging_steps=1, per_device_train_batch_size=8,
            num_generations=8, max_completion_length=3, learning_rate=3e-3, report_to=[], use_cpu=True, seed=2,
            bf16=False, disable_tqdm=True, lr_scheduler_type="constant", temperature=1.0))
    trainer.train()
    slim(root)


def torchtune_epochs(root):
    """torchtune 0.6.1's own checkpointer: reads Hugging Face weights into its names and writes them back, by epochs."""
    import tempfile

    from torchtune.training import FullModelHFCheckpointer

    for epoch in (4, 8, 12):
        with tempfile.TemporaryDirectory() as source:
            tiny.moved(epoch).save_pretrained(source)
            checkpointer = FullModelHFCheckpointer(
                checkpoint_dir=source, checkpoint_files=["model.safetensors"], model_type="QWEN2", output_dir=str(root),
                safe_serialization=True)
            state = checkpointer.load_checkpoint()
            state |= {"optimizer": {}, "seed": 1, "epochs_run": epoch, "total_epochs": 12, "max_steps_per_epoch": 1}
            checkpointer.save_checkpoint(state, epoch=epoch, intermediate_checkpoint=epoch < 12)


def dtype_of(folder):
    from safetensors import safe_open

    with safe_open(folder / "model.safetensors", "pt") as file:
        return {str(file.get_tensor(name).dtype) for name in file.keys()}


def all_runs(root):
    supervised(tiny.fresh(root / "trainer"))
    grpo(tiny.fresh(root / "trl-grpo"))
    torchtune_epochs(tiny.fresh(root / "torchtune-epochs"))
    for name in ["trainer", "trl-grpo"]:
        assert dtype_of(next((root / name).glob("checkpoint-*"))) == {"torch.float32"}
    assert torch.get_default_dtype() == torch.float32

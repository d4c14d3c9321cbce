#!/usr/bin/env python3
"""A Trainer of transformers, on one tiny model and a made-up task, with the callbacks of Examples/clients.

    python train_with_callback.py BASE OUTPUT SOCKET STEPS [--stop]

Saves OUTPUT/checkpoint-N at every step, evaluates at each, and says at which step it ended. Needs torch and transformers.
"""
import sys
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, Trainer, TrainingArguments

sys.path.insert(0, str(Path(__file__).parents[2] / "Examples" / "clients"))
from alpharl_callback import PostAccuracy, StopWhenPredicted  # noqa: E402


def main():
    base, output, socket, steps = sys.argv[1:5]
    torch.manual_seed(1)
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    rows = [{"input_ids": row, "labels": row} for row in torch.randint(2, 50, (32, 6))]
    arguments = TrainingArguments(
        output_dir=output, max_steps=int(steps), per_device_train_batch_size=4, save_steps=1, eval_steps=1,
        eval_strategy="steps", save_strategy="steps", save_only_model=True, logging_steps=1, report_to=[], use_cpu=True,
        learning_rate=1e-4, disable_tqdm=True,
    )
    trainer = Trainer(
        model, arguments, train_dataset=rows, eval_dataset=rows[:4],
        compute_metrics=lambda found: {"accuracy": float((found.predictions.argmax(-1) == found.label_ids).mean())},
        callbacks=[PostAccuracy(socket)] + ([StopWhenPredicted(socket)] if "--stop" in sys.argv else []),
    )
    trainer.train()
    print(f"ended at step {trainer.state.global_step}")


if __name__ == "__main__":
    main()

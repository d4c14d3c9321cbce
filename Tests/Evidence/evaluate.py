#!/usr/bin/env python3
"""Accuracy of model folders of the evidence runs, exactly, with torch and transformers.

    evaluate.py --task mixed-addition --tokenizer RUN/base FOLDER...

The headline, `accuracy`, is that of sampling at T = 0.6 for the small additions and sorting, at T = 1 for the
elicitation task and the language model. Nothing is sampled: see training/tasks.py.
"""
import argparse
import json
import os
import sys
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")

import torch
import transformers

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE / "training"), str(HERE / "language_model")]

import elicitation_task
import task as sums_task
import tasks

torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
transformers.utils.logging.disable_progress_bar()

TASKS = (*tasks.TASKS, "elicitation", "sums")


class Judge:
    """Accuracies of one task; the tokenizer is read once."""

    def __init__(self, task, tokenizer_folder):
        self.task, self.headline = task, "t1.0" if task in ("elicitation", "sums") else "t0.6"
        self.tokenizer = transformers.AutoTokenizer.from_pretrained(tokenizer_folder)
        self.sums = sums_task.Sums(self.tokenizer) if task == "sums" else None

    def accuracy(self, folder):
        """The headline accuracy of the model in `folder`, in 0...1."""
        return self.accuracies(folder)[self.headline]

    def accuracies(self, folder):
        # The language model computes in bfloat16, as its policy did in training; the small ones in float32.
        dtype = torch.bfloat16 if self.task == "sums" else torch.float32
        model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=dtype)
        if self.task == "sums":
            return sums_task.accuracy(model, self.sums)
        if self.task == "elicitation":
            return elicitation_task.accuracy(model, self.tokenizer)
        return tasks.accuracy(model, self.tokenizer, tasks.TASKS[self.task])


def main():
    description, _, epilog = __doc__.partition("\n\n")
    parser = argparse.ArgumentParser(
        description=description, epilog=epilog, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", metavar="FOLDER", nargs="+")
    parser.add_argument("--task", required=True, choices=TASKS)
    parser.add_argument("--tokenizer", required=True, help="a folder with tokenizer.json: the run's base")
    arguments = parser.parse_args()
    judge = Judge(arguments.task, arguments.tokenizer)
    for folder in arguments.folders:
        found = judge.accuracies(folder)
        print(json.dumps({"path": folder, "accuracy": found[judge.headline], **found}))


if __name__ == "__main__":
    main()

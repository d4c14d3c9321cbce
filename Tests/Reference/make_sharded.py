#!/usr/bin/env python3
"""Saves a model again in shards, as transformers does with larger ones: python make_sharded.py FROM TO [FROM TO ...]."""
import shutil
import sys
from pathlib import Path

from transformers import AutoModelForCausalLM


def main():
    for source, target in zip(sys.argv[1::2], sys.argv[2::2]):
        AutoModelForCausalLM.from_pretrained(source, dtype="auto").save_pretrained(target, max_shard_size="250KB")
        if (Path(source) / "trainer_state.json").exists():
            shutil.copy(Path(source) / "trainer_state.json", target)


if __name__ == "__main__":
    main()

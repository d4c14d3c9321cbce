#!/usr/bin/env python3
"""Loads an adapter with PEFT, merges it, and holds the weights against the full form. Needs torch, transformers, peft.

    python check_peft.py BASE ADAPTER FULL

FULL is in float32. Every weight that the adapter changes is FULL's to rounding; no key is missing or left over. Exits
with 1 and one line otherwise.
"""
import sys
from pathlib import Path

import torch
from peft import PeftConfig, PeftModel, set_peft_model_state_dict
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM


def weights(folder):
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    return model, {name: tensor.clone() for name, tensor in model.state_dict().items()}


def main():
    base, adapter, full = sys.argv[1:4]
    model, before = weights(base)
    _, expected = weights(full)
    peft = PeftModel.from_pretrained(model, adapter)
    tensors = load_file(Path(adapter) / "adapter_model.safetensors")
    result = set_peft_model_state_dict(peft, tensors)
    left = [key for key in result.missing_keys if "lora_" in key] + list(result.unexpected_keys)
    merged = peft.merge_and_unload().state_dict()
    changed = [name for name in merged if not torch.equal(merged[name], before[name])]
    worst = max(
        ((merged[name] - expected[name]).abs() / (2.0**-22 * expected[name].abs().clamp_min(2.0**-10))).max().item()
        for name in changed
    )
    rank = PeftConfig.from_pretrained(adapter).r
    print(f"rank {rank}, {len(changed)} of {len(tensors) // 2} modules changed, difference {worst:.3f}, left over {left}")
    sys.exit(not (len(changed) == len(tensors) // 2 and worst <= 1 and not left))


if __name__ == "__main__":
    main()

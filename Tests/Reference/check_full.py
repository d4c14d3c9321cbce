#!/usr/bin/env python3
"""Loads predicted folders with transformers and holds what was loaded against the files. Needs torch and transformers.

    python check_full.py FOLDER[:BASE:ADAPTER] ...

No key is missing, left over or of another shape; every parameter is the file's, bit for bit, in the file's type; tied
embeddings are one tensor; logits are finite. With BASE and ADAPTER: the weights are those that PEFT makes of these by
merging in float32, to rounding. Prints a line for each; exits with 1 where something differs.
"""
import json
import os
import sys
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"  # Everything is here: nobody is asked.

import torch  # noqa: E402
from safetensors.torch import load_file  # noqa: E402
from transformers import AutoModelForCausalLM  # noqa: E402


def tensors(folder):
    index = json.loads((folder / "model.safetensors.index.json").read_text())
    found = {}
    for name in sorted(set(index["weight_map"].values())):
        found |= load_file(folder / name)
    assert set(found) == set(index["weight_map"]), "the index names other tensors than the files hold"
    return found


def merged(base, adapter):
    from peft import PeftModel

    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    return PeftModel.from_pretrained(model, adapter).merge_and_unload().state_dict()


def farthest(state, expected):
    """In units of what two float32 sums of rounded products may differ by."""
    return max(
        ((state[name].float() - expected[name]).abs() / (2.0**-22 * expected[name].abs().clamp_min(2.0**-8))).max().item()
        for name in expected
    )


def check(folder, *merging):
    model, info = AutoModelForCausalLM.from_pretrained(folder, dtype="auto", output_loading_info=True)
    wrong = {kind: keys for kind, keys in info.items() if keys}
    files, state = tensors(folder), model.state_dict()
    # What the model has and the files do not is tied to something that they have.
    addresses = {state[name].data_ptr() for name in files if name in state}
    alone = [name for name in state if name not in files and state[name].data_ptr() not in addresses]
    differing = [name for name in files if name in state and not torch.equal(state[name], files[name])]
    types = {str(tensor.dtype) for tensor in files.values()}
    tied = model.get_input_embeddings().weight.data_ptr() == model.get_output_embeddings().weight.data_ptr()
    rows = torch.randint(0, model.config.vocab_size, (2, 6), generator=torch.Generator().manual_seed(1))
    finite = bool(model(input_ids=rows).logits.isfinite().all())
    distance = farthest(state, merged(*merging)) if merging else 0.0
    print(f"{len(files)} tensors of {' '.join(sorted(types))}, tied {tied}, finite {finite}, distance {distance:.3f}")
    if wrong or alone or differing or not finite or tied != model.config.tie_word_embeddings or distance > 1:
        sys.exit(f"{folder}: wrong {wrong}, alone {alone}, differing {differing}, distance {distance}")


def main():
    for argument in sys.argv[1:]:
        folder, *merging = argument.split(":")
        check(Path(folder), *merging)


if __name__ == "__main__":
    main()

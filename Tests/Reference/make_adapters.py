#!/usr/bin/env python3
"""Writes small LoRA adapters with PEFT itself, each with what PEFT adds to which tensor of its base.

    python make_adapters.py FOLDER

Needs torch, transformers and peft (requirements.txt). Makes FOLDER/NAME/base (saved by transformers), FOLDER/NAME/adapter
(saved by PEFT) and FOLDER/NAME/expected.safetensors: for each tensor of the base, in double precision, the weights after
PEFT has merged the adapter less those before, under the names on disk. FOLDER/refused/NAME are adapters that add something
else to the base than a low-rank product. The same numbers at every run.
"""
import os
import shutil
import sys
import warnings
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"  # Everything is here: nobody is asked.

import torch  # noqa: E402
from peft import LoraConfig, PeftModel, get_peft_model  # noqa: E402
from safetensors.torch import load_file, save_file  # noqa: E402
from transformers import AutoModelForCausalLM, GPT2Config, GptOssConfig, LlamaConfig, Qwen3MoeConfig  # noqa: E402

warnings.filterwarnings("ignore")

LLAMA = LlamaConfig(
    vocab_size=24, hidden_size=16, intermediate_size=20, num_hidden_layers=2, num_attention_heads=2,
    num_key_value_heads=1, head_dim=8, tie_word_embeddings=True,
)
# With biases, and an output layer of its own.
APART = LlamaConfig(**{**LLAMA.to_dict(), "tie_word_embeddings": False, "attention_bias": True})
GPT2 = GPT2Config(vocab_size=24, n_embd=16, n_layer=1, n_head=2, n_positions=8)
QWEN3_MOE = Qwen3MoeConfig(
    vocab_size=24, hidden_size=16, intermediate_size=20, moe_intermediate_size=12, num_hidden_layers=2,
    num_attention_heads=2, num_key_value_heads=1, head_dim=8, num_experts=3, num_experts_per_tok=2, decoder_sparse_step=1,
)
# Hidden and intermediate size are equal, as in gpt-oss-20b: down_proj is square.
GPT_OSS = GptOssConfig(
    vocab_size=24, hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2,
    num_key_value_heads=1, head_dim=8, num_local_experts=3, num_experts_per_tok=2, layer_types=["full_attention"],
)

ALL_LINEAR = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
EXPERTS = ["mlp.experts.gate_up_proj", "mlp.experts.down_proj"]

USED = {
    "plain": (LLAMA, dict(r=4, lora_alpha=8, target_modules=ALL_LINEAR)),
    "bfloat16": (LLAMA, dict(r=2, lora_alpha=2, target_modules=["q_proj", "v_proj"])),
    "patterns": (
        LLAMA,
        dict(
            r=4, lora_alpha=6, target_modules=ALL_LINEAR, use_rslora=True,
            rank_pattern={"down_proj": 2, r"layers\.1\.self_attn\.(q|k)_proj": 3},
            alpha_pattern={"model.layers.0.mlp.up_proj": 32, r"layers\.\d+\.mlp\..*": 9, "up_proj": 100},
        ),
    ),
    "embedding": (LLAMA, dict(r=3, lora_alpha=5, target_modules=["embed_tokens", "q_proj"])),
    "conv1d": (GPT2, dict(r=2, lora_alpha=3, target_modules=["c_attn", "c_proj", "c_fc"], fan_in_fan_out=True)),
    "conv1d-not-said": (GPT2, dict(r=2, lora_alpha=3, target_modules=["c_attn", "c_proj"])),
    "whole-tensors": (
        APART,
        dict(r=2, lora_alpha=4, target_modules=["q_proj", "up_proj"], bias="lora_only",
             modules_to_save=["lm_head", "layers.1.mlp.down_proj", "input_layernorm"]),
    ),
    "orthogonal": (LLAMA, dict(r=4, lora_alpha=8, target_modules=["q_proj"], init_lora_weights="orthogonal")),
    "experts-apart": (
        QWEN3_MOE,
        dict(r=2, lora_alpha=4, target_modules=["q_proj"], target_parameters=EXPERTS, rank_pattern={"experts.gate_up_proj": 4}),
    ),
    "experts-stacked": (
        GPT_OSS, dict(r=2, lora_alpha=4, target_modules=["q_proj"], target_parameters=list(reversed(EXPERTS)))
    ),
}

REFUSED = {
    "dora": dict(use_dora=True),
    "pissa": dict(init_lora_weights="pissa"),
    "olora": dict(init_lora_weights="olora"),
    "random-start": dict(init_lora_weights=False),
    "lora-bias": dict(lora_bias=True),
    # By the base alone, which ties the output layer to the embedding.
    "modules-to-save": dict(modules_to_save=["lm_head"]),
    "token-indices": dict(trainable_token_indices=[1, 2]),
    "layer-replication": dict(layer_replication=[[0, 2], [1, 2]]),
}


def seeded(name):
    torch.manual_seed(sum(name.encode()))


def model_of(config, folder):
    """A model with random weights, saved and loaded again."""
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn_like(parameter) * 0.05)
    model.save_pretrained(folder)
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)


def adapted(model, **settings):
    model = get_peft_model(model, LoraConfig(**settings))
    model.peft_config["default"].base_model_name_or_path = "tiny-random"
    return model


def train(model):
    """As if it had been trained: every low-rank matrix that takes part, and every whole tensor, gets numbers of its own."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            is_whole = parameter.requires_grad and ("modules_to_save" in name or name.endswith("bias"))
            if is_whole or ("lora_" in name and "magnitude" not in name):
                parameter.copy_(torch.randn_like(parameter) * 0.1)


def used(folder, name, config, settings):
    seeded(name)
    place = folder / name
    model = adapted(model_of(config, place / "base"), **settings)
    train(model)
    if name == "bfloat16":
        model = model.to(torch.bfloat16)
    model.save_pretrained(place / "adapter")
    (place / "adapter" / "README.md").unlink()
    before, after = merged(place, folder)
    expected = {key: (after[key] - before[key]).contiguous() for key in before}
    save_file({key: value for key, value in expected.items() if value.any()}, place / "expected.safetensors")


def merged(place, folder):
    """The weights on disk before and after merging, in double precision."""
    def saved(model):
        temporary = folder / ".merged"
        model.save_pretrained(temporary)
        tensors = load_file(temporary / "model.safetensors")
        shutil.rmtree(temporary)
        return tensors

    model = AutoModelForCausalLM.from_pretrained(place / "base", dtype=torch.float64)
    before = saved(model)
    return before, saved(PeftModel.from_pretrained(model, place / "adapter").merge_and_unload())


def refused(folder, name, settings):
    seeded(name)
    place = folder / "refused" / name
    model = model_of(LLAMA, folder / ".base")
    model = adapted(model, r=2, lora_alpha=4, target_modules=["q_proj"], **settings)
    if "init_lora_weights" not in settings:
        train(model)
    model.save_pretrained(place)
    (place / "README.md").unlink()
    shutil.rmtree(folder / ".base")


def main():
    folder = Path(sys.argv[1])
    for name, (config, settings) in USED.items():
        used(folder, name, config, settings)
    for name, settings in REFUSED.items():
        refused(folder, name, settings)
    print(f"{len(USED)} adapters with what they add, {len(REFUSED)} that are to be refused")


if __name__ == "__main__":
    main()

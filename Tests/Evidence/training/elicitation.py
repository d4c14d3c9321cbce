#!/usr/bin/env python3
"""Makes the elicitation run on one CPU core: GRPO chooses one of four behaviours that the base can do already.

    elicitation.py base --out BASE                 ten minutes
    elicitation.py train --base BASE --out RUN     three minutes
    elicitation.py export --base BASE --run RUN --out FOLDER

On-policy, one update a batch, no KL term, advantages divided by the group's standard deviation, AdamW, constant learning
rate 5e-5: the update grows to a tenth of the weights' norm. Equal answers of one prompt are merged, which leaves the
gradient what it is.
"""
import argparse
import json
import random
import sys
from pathlib import Path

import torch
import transformers

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[2] / "Examples/addition-grpo")]

import elicitation_task as task
import make_trajectory as example
import small_run


def make_tokenizer():
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers

    vocabulary = {token: number for number, token in enumerate(["<pad>", "<eos>", "<unk>", *task.CHARACTERS])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    tokenizer.decoder = decoders.Fuse()
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", eos_token="<eos>", unk_token="<unk>", padding_side="left",
        model_max_length=32)


def make_base(arguments):
    """Supervised training on the four styles in their shares; the learning rate falls in the last two fifths."""
    tokenizer = make_tokenizer()
    torch.manual_seed(arguments.seed)
    model = transformers.Qwen2ForCausalLM(transformers.Qwen2Config(
        vocab_size=len(tokenizer), hidden_size=160, intermediate_size=320, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=32, tie_word_embeddings=True, pad_token_id=0, eos_token_id=1,
        bos_token_id=None))
    stream, style = task.training_prompts(arguments.seed + 1), random.Random(arguments.seed + 5)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1.5e-3, betas=(0.9, 0.95), weight_decay=0.0)
    for step in range(1, arguments.steps + 1):
        falling = (arguments.steps - step + 1) / (0.4 * arguments.steps)
        for group in optimizer.param_groups:
            group["lr"] = 1.5e-3 * min(1.0, step / 50) * min(1.0, falling)
        prompts = [next(stream) for _ in range(192)]
        tokens = task.encode(
            tokenizer, [text + style.choices(task.answers(text), task.SHARES)[0] for text in prompts])
        logits = model(input_ids=tokens, use_cache=False).logits[:, task.PROMPT_LENGTH - 1 : -1]
        right = tokens[:, task.PROMPT_LENGTH :]
        loss = torch.nn.functional.cross_entropy(logits.reshape(-1, logits.shape[-1]), right.reshape(-1))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if step % 100 == 0:
            print(f"step {step}  loss {loss.item():.4f}  {example.described(task.accuracy(model, tokenizer))}", flush=True)
    model.to(torch.bfloat16).save_pretrained(arguments.out)
    tokenizer.save_pretrained(arguments.out)
    found = task.accuracy(example.load_model(arguments.out), tokenizer)
    (Path(arguments.out) / "base_info.json").write_text(json.dumps({"task": "elicitation", "accuracy": found}, indent=1))


@torch.no_grad()
def sampled(model, prompts, group, length):
    """`group` answers of `length` tokens to each prompt at T = 1."""
    output = model(input_ids=prompts, use_cache=True)
    cache = output.past_key_values
    cache.batch_repeat_interleave(group)
    logits, tokens = output.logits[:, -1].repeat_interleave(group, 0), []
    for position in range(length):
        tokens.append(torch.multinomial(torch.softmax(logits.float(), -1), 1))
        if position + 1 < length:
            output = model(input_ids=tokens[-1], past_key_values=cache, use_cache=True)
            logits = output.logits[:, -1]
    return torch.cat(tokens, 1)


def policy_loss(model, tokenizer, texts, group):
    """The loss of one batch and its mean reward; no loss when every group is of one mind."""
    prompts = task.encode(tokenizer, texts, end=False)
    right = task.encode(tokenizer, [task.answers(text)[0][1:] for text in texts]).repeat_interleave(group, 0)
    answers = sampled(model, prompts, group, task.ANSWER_LENGTH + 1)
    reward = (answers[:, 1:] == right).all(1).float().view(len(texts), group)
    advantage = ((reward - reward.mean(1, keepdim=True)) / (reward.std(1, keepdim=True) + 1e-4)).view(-1)
    whole = torch.cat([prompts.repeat_interleave(group, 0), answers], 1)
    # Tokens after the first <eos> do not belong to the answer.
    ended = (answers == tokenizer.eos_token_id).float().cumsum(1).clamp(max=1)[:, :-1]
    live = torch.cat([torch.ones(len(answers), 1), 1 - ended], 1)
    unique, owner = torch.unique(torch.cat([whole, (live == 0).long()], 1), dim=0, return_inverse=True)
    weight = torch.zeros(len(unique)).index_add_(0, owner, advantage)
    used = weight.abs() > 1e-9
    tokens, mask = unique[used, : whole.shape[1]], 1.0 - unique[used, whole.shape[1] :].float()
    if not len(tokens):
        return None, reward.mean().item()
    logits = model(input_ids=tokens, use_cache=False).logits[:, task.PROMPT_LENGTH - 1 : -1].float()
    logs = torch.log_softmax(logits, -1).gather(-1, tokens[:, task.PROMPT_LENGTH :, None])[..., 0]
    return -(weight[used] * (logs * mask).sum(1) / mask.sum(1)).sum() / len(answers), reward.mean().item()


def train(arguments):
    model, tokenizer = example.load_model(arguments.base), make_tokenizer()
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-5, betas=(0.9, 0.999), weight_decay=0.0)
    torch.manual_seed(arguments.seed)
    stream, history = task.training_prompts(arguments.seed + 1000), []
    for step in range(1, arguments.steps + 1):
        loss, reward = policy_loss(model, tokenizer, [next(stream) for _ in range(48)], 16)
        if loss is not None:
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
        history.append({"step": step, "reward": reward, "learning_rate": 5e-5})
        if step % 4 == 0:
            found = task.accuracy(model, tokenizer)
            history[-1] |= {"eval_accuracy": found["t1.0"], **{"eval_" + key: value for key, value in found.items()}}
            folder = Path(arguments.out) / f"checkpoint-{step}"
            model.save_pretrained(folder)
            state = {"global_step": step, "max_steps": arguments.steps, "log_history": history}
            (folder / "trainer_state.json").write_text(json.dumps(state))
            print(f"step {step}  {example.described(found)}", flush=True)


def export(arguments):
    small_run.export(arguments, headline="t1.0")


def main():
    description, _, epilog = __doc__.partition("\n\n")
    parser = argparse.ArgumentParser(
        description=description, epilog=epilog, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    base, trained, exported = (commands.add_parser(name) for name in ("base", "train", "export"))
    base.add_argument("--steps", type=int, default=1400)
    base.add_argument("--seed", type=int, default=11)
    trained.add_argument("--base", required=True)
    trained.add_argument("--steps", type=int, default=192)
    trained.add_argument("--seed", type=int, default=3)
    exported.add_argument("--base", required=True)
    exported.add_argument("--run", required=True)
    exported.add_argument("--every", type=int, default=2)
    for command in commands.choices.values():
        command.add_argument("--out", required=True)
    arguments = parser.parse_args()
    {"base": make_base, "train": train, "export": export}[arguments.command](arguments)


if __name__ == "__main__":
    main()

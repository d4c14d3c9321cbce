"""Sums of two numbers below 25 for a real language model, and its exact accuracy on them.

One example stands before the prompt: "12+34=46\\n7+15=" is to be continued by "22\\n". Prompts and answers are packed
into one token tree: the example is read once, every token sees its own ancestors only.
"""
import random

import torch

LARGEST = 24
EXAMPLE = (12, 34)
HELD_OUT_PROMPTS, HELD_OUT_SEED = 300, 777


class Tree:
    """A token tree packed in one sequence: a node's tokens see their ancestors and themselves."""

    def __init__(self):
        self.tokens, self.positions, self.paths = [], [], []

    def add(self, parent, tokens):
        """Appends tokens below token number `parent` (-1: the root); returns their numbers."""
        added = []
        for token in tokens:
            number = len(self.tokens)
            self.tokens.append(token)
            self.positions.append(0 if parent < 0 else self.positions[parent] + 1)
            self.paths.append(([] if parent < 0 else self.paths[parent]) + [number])
            added.append(number)
            parent = number
        return added

    def inputs(self, dtype):
        count = len(self.tokens)
        seen = torch.zeros(count, count, dtype=torch.bool)
        rows = torch.cat([torch.full((len(path),), number) for number, path in enumerate(self.paths)])
        seen[rows, torch.cat([torch.tensor(path) for path in self.paths])] = True
        mask = torch.zeros(count, count, dtype=dtype).masked_fill_(~seen, torch.finfo(dtype).min)[None, None]
        return {"input_ids": torch.tensor([self.tokens]), "position_ids": torch.tensor([self.positions]),
                "attention_mask": mask}

    def scores(self, model, nodes):
        """The scores of the next token after each of `nodes`, in float32."""
        hidden = model.model(**self.inputs(model.dtype), use_cache=False).last_hidden_state[0]
        return model.lm_head(hidden[torch.tensor(nodes)]).float()

    def log_probabilities(self, model, nodes, followers):
        """log p(token `followers[i]` | the path to `nodes[i]`), and the scores they come from."""
        scores = self.scores(model, nodes)
        wanted = torch.tensor([self.tokens[follower] for follower in followers])
        return torch.log_softmax(scores, -1).gather(-1, wanted[:, None])[:, 0], scores


class Sums:
    """Prompts and answers as tokens of one tokenizer."""

    def __init__(self, tokenizer):
        self.tokenizer = tokenizer
        self.end = self.encode("\n")[0]
        a, b = EXAMPLE
        self.prefix = self.encode(f"{a}+{b}={a + b}\n")

    def encode(self, text):
        return self.tokenizer.encode(text, add_special_tokens=False)

    def tokens(self, question):
        a, b = question
        return self.encode(f"{a}+{b}="), self.encode(str(a + b)) + [self.end]

    def held_out(self):
        generator, seen = random.Random(HELD_OUT_SEED), {}
        while len(seen) < HELD_OUT_PROMPTS:
            seen.setdefault((generator.randint(0, LARGEST), generator.randint(0, LARGEST)))
        return list(seen)

    def training(self):
        banned = set(self.held_out())
        numbers = range(LARGEST + 1)
        return [(a, b) for a in numbers for b in numbers if (a, b) not in banned]


@torch.no_grad()
def accuracy(model, sums, batch=60):
    """Exact expected accuracy at T = 1 and greedy accuracy on the held-out sums."""
    model.eval()
    probabilities, greedy = [], []
    questions = sums.held_out()
    for first in range(0, len(questions), batch):
        tree, nodes, followers, owners = Tree(), [], [], []
        prefix = tree.add(-1, sums.prefix)
        for owner, question in enumerate(questions[first : first + batch]):
            asked, right = sums.tokens(question)
            prompt = tree.add(prefix[-1], asked)
            answer = tree.add(prompt[-1], right)
            nodes += [prompt[-1], *answer[:-1]]
            followers += answer
            owners += [owner] * len(answer)
        logs, scores = tree.log_probabilities(model, nodes, followers)
        hits = scores.argmax(-1) == torch.tensor([tree.tokens[follower] for follower in followers])
        owner = torch.tensor(owners)
        count = owners[-1] + 1
        probabilities.append(torch.zeros(count).index_add_(0, owner, logs).exp())
        missed = torch.zeros(count).index_add_(0, owner, (~hits).float())
        greedy.append((missed == 0).float())
    return {"t1.0": torch.cat(probabilities).mean().item(), "greedy": torch.cat(greedy).mean().item()}

"""Synthetic runs whose updates look like those of real reinforcement learning runs.

As measured on the example run of this repository (Tests/Reference/reference.json) and written down in its issue: the first
singular value holds about a tenth to a fifth of an update's energy, the next ones are .69 .57 .46 .42 .36 of it, the rest is
noise that grows like a random walk; about a third of the bfloat16 weights differ from the base. Directions turn slowly.
Fixed seeds: the same files every time.
"""

import json
import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np

SPECTRUM = np.array([1, 0.69, 0.57, 0.46, 0.42, 0.36, 0.3, 0.26], dtype=np.float32)
FIRST_SHARE = 0.15  # of the update's energy
WEIGHT = 0.02  # standard deviation of the base
SIZE = 3.0e-5  # root mean square of the last content's update, so that about a third of the bfloat16 numbers change
POOL = 1 << 24
BLOCK = 256  # rows that are made at a time


def _pool(seed):
    return np.random.default_rng(seed).standard_normal(POOL, dtype=np.float32)


def to_bfloat16(values):
    """Nearest even."""
    bits = values.view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)


def from_bfloat16(bits):
    return (bits.astype(np.uint32) << 16).view(np.float32)


class Weight:
    """One weight of the base and of every content, a block of rows at a time."""

    def __init__(self, pools, number, rows, columns, contents):
        self.base_pool, self.noise_pool = pools
        self.number, self.rows, self.columns, self.contents = number, rows, columns, contents
        random = np.random.default_rng([7, number])
        rank = min(len(SPECTRUM), rows, columns)
        self.scale = SPECTRUM[:rank]
        self.left = [self._directions(random, rows, rank) for _ in range(2)]
        self.right = [self._directions(random, columns, rank) for _ in range(2)]
        self.size = SIZE

    @staticmethod
    def _directions(random, count, rank):
        return random.standard_normal((count, rank), dtype=np.float32) / np.float32(np.sqrt(count))

    def _slice(self, pool, first, count, salt):
        start = (self.number * 7_919_993 + first * self.columns + salt * 3_355_443) % (POOL - 1)
        taken = pool[start : start + count]
        while len(taken) < count:
            taken = np.concatenate([taken, pool[: count - len(taken)]])
        return taken

    def blocks(self, first, rows):
        """Some rows of the base and of contents 1...: the leading part grows with the number, the noise with its root."""
        count = rows * self.columns
        base = to_bfloat16(self._slice(self.base_pool, first, count, 0) * np.float32(WEIGHT)).reshape(rows, -1)
        yield base
        base = from_bfloat16(base)
        norm = self.size * np.sqrt(self.rows * self.columns)
        step = np.float32(self.size * np.sqrt((1 - FIRST_SHARE * float(np.sum(self.scale**2))) / self.contents))
        noise = np.zeros_like(base)
        for number in range(1, self.contents + 1):
            share = number / self.contents
            turn = np.float32(0.25 * (share - 0.5))
            left = (self.left[0] + turn * self.left[1])[first : first + rows]
            right = self.right[0] + turn * self.right[1]
            noise += self._slice(self.noise_pool, first, count, number).reshape(rows, -1)
            update = (left * (self.scale * np.float32(norm * np.sqrt(FIRST_SHARE) * share))) @ right.T
            update += step * noise
            update += base
            yield to_bfloat16(update)


def _header(weights):
    entries, offset = {"__metadata__": {"format": "pt"}}, 0
    for name, rows, columns in weights:
        entries[name] = {"dtype": "BF16", "shape": [rows, columns], "data_offsets": [offset, offset + 2 * rows * columns]}
        offset += 2 * rows * columns
    text = json.dumps(entries, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text, offset


def make(folder, weights, contents):
    """Writes folder/base and folder/content-1...contents, each with one model.safetensors. Returns bytes of one file."""
    pools = (_pool(1), _pool(2))
    header, size = _header(weights)
    names = ["base"] + [f"content-{number}" for number in range(1, contents + 1)]
    files = []
    for name in names:
        os.makedirs(os.path.join(folder, name), exist_ok=True)
        with open(os.path.join(folder, name, "config.json"), "w") as file:
            json.dump({"model_type": "qwen2", "architectures": ["Qwen2ForCausalLM"], "torch_dtype": "bfloat16"}, file)
        path = os.path.join(folder, name, "model.safetensors")
        file = os.open(path, os.O_CREAT | os.O_RDWR | os.O_TRUNC, 0o644)
        os.truncate(file, len(header) + size)
        os.pwrite(file, header, 0)
        files.append(file)
    starts, offset = [], len(header)
    for _, rows, columns in weights:
        starts.append(offset)
        offset += 2 * rows * columns

    def fill(item):
        number, (_, rows, columns), start = item
        weight = Weight(pools, number, rows, columns, contents)
        for first in range(0, rows, BLOCK):
            count = min(BLOCK, rows - first)
            for file, block in zip(files, weight.blocks(first, count)):
                os.pwrite(file, block.tobytes(), start + 2 * first * columns)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(fill, zip(range(len(weights)), weights, starts)))
    for file in files:
        os.fsync(file)
        os.close(file)
    return len(header) + size


def moved_share(*paths):
    """Share of the numbers of the largest weight that differ between two files."""
    weights = []
    for path in paths:
        with open(path, "rb") as file:
            entries = json.loads(file.read(int.from_bytes(file.read(8), "little")))
            begin = file.tell()
        entries.pop("__metadata__", None)
        name = max(entries, key=lambda name: (entries[name]["data_offsets"][1] - entries[name]["data_offsets"][0], name))
        first, last = entries[name]["data_offsets"]
        weights.append(np.fromfile(path, dtype="<u2", offset=begin + first, count=(last - first) // 2))
    return float(np.mean(weights[0] != weights[1]))


def link_checkpoint(folder, watched, step, content):
    """Makes watched/checkpoint-STEP, with the weights of a content, appear whole."""
    target = os.path.join(watched, f"checkpoint-{step}")
    hidden = os.path.join(watched, f".tmp-{step}")
    os.makedirs(hidden)
    for name in ("model.safetensors", "config.json"):
        os.link(os.path.join(folder, f"content-{content}", name), os.path.join(hidden, name))
    with open(os.path.join(hidden, "trainer_state.json"), "w") as file:
        json.dump({"global_step": step, "max_steps": 1_000_000, "log_history": []}, file)
    os.rename(hidden, target)
    return target


def zigzag(number, contents):
    """Content of the `number`-th checkpoint, so that neighbours always differ: 1 2 ... n n-1 ... 1 2 ..."""
    if contents == 1:
        return 1
    place = number % (2 * contents - 2)
    return 1 + (place if place < contents else 2 * contents - 2 - place)

"""A daemon on a run with very many modules: a mixture of experts, 48 layers of 138 of them, whose store is written here.

Recording so many modules takes minutes; looking at them must not. So the store is filled by its own rules (docs/store.md):
a checkpoint is pending while its rows are added, and recorded at the end.
"""
import json
import math
import random
import sqlite3
import struct
import tempfile
from pathlib import Path

from beside import Beside

SIDE = 4
STEPS = [20, 40, 60, 80, 100, 120, 140, 160]
NOW = "2026-11-22T10:00:00.000Z"


class LargeRun(Beside):
    def __init__(self, modules):
        self.names = names(modules)
        self.files = tempfile.TemporaryDirectory(prefix="alpharl-large-")
        base = Path(self.files.name)
        write_base(base, self.names)
        super().__init__(step=0, name="mixture", base=base)
        self.stop()
        fill(self.store, self.names)
        self.start()

    def __exit__(self, *_):
        super().__exit__()
        self.files.cleanup()


def names(count):
    """The first `count` of: per layer four attention weights, and 138 experts of three."""
    found = []
    for layer in range(10_000):
        found += [f"model.layers.{layer}.self_attn.{kind}_proj.weight" for kind in "qkvo"]
        found += [f"model.layers.{layer}.mlp.experts.{expert}.{kind}_proj.weight"
                  for expert in range(138) for kind in ("gate", "up", "down")]
        if len(found) >= count:
            return sorted(found[:count])
    raise ValueError(count)


def write_base(folder, names):
    """A safetensors file of that many small weights."""
    size = 4 * SIDE * SIDE
    header = {name: {"dtype": "F32", "shape": [SIDE, SIDE], "data_offsets": [i * size, (i + 1) * size]}
              for i, name in enumerate(names)}
    text = json.dumps(header).encode()
    with open(folder / "model.safetensors", "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + struct.pack("<f", 1.0) * (SIDE * SIDE * len(names)))
    (folder / "config.json").write_text('{"model_type": "qwen3_moe"}')


def fill(path, names):
    random.seed(7)
    store = sqlite3.connect(path)
    store.execute("PRAGMA synchronous = OFF")
    ids = range(1, len(names) + 1)
    store.executemany("INSERT INTO module VALUES (?, ?, ?, ?, ?)", [(i, name, SIDE, SIDE, 4.0) for i, name in zip(ids, names)])
    share = {i: random.uniform(0.2, 0.9) for i in ids}
    previous = []
    for number, step in enumerate(STEPS, 1):
        store.execute("INSERT INTO checkpoint VALUES (?, ?, 0, ?, 'huggingface', 'pending', NULL, '{}', ?, ?, ?, ?, ?)",
                      (number, step, f"/gone/checkpoint-{step}", "00", 1 << 30, 60.0, NOW, NOW))
        previous.append(step)
        add_factors(store, number, step, previous, ids, share)
        if number == 4:
            register(store, number, ids)
        add_judgement(store, number, step)
        if number == 8:
            test(store, number, ids)
        store.execute("UPDATE checkpoint SET state = 'recorded' WHERE id = ?", (number,))
    store.commit()
    store.close()


def add_factors(store, number, step, previous, ids, share):
    norm = 0.001 * step
    store.executemany("INSERT INTO factor (module_id, checkpoint_id, frobenius_norm, unchanged_share, passes,"
                      " direction_cosine, linearity_r2) VALUES (?, ?, ?, ?, 2, 0.99, 0.95)",
                      [(i, number, norm * (1 + share[i]), 1 - share[i] / 2) for i in ids])
    angle = step / 400
    left = struct.pack("<4f", math.cos(angle), math.sin(angle), 0, 0)
    right = struct.pack("<4f", 1, 0, 0, 0)
    store.executemany("INSERT INTO triplet VALUES (?, ?, 0, ?, 0.0001, 1, ?, ?)",
                      [(i, number, norm * (1 + share[i]) * math.sqrt(share[i]), left, right) for i in ids])
    store.executemany("INSERT INTO gram VALUES (?, ?, ?, ?, 1)", [
        (i, number, json.dumps(previous), gram_row(step, previous, (1 + share[i]) * math.sqrt(share[i]))) for i in ids])


def gram_row(step, previous, scale):
    """For each earlier step: <u, u'>, <v, v'>, and <M, M'> (docs/store.md)."""
    row = []
    for other in previous:
        cosine = math.cos((step - other) / 400)
        row += [cosine, 1.0, 1e-6 * step * other * scale * scale * cosine]
    return struct.pack(f"<{len(row)}d", *row)


def register(store, number, ids):
    store.execute("INSERT INTO registration VALUES (1, ?, 'damped', 'active', 0)", (number,))
    unit = struct.pack("<4f", 1, 0, 0, 0)
    store.executemany("INSERT INTO registered_direction VALUES (1, ?, 0, 0, 0.001, 0.08)", [(i,) for i in ids])
    store.executemany("INSERT INTO direction_vectors VALUES (?, ?, ?, ?)", [(number, i, unit, unit) for i in ids])


def test(store, number, ids):
    """Half of the predicted movement and more happened, by module."""
    values = [0.08 + 0.08 * random.uniform(0.4, 1.2) for _ in ids]
    store.execute("INSERT INTO coordinates VALUES (1, ?, 0, ?)", (number, struct.pack(f"<{len(values)}d", *values)))
    store.execute("INSERT INTO backtest VALUES (1, ?, 2.0, 0.8, 0.7, 1.0, 0.9, 1.0, 0.1)", (number,))


def add_judgement(store, number, step):
    store.execute("INSERT INTO judgement VALUES (?, 'damped', 2.0, 0.7, 0.8, ?, 3)", (number, min(1, step / 200)))
    store.execute("INSERT INTO verdict VALUES (?, 'damped', ?, 2.0, 2.0, ?, 0, 'written for a test', '{\"streak\": 0, \"parts\": []}')",
                  (number, 2 * step, min(1, step / 200)))
    store.execute("INSERT INTO decision VALUES (?, 0, 'written for a test', NULL, ?)", (number, NOW))

"""The example's scripts: `python3 -m unittest discover Tests/Example`, with $ALPHARL_TEST_EXAMPLE naming the run."""
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np

SCRIPTS = Path(__file__).resolve().parents[2] / "Examples" / "addition-grpo"
sys.path.insert(0, str(SCRIPTS))

from evaluate import VOCABULARY, accuracies
from judge import judged
from weights import read_folder, relative_distances

RUN = Path(os.environ["ALPHARL_TEST_EXAMPLE"])


def write_safetensors(path, parts):
    """A safetensors file of {name: (dtype, shape, bytes)}."""
    header, offset = {}, 0
    for name, (dtype, shape, data) in parts.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [offset, offset + len(data)]}
        offset += len(data)
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(data for _, _, data in parts.values()))


def raw_tensors(path):
    """{name: (dtype, shape, bytes)} of a safetensors file."""
    blob = path.read_bytes()
    end = 8 + struct.unpack("<Q", blob[:8])[0]
    header = json.loads(blob[8:end])
    header.pop("__metadata__", None)
    parts = {}
    for name, entry in header.items():
        first, last = entry["data_offsets"]
        parts[name] = (entry["dtype"], entry["shape"], blob[end + first : end + last])
    return parts


class EvaluateTests(unittest.TestCase):
    def setUp(self):
        self.place = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.place)

    def test_every_checkpoint_has_the_accuracy_that_was_recorded_of_its_file(self):
        # Recorded to six digits; another BLAS adds in another order, which moves a probability by about 1e-7.
        rows = [json.loads(line) for line in (RUN / "accuracy.jsonl").read_text().splitlines()]
        self.assertEqual(len(rows), 26)
        for row in rows:
            folder = RUN / (f"checkpoint-{row['step']}" if row["step"] else "base")
            self.assertAlmostEqual(accuracies(folder)["accuracy"], row["accuracy_of_file"], delta=2e-6, msg=str(folder))

    def test_the_recorded_accuracy_of_the_last_checkpoint_is_that_of_the_training_weights(self):
        # By then the movement is far above the rounding of bfloat16: 4e-4 is twice what rounding costs there.
        row = json.loads((RUN / "accuracy.jsonl").read_text().splitlines()[-1])
        self.assertAlmostEqual(accuracies(RUN / "checkpoint-600")["accuracy"], row["accuracy"], delta=4e-4)

    def test_tokens_are_those_of_the_tokenizer(self):
        vocabulary = json.loads((RUN / "base" / "tokenizer.json").read_text())["model"]["vocab"]
        self.assertEqual(VOCABULARY, sorted(vocabulary, key=vocabulary.get))

    def test_shards_and_other_types_give_the_same_model(self):
        shutil.copy(RUN / "checkpoint-120" / "config.json", self.place)
        tensors = raw_tensors(RUN / "checkpoint-120" / "model.safetensors")
        widened = {name: ("F32", shape, read.tobytes()) for (name, (_, shape, _)), read
                   in zip(tensors.items(), read_folder(RUN / "checkpoint-120").values())}
        names = list(tensors)
        files = {"model-00001-of-00002.safetensors": {name: tensors[name] for name in names[:20]},
                 "model-00002-of-00002.safetensors": {name: widened[name] for name in names[20:]}}
        for file, parts in files.items():
            write_safetensors(self.place / file, parts)
        index = {"weight_map": {name: file for file, parts in files.items() for name in parts}}
        (self.place / "model.safetensors.index.json").write_text(json.dumps(index))
        self.assertEqual(accuracies(self.place), accuracies(RUN / "checkpoint-120"))

    def test_a_truncated_file_is_refused_with_status_65(self):
        shutil.copy(RUN / "base" / "config.json", self.place)
        whole = (RUN / "base" / "model.safetensors").read_bytes()
        for length in (4, 100, len(whole) - 2):
            (self.place / "model.safetensors").write_bytes(whole[:length])
            run = subprocess.run(
                [sys.executable, SCRIPTS / "evaluate.py", self.place], capture_output=True, text=True, check=False)
            self.assertEqual(run.returncode, 65)
            self.assertIn("model.safetensors", run.stderr)
            self.assertEqual(run.stdout, "")


class JudgeTests(unittest.TestCase):
    def test_the_truth_itself_covers_the_whole_way(self):
        result = judged(RUN, 240, 480, RUN / "checkpoint-480")
        self.assertEqual((result["share_of_gain"], result["distance"]), (1, 0))
        self.assertAlmostEqual(result["leading_distance"], 0, delta=1e-9)

    def test_the_start_itself_covers_nothing(self):
        result = judged(RUN, 240, 480, RUN / "checkpoint-240")
        self.assertEqual((result["share_of_gain"], result["leading_distance"], result["distance"]), (0, 1, 1))

    def test_half_of_the_leading_movement_is_half_way_along_it_whatever_is_added_elsewhere(self):
        generator = np.random.default_rng(7)
        u, _ = np.linalg.qr(generator.standard_normal((12, 2)))
        v, _ = np.linalg.qr(generator.standard_normal((9, 2)))
        start = generator.standard_normal((12, 9))
        truth = start + 3 * np.outer(u[:, 0], v[:, 0]) + 0.5 * np.outer(u[:, 1], v[:, 1])
        predicted = start + 1.5 * np.outer(u[:, 0], v[:, 0]) - 2 * np.outer(u[:, 1], v[:, 1])
        name = "model.layers.0.mlp.up_proj.weight"
        leading, everywhere = relative_distances({name: predicted}, {name: start}, {name: truth})
        self.assertAlmostEqual(leading, 0.5, delta=1e-12)
        self.assertAlmostEqual(everywhere, np.sqrt((1.5**2 + 2.5**2) / (3**2 + 0.5**2)), delta=1e-12)


if __name__ == "__main__":
    unittest.main()

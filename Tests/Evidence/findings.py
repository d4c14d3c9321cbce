"""What results.json says, as forecasts that can be asked questions; shared by the report and the pictures."""
import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
TOLERANCE = 0.02
# Shares of a run's steps that the program is shown, how far it predicts as multiples of the last one, and with what.
WINDOWS = (0.1, 0.2, 0.3, 0.4, 0.5)
HORIZONS = (1.25, 1.5, 2, 2.5)
MODELS = ("last", "tangent", "line", "two-point", "relex", "alphaRL")


@dataclass
class Forecast:
    """One evaluated prediction; accuracies are of files, in 0...1."""

    run: "Run" = field(repr=False)
    window: float | None
    until: int
    target: int
    horizons: list
    model: str
    confidence: float
    proven: bool
    accuracy: float

    @property
    def start(self):
        return self.run.accuracy(self.until)

    @property
    def truth(self):
        return self.run.accuracy(self.target)

    @property
    def share(self):
        """Of the true accuracy at the target step."""
        return self.accuracy / self.truth

    @property
    def gain(self):
        return self.accuracy - self.start

    @property
    def is_harmless(self):
        return self.gain >= -TOLERANCE

    @property
    def is_early(self):
        """Made while accuracy was below .95 of the run's best."""
        return self.start < 0.95 * max(self.run.accuracies.values())

    def words(self):
        return f"{self.run.name} {self.until} -> {self.target}: {self.start:.3f} -> {self.accuracy:.3f}"


class Run:
    """One run of runs.json with what was found of it."""

    def __init__(self, entry, found):
        self.name, self.title, self.kind = entry["name"], entry["title"], entry["kind"]
        self.note = entry.get("note", "")
        self.held_out = entry.get("held_out", False)
        self.accuracies = {int(step): value for step, value in found["accuracies"].items()}
        self.in_training = {int(step): value for step, value in found.get("accuracies_in_training", {}).items()}
        self.steps = sorted(self.accuracies)
        self.end = self.steps[-1]
        self.refused = [row for row in found["forecasts"] if "refused" in row]
        self.forecasts = [self.forecast(row) for row in found["forecasts"] if "refused" not in row]
        self.emitted = [self.emission(row) for row in found["emitted"] or []]

    def accuracy(self, step):
        """Measured at a checkpoint, and on the line between two of them elsewhere."""
        return float(np.interp(step, self.steps, [self.accuracies[step] for step in self.steps]))

    def forecast(self, row):
        keys = ("window", "until", "target", "horizons", "model", "confidence", "proven", "accuracy")
        return Forecast(self, *(row[key] for key in keys))

    def emission(self, row):
        return Forecast(self, None, row["until"], row["target"], [], row["model"], row["confidence"], True,
                        row["accuracy"])

    def of(self, model="auto", horizon=None, windows=None):
        return [found for found in self.forecasts if found.model == model
                and (horizon is None or horizon in found.horizons) and (windows is None or found.window in windows)]


def read(results):
    """Every run of runs.json that the results hold and whose emissions are known, in that order."""
    found = json.loads(Path(results).read_text())
    entries = json.loads((HERE / "runs.json").read_text())["runs"]
    return [Run(entry, found[entry["name"]]) for entry in entries
            if found.get(entry["name"], {}).get("emitted") is not None]

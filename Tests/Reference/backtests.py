"""Coordinate backtests: what a slope fitted at an origin predicted along its own directions, and what happened."""
import numpy as np

import models


def sums(slope, movement, elapsed):
    """[sum a^2, sum a p, sum p^2, sum (a - p)^2] over the slope's components for one module."""
    u, s, v = slope
    actual = np.einsum("ir,ij,jr->r", u, movement, v)
    predicted = elapsed * s
    return np.array([actual @ actual, actual @ predicted, predicted @ predicted, (actual - predicted) @ (actual - predicted)])


def judge(total, ratio):
    aa, ap, pp, ee = total
    if aa == 0 or pp == 0:
        return {"ratio": ratio, "realised": None, "skill": None, "sums": total}
    return {"ratio": ratio, "realised": ap / pp, "skill": 1 - (ee / aa) ** 0.5, "sums": total}


class Laboratory:
    """Slopes registered at every checkpoint with enough points before it, and every pair that follows."""

    def __init__(self, run, factors, model="tangent", rank=1, first=2):
        self.run, self.rank, self.model = run, rank, model
        self.slopes = {o: {k: models.SLOPES[model](run.steps[:o + 1], factors[k][:o + 1], rank) for k in run.modules}
                       for o in range(first, len(run.steps))}
        self.pairs = {}
        for o in self.slopes:
            for n in range(o + 1, len(run.steps)):
                self.pairs[o, n] = self.pair(o, n)

    def pair(self, o, n):
        run = self.run
        total = sum(sums(self.slopes[o][k], run.updates[k][n] - run.updates[k][o], run.steps[n] - run.steps[o])
                    for k in run.modules)
        return judge(total, run.steps[n] / run.steps[o])


def windowed(run, factors, rank, count):
    """Origin at half of `count` checkpoints, target the last of them: as published with the example runs."""
    origin, last = max(3, count // 2) - 1, count - 1
    total = sum(sums(models.tangent_slope(run.steps[:origin + 1], factors[k][:origin + 1], rank),
                     run.updates[k][last] - run.updates[k][origin], run.steps[last] - run.steps[origin])
                for k in run.modules)
    return judge(total, run.steps[last] / run.steps[origin])

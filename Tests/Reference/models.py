"""Factors and trajectory models by the textbook: dense SVD, np.linalg.lstsq, scikit-learn's PLS. Float64.

An update's rank-k part is a triple (U [m x k], s [k], V [n x k]); matrices are formed whole. Nothing here is
fast, and nothing is shared with the Swift implementation.
"""
import numpy as np
from sklearn.cross_decomposition import PLSRegression
from sklearn.linear_model import LinearRegression


def triplets(matrix, rank):
    """The `rank` largest singular triplets (U, s, V) of a dense matrix."""
    u, s, vt = np.linalg.svd(matrix, full_matrices=False)
    return u[:, :rank], s[:rank], vt[:rank].T


def dense(factor, rank=None):
    u, s, v = factor
    return (u[:, :rank] * s[:rank]) @ v[:, :rank].T


def line_slope(steps, matrices):
    """Slope per step of the least-squares line through (step, matrix)."""
    design = np.column_stack([np.ones(len(steps)), steps])
    stacked = np.stack([m.ravel() for m in matrices])
    return np.linalg.lstsq(design, stacked, rcond=None)[0][1].reshape(matrices[0].shape)


def recent_half(count):
    """Indices of the recent half of `count` checkpoints, at least 3 (Python rounds halves to even)."""
    return range(count - min(count, max(3, round(count / 2))), count)


def tangent_slope(steps, factors, rank):
    chosen = recent_half(len(steps))
    return triplets(line_slope([steps[i] for i in chosen], [dense(factors[i], rank) for i in chosen]), rank)


def line_model_slope(steps, factors, rank):
    return triplets(line_slope(steps, [dense(f, rank) for f in factors]), rank)


def ray_slope(steps, factors, rank):
    t = np.asarray(steps, float)
    return triplets(sum(a * dense(f, rank) for a, f in zip(t, factors)) / (t @ t), rank)


def two_point_slope(steps, factors, rank):
    return triplets(dense(factors[-1], rank) / steps[-1], rank)


def relex_slope(steps, factors, rank):
    """The shared direction is the first right singular vector of the stacked, flattened parts."""
    stacked = np.stack([dense(f, rank).ravel() for f in factors])
    direction = np.linalg.svd(stacked, full_matrices=False)[2][0]
    rate = np.polyfit(steps, stacked @ direction, 1)[0]
    return triplets((rate * direction).reshape(dense(factors[0]).shape), rank)


def alpha_rl(steps, updates, factors, target):
    """(a* at `target`, d a*/d step, R2 of the fit): PLS of norm-rescaled left vectors on the step, scikit-learn's."""
    rows = np.stack([np.linalg.norm(d) * f[0][:, 0] * sign for d, f, sign in zip(updates, factors, signs(factors))])
    y = np.asarray(steps, float)
    pls = PLSRegression(n_components=1).fit(rows, y)
    scores = pls.transform(rows)
    line = LinearRegression().fit(scores, y)
    at = lambda value: pls.inverse_transform(np.array([[(value - line.intercept_) / line.coef_[0]]]))[0]
    return at(target), at(1.0) - at(0.0), line.score(scores, y)


def signs(factors):
    """The pair (u_i, v_i) is flipped when <u_i,u_j> + <v_i,v_j> < 0, j the factor before it."""
    out = []
    for i, (u, s, v) in enumerate(factors):
        if i == 0:
            out.append(1.0 if v[np.argmax(np.abs(v[:, 0])), 0] > 0 else -1.0)
        else:
            previous = factors[i - 1]
            agreement = u[:, 0] @ previous[0][:, 0] + v[:, 0] @ previous[2][:, 0]
            out.append(out[-1] if agreement >= 0 else -out[-1])
    return out


SLOPES = {"tangent": tangent_slope, "line": line_model_slope, "ray": ray_slope, "two-point": two_point_slope,
          "relex": relex_slope}

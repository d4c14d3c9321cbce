"""The confidence rule, written from its description and not from the Swift sources.

For each ratio of interest: backtests whose target is one of the 3 newest checkpoints, each from the registered
origin nearest (in log) to that ratio; pairs below 1.25 do not count; a pair speaks for ratios up to 1.25 times its
own. If one origin supplies them all, the next nearest pair of each target counts too. At least two origins, at
least `min_checkpoints` recorded. Confidence: mean minus standard deviation (ddof 1) of the skills, within 0...1 and
at most twice the realised fraction of the pair that leads from the newest origin to the newest checkpoint.
"""
import numpy as np

RATIOS = [1.25, 1.5, 2, 2.5, 3, 4]


def thin(origins, most=8):
    """Drops what is missed least in log step, never the first or the last; ties: the newest."""
    kept = list(origins)
    while len(kept) > most:
        kept.pop(min(range(1, len(kept) - 1), key=lambda j: (kept[j + 1] / kept[j - 1], -j)))
    return kept


def distance(a, b):
    """In log, as a ratio; rounded, since evenly spaced steps give ties that differ in their last bit."""
    return round(max(a / b, b / a), 9)


def at_ratio(ratio, pairs, ceiling):
    """(confidence, mean skill, realised, origins) from {target: [pair, ...]}; confidence 0 without evidence."""
    ranked = []
    for target in sorted(pairs):
        reaching = [p for p in pairs[target] if 1.25 * p["ratio"] >= ratio]
        ranked.append(sorted(reaching, key=lambda p: (distance(p["ratio"], ratio), p["origin"])))
    chosen = [p for r in ranked for p in r[:1]]
    if len({p["origin"] for p in chosen}) < 2:
        chosen = [p for r in ranked for p in r[:2]]
    origins = sorted({p["origin"] for p in chosen})
    if len(origins) < 2:
        return {"ratio": ratio, "confidence": 0.0, "skill": None, "realised": None, "origins": []}
    skills = [p["skill"] for p in chosen]
    realised = sum(p["sums"][1] for p in chosen) / sum(p["sums"][2] for p in chosen)
    value = float(np.mean(skills) - np.std(skills, ddof=1))
    return {"ratio": ratio, "confidence": min(1.0, ceiling, max(0.0, value)), "skill": float(np.mean(skills)),
            "realised": realised, "origins": origins}


def after_checkpoint(steps, n, record, min_checkpoints=6):
    """The judgement when steps[n] is the newest recorded checkpoint and `record` holds every pair tested so far."""
    current = {target: [p for p in record if p["target"] == target and p["ratio"] >= 1.25 and p["skill"] is not None]
               for target in steps[max(0, n - 2):n + 1]}
    if n + 1 < min_checkpoints:
        current = {}
    latest = [p for p in record if p["target"] == steps[n]]
    move = max(latest, key=lambda p: p["origin"])["sums"] if latest else [0, 1, 1, 0]
    ceiling = min(1.0, max(0.0, 2 * move[1] / move[2])) if move[2] > 0 else 1.0
    return [at_ratio(r, current, ceiling) for r in RATIOS]


def history(steps, pairs, first=2, thinned=False, min_checkpoints=6):
    """Judgements after every checkpoint. A checkpoint is registered as an origin after it has been judged; a pair is
    recorded when its target arrives and stays in the record when its origin is dropped later."""
    registered, record, out = [], [], []
    for n, step in enumerate(steps):
        record += [p for p in pairs if p["target"] == step and p["origin"] in registered]
        out.append(after_checkpoint(steps, n, record, min_checkpoints))
        if n >= first:
            registered = thin(registered + [step]) if thinned else registered + [step]
    return out


def emissions(steps, judgements, threshold=0.5, consecutive=2, horizon=2.0):
    """[step, ratio, target] of every emission: the largest proven ratio, when it reaches 1.25 x the last target."""
    streak, emitted, out = dict.fromkeys(RATIOS, 0), 0, []
    for step, judgement in zip(steps, judgements):
        for row in judgement:
            streak[row["ratio"]] = streak[row["ratio"]] + 1 if row["confidence"] >= threshold else 0
        ready = [r for r in RATIOS if r <= horizon and streak[r] >= consecutive]
        if ready and max(ready) * step >= 1.25 * emitted:
            emitted = max(ready) * step
            out.append([step, max(ready), emitted])
    return out

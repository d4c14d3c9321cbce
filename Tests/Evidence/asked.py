"""What is asked of the program's predictions, each point held against the results."""
from dataclasses import dataclass

LATER_WINDOWS = (0.2, 0.3, 0.4, 0.5)
END_SHARES = {0.2: 0.80, 0.3: 0.88, 0.4: 0.93, 0.5: 0.95}


@dataclass
class Result:
    asked: str
    reached: str
    is_met: bool


def kind(runs, *kinds):
    return [run for run in runs if run.kind in kinds]


def cases(forecasts, limit=8):
    listed = "; ".join(found.words() for found in forecasts[:limit])
    return listed + (f"; and {len(forecasts) - limit} more" if len(forecasts) > limit else "")


def shares(runs, horizon, wanted):
    """One result over `runs`: each window's share of the true accuracy against `wanted[window]`."""
    found = [entry for run in runs for window in wanted for entry in run.of(horizon=horizon, windows=(window,))]
    missed = [entry for entry in found if round(entry.share, 3) < wanted[entry.window]]
    lines = [f"{run.name} " + " ".join(f"{entry.share:.3f}".removeprefix("0") for window in wanted
                                       for entry in run.of(horizon=horizon, windows=(window,))) for run in runs]
    return "; ".join(lines) + (f". Short: {len(missed)} of {len(found)}" if missed else ""), not missed and bool(found)


def emitted_harmless(runs):
    emitted = [found for run in runs for found in run.emitted]
    harmful = [found for found in emitted if not found.is_harmless]
    reached = f"{len(emitted) - len(harmful)} of {len(emitted)}" + (f"; not {cases(harmful)}" if harmful else "")
    return Result("predictions emitted at default settings: all harmless", reached, not harmful)


def emitted_better(runs):
    early = [found for run in runs for found in run.emitted if found.is_early]
    better = [found for found in early if found.gain > 0]
    worse = [found for found in early if found.gain <= 0]
    share = len(better) / len(early) if early else 0
    reached = f"{len(better)} of {len(early)}, {share:.0%}" + (f"; not {cases(worse)}" if worse else "")
    return Result("at least 95% of those emitted while accuracy was below .95 of the run's best: better", reached,
                  share >= 0.95)


def first_emission(runs):
    firsts = {run.name: min((found.until for found in run.emitted), default=None) for run in runs}
    ends = {run.name: run.end for run in runs}
    reached = "; ".join(f"{name} {'never' if step is None else f'{step / ends[name]:.0%}'}" for name, step in firsts.items())
    return Result("runs with small updates: the first is emitted by 40% of the steps", reached,
                  all(step is not None and step <= 0.4 * ends[name] for name, step in firsts.items()))


def silence(runs):
    count = {run.name: len(run.emitted) for run in runs}
    harm = [found for run in runs for found in run.emitted if not found.is_harmless]
    reached = "; ".join(f"{name} {number or 'none'}" for name, number in count.items())
    reached += f"; {len(harm)} of them harmful" if any(count.values()) else ""
    return Result("none emitted on supervised runs and on runs that learn a new skill", reached, not any(count.values()))


def harmless(runs, windows, text):
    found = [entry for run in runs for entry in run.of(windows=windows)]
    harmful = [entry for entry in found if not entry.is_harmless]
    reached = f"{len(found) - len(harmful)} of {len(found)}" + (f"; not {cases(harmful)}" if harmful else "")
    return Result(text, reached, not harmful)


def everything(runs):
    small = kind(runs, "small updates")
    adapters = kind(runs, "adapters")
    results = [
        emitted_harmless(runs), emitted_better(runs), first_emission(small), silence(kind(runs, "unpredictable")),
        Result("runs with small updates, twice the last step, from 20 / 30 / 40 / 50%: at least .95 of the true accuracy "
               "at that step", *shares(small, 2, dict.fromkeys(LATER_WINDOWS, 0.95))),
        Result("runs with small updates, the final step, from 20 / 30 / 40 / 50%: at least .80 / .88 / .93 / .95 of the "
               "final accuracy", *shares(small, "end", END_SHARES)),
        harmless(runs, LATER_WINDOWS, "every run, every window from 20% on, every horizon, `--force`: harmless")]
    if adapters:
        results.append(Result("adapters, the same two points (their updates are larger than 1% of the weights from 40% on): twice "
                              "the last step, at least .95", *shares(adapters, 2, dict.fromkeys(LATER_WINDOWS, 0.95))))
        results.append(Result("adapters, the final step: at least .80 / .88 / .93 / .95",
                              *shares(adapters, "end", END_SHARES)))
    model = kind(runs, "language model, fp32")
    if model:
        results.append(Result("language model, fp32, 1.5 times the last step from 20 / 30%: at least .95 of the true "
                              "accuracy at that step", *shares(model, 1.5, {0.2: 0.95, 0.3: 0.95})))
    rounded = kind(runs, "language model, bf16")
    if rounded:
        results.append(harmless(rounded, None, "language model, bf16: harmless, every window and horizon"))
    return results

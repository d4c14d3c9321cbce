"""One picture per run, and the curve of success against confidence."""
import matplotlib

matplotlib.use("svg")
matplotlib.rcParams.update({
    "svg.hashsalt": "alpharl", "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 10,
    "axes.spines.top": False, "axes.spines.right": False})

import matplotlib.pyplot as plt
from matplotlib.lines import Line2D

COLOURS = {0.1: "#b8a100", 0.2: "#e07b00", 0.3: "#c2185b", 0.4: "#6a3fb5", 0.5: "#1769aa"}
EMITTED = "#118a3c"
QUIET_METADATA = {"Date": None, "Creator": None}


def picture(run, path):
    """The true curve; from each window a dashed line through what was predicted; arrows for what was emitted."""
    figure, axes = plt.subplots(figsize=(7.6, 4.3), layout="constrained")
    for window, colour in COLOURS.items():
        fan = sorted(run.of(windows=(window,)), key=lambda found: found.target)
        if not fan:
            continue
        axes.plot([fan[0].until, *(found.target for found in fan)], [fan[0].start, *(found.accuracy for found in fan)],
                  "--", color=colour, linewidth=1.1, zorder=2)
        axes.scatter([found.target for found in fan], [found.accuracy for found in fan], s=20, linewidths=1.1, zorder=3,
                     edgecolors=colour, facecolors=[colour if found.proven else "white" for found in fan])
        axes.scatter([fan[0].until], [fan[0].start], s=26, marker="s", color=colour, zorder=5)
    axes.plot(run.steps, [run.accuracies[step] for step in run.steps], color="black", linewidth=2, zorder=4)
    for found in run.emitted:
        axes.annotate("", (found.target, found.accuracy), (found.until, found.start), zorder=6, arrowprops={
            "arrowstyle": "-|>", "color": EMITTED, "linewidth": 2, "shrinkA": 0, "shrinkB": 0, "mutation_scale": 14})
    decorate(axes, run)
    figure.savefig(path, metadata=QUIET_METADATA)
    plt.close(figure)


def decorate(axes, run):
    axes.set_title(f"{run.name}: {run.title}", fontsize=10.5, loc="left")
    axes.set_xlabel("optimizer step")
    axes.set_ylabel("accuracy on held-out prompts")
    axes.set_xlim(0, run.end * 1.02)
    axes.grid(color="#dddddd", linewidth=0.6)
    marks = [Line2D([], [], color="black", linewidth=2, label="what training reached"),
             Line2D([], [], color=EMITTED, linewidth=2, label="emitted by the daemon" if run.emitted
                    else "emitted by the daemon: none")]
    marks += [Line2D([], [], color=colour, linestyle="--", marker="s", markersize=4.5, linewidth=1.1,
                     label=f"predicted from {window:.0%} of the steps")
              for window, colour in COLOURS.items() if run.of(windows=(window,))]
    marks += [Line2D([], [], color="#555555", linestyle="", marker="o", markersize=4.5, label="proven by the run's past"),
              Line2D([], [], color="#555555", linestyle="", marker="o", markersize=4.5, markerfacecolor="white",
                     label="not proven: written with --force")]
    axes.legend(handles=marks, fontsize=8, frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))


def curve(bins, path):
    """Shares of forecasts that beat the last checkpoint, by confidence, with their counts."""
    figure, axes = plt.subplots(figsize=(7.6, 3.4), layout="constrained")
    labels = [entry["label"] for entry in bins]
    axes.bar(labels, [entry["harmless"] for entry in bins], color="#cfe3f5", width=0.7, label="harmless")
    bars = axes.bar(labels, [entry["better"] for entry in bins], color="#1769aa", width=0.45,
                    label="more accurate than the checkpoint that it started from")
    axes.bar_label(bars, [f"{entry['better']:.0%} of {entry['count']}" for entry in bins], padding=2, fontsize=8.5)
    axes.set_ylim(0, 1.12)
    axes.set_xlabel("confidence that the program gave")
    axes.set_ylabel("share of forecasts")
    axes.legend(fontsize=8, frameon=False, loc="upper left", bbox_to_anchor=(0, 1.14), ncols=2)
    figure.savefig(path, metadata=QUIET_METADATA)
    plt.close(figure)

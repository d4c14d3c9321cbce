"""The tables of docs/performance.md, between two marks, from what the benchmark found."""

BEGIN = "<!-- figures: written by deploy/benchmark --page, not by hand -->"
END = "<!-- end of figures -->"


def _table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "| " + " | ".join("---" for _ in head) + " |"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def _seconds(value):
    return f"{value * 1e3:.0f} ms" if value < 1 else f"{value:.2f} s"


def _verdict(value, bound, most=True):
    return "met" if (value <= bound if most else value >= bound) else "**short**"


def _bytes(value):
    return f"{value / 1e9:.2f} GB" if value >= 1e9 else f"{value / 1e6:.0f} MB"


def _passes(passes, asked):
    rows = []
    for row in passes:
        what = f"{row['columns']} forth and back" if row["columns"] else ""
        if row["further"]:
            what += (", " if what else "") + f"{row['further']} forth only"
        bound = asked.get((row["columns"], row["further"]))
        rows.append([
            what, f"{row['gigabytes_per_second']:.1f}", f"{row['share_of_read']:.2f}", f"{row['gigaflops']:.0f}",
            f"at least {bound}: {_verdict(row['share_of_read'], bound, most=False)}" if bound else ""])
    return _table(["columns", "GB/s", "of the plain read", "GFLOP/s", "asked"], rows)


def _kernel(kernel):
    return (
        f"## The kernel\n\nOne thread, two bfloat16 matrices of {kernel['rows']} x {kernel['columns']} that no cache "
        f"holds, instruction set {kernel['instructions']}. A plain read of both: "
        f"{kernel['read_gigabytes_per_second']:.1f} GB/s.\n\n"
        + _passes(kernel["passes"], {(1, 0): 0.6, (4, 8): 0.3})
        + f"\nThe same where {100 * kernel['changed_share']:.0f}% of the entries changed and were gathered before, which "
        f"runs at {kernel['gather_gigabytes_per_second']:.1f} GB/s with the census. Bytes are those of both matrices, "
        "operations those that the dense pass would do.\n\n"
        + _passes(kernel["changes"], {(4, 8): 0.3}))


def _peers(peers):
    rows = []
    for name, found in peers.items():
        ours = found["alpharl"]["seconds_warm"]
        accurate = [found[p]["seconds"] for p in ("svds", "svd_lowrank") if p in found]
        row = [f"{found['shape'][0]} x {found['shape'][1]}"]
        row.append(f"{_seconds(ours)} ({found['alpharl']['passes_warm']} passes)")
        row.append(f"{_seconds(found['alpharl']['seconds_cold'])} ({found['alpharl']['passes_cold']})")
        if "full_svd" in found:
            ratio = found["full_svd"]["seconds"] / ours
            row.append(f"{_seconds(found['full_svd']['seconds'])}, {ratio:.0f} x: {_verdict(ratio, 500, False)}")
        else:
            row.append("")
        for peer in ("svds", "svd_lowrank"):
            row.append(f"{_seconds(found[peer]['seconds'])} ({found[peer]['sine']:.0e})")
        ratio = min(accurate) / ours
        row.append(f"{ratio:.0f} x: {_verdict(ratio, 15, False)}")
        row.append(f"{found['alpharl']['sine']:.0e}")
        if "whole_steps" in found:
            row += [_seconds(found["whole_steps"][f"{peer}_seconds"]) for peer in ("alpharl", "relex")]
        rows.append(row)
    return (
        "## The first triplet, beside its peers\n\nThe same updates, one thread each, both weights in memory; the peers "
        "are given the difference, which costs them nothing here. In brackets the sine of the angle to the first right "
        "vector of the full decomposition. `svd_lowrank` has as many power iterations as it needs for 2e-3. Whole steps: what the published "
        "scripts do with a fourth checkpoint of this matrix, from the updates in memory to the predicted one.\n\n"
        + _table(
            ["matrix", "alpharl, from the last checkpoint", "from nothing", "torch, full SVD (500 x asked)",
             "scipy svds", "torch svd_lowrank", "fastest peer (15 x asked)", "alpharl's sine",
             "whole step of AlphaRL", "of RELEX"][:len(rows[0])], rows))


def _recording(models):
    rows, stages = [], []
    for model in models:
        for rank, found in sorted(model["ranks"].items(), key=lambda item: int(item[0])):
            scale = model["layers"] / model["made"]
            asked = {1: (3, 1.25)}.get(int(rank), (5, 1.6)) if model["model"] == "Qwen2.5-1.5B" else (None, None)
            row = [f"{model['model']}, {model['made']} of {model['layers']} layers", f"{rank}"]
            for kind, bound in zip(("cached", "cold"), asked):
                part = found[kind]
                text = f"{_seconds(part['seconds'])} = {part['ratio']:.2f} x {_seconds(part['cat_seconds'])}"
                row.append(text + (f" (at most {bound}: {_verdict(part['ratio'], bound)})" if bound else ""))
            row += [
                f"{_seconds(found['repeated']['seconds'])} = {found['repeated']['ratio']:.2f} x",
                f"{found['cached']['passes']:.1f}", f"{found['cached']['unchanged']:.2f}",
                f"{found['cached']['seconds'] * scale:.1f} s",
                f"{_bytes(found['peak_anonymous'])} of {_bytes(found['bound'])}: "
                + _verdict(found["peak_anonymous"], found["bound"]),
                f"{found['store']['ratio']:.2f}: {_verdict(found['store']['ratio'], 1.1)}",
                f"{_seconds(found['status']['p50'])}, {_seconds(found['status']['p99'])}: "
                + _verdict(found["status"]["p99"], 0.02)]
            rows.append(row)
            times = found["cached"]["stages"]
            stages.append(
                [f"{model['model']}, rank {rank}, after {found['checkpoints']} checkpoints"]
                + [_seconds(times[stage]) for stage in STAGES])
    text = (
        "## Recording one checkpoint\n\nEverything that recording includes: both weights read, coordinates along all "
        "registered directions, factors, refit, closing pass, store, judgement, commit. *Cached*: base and checkpoint in "
        "the page cache, beside `cat` of both. *Cold*: the checkpoint on disk, the base cached, beside a cold `cat` of "
        "the checkpoint; both after one reading that is not timed, so that what lies behind the disk has the file for both. *Repeated*: a checkpoint with the weights of the one before, beside the recording of that one. The whole model is that of the layers made, times their number.\n\n"
        + _table(
            ["run", "rank", "cached", "cold", "repeated", "passes", "unchanged", "whole model, cached", "peak memory of its bound",
             "store / vectors (1.1)", "status p50, p99 while recording (20 ms)"], rows))
    return text + (
        "\n### Where the time goes\n\nThread-seconds of the cached recordings, added up over the threads.\n\n"
        + _table(["run", *STAGES], stages))


def _memory(found):
    rows = [[
        row["memory"], f"{_seconds(row['seconds'])} = {row['ratio']:.1f} x `cat`", f"{row['passes']:.1f}",
        _bytes(row["peak_anonymous"])] for row in found["rows"]]
    return (
        "## Too little memory\n\nThe same recordings, rank 4, with `resources.memory` above and below the "
        f"{_bytes(2 * found['largest_bytes'])} of the largest pair of weights of {found['model']}. What does not fit is read "
        "by blocks of rows in each pass; the results have the same bits.\n\n"
        + _table(["`resources.memory`", "cached", "passes", "peak memory"], rows))


STAGES = ("vectors", "read", "coordinates", "factor", "refit", "closing", "store")


def _others(models):
    rows = []
    for model in models:
        for rank, found in model["ranks"].items():
            if "emission" not in found:
                continue
            wrote, idle = found["emission"], found["idle"]
            pairs = wrote["pairs"]
            ranges = {name: (min(p[name] for p in pairs), max(p[name] for p in pairs)) for name in ("ours", "dd")}
            rows.append([
                model["model"],
                f"{_bytes(wrote['bytes'])} in {_seconds(wrote['seconds'])} ({_range(*ranges['ours'])})",
                f"{_seconds(wrote['dd_seconds'])} ({_range(*ranges['dd'])})",
                f"{wrote['share_of_dd']:.2f} ({wrote['share_least']:.2f} to {wrote['share_most']:.2f}): "
                + _verdict(wrote["share_of_dd"], 0.9, False),
                f"{idle['processor_seconds'] * 1e3:.1f} ms in {idle['seconds']} s, {idle['wakes'] / idle['seconds']:.1f} wakes a second"])
    return (
        "## Writing a prediction, and doing nothing\n\nEvery tracked weight moves. `dd bs=1M conv=fsync` writes the bytes of the "
        "checkpoint, which is in the page cache for both; the two take turns in one folder. Medians, in brackets the least and "
        "the most; the share is the median of the pairs'.\n\n"
        + _table(
            ["run", "prediction, asked to emitted", "`dd` with fsync", "share of `dd` (0.9)",
             "processor time while idle"], rows))


def _range(least, most):
    return f"{_seconds(least)} to {_seconds(most)}"


def _length(length):
    rows = [[
        f"{row['checkpoints']}", _seconds(row["seconds"]), _seconds(row["vectors"] + row["refit"]),
        _seconds(row["forecasts"]), _bytes(row["peak_anonymous"]), f"{row['store']['ratio']:.2f}"] for row in length]
    text = (
        "## A long run\n\nOne layer with the shapes of Qwen2.5-0.5B, rank 4; medians of ten checkpoints. Refit: vectors "
        "from the store, Gram row, all models' slopes, thread-seconds.\n\n"
        + _table(
            ["checkpoint", "recording", "refit", "`/v1/forecasts`", "peak memory", "store / vectors"], rows))
    if length[-1]["checkpoints"] == 1000:
        hundred, thousand = length[-2], length[-1]
        ratios = {
            "recording": thousand["seconds"] / hundred["seconds"],
            "refit": (thousand["vectors"] + thousand["refit"]) / (hundred["vectors"] + hundred["refit"]),
            "forecasts": thousand["forecasts"] / hundred["forecasts"]}
        text += "\nCheckpoint 1,000 over checkpoint 100, at most 1.2 asked: " + ", ".join(
            f"{name} {ratio:.2f} ({_verdict(ratio, 1.2)})" for name, ratio in ratios.items()) + ".\n"
    return text


def tables(result):
    about = result["machine"]
    parts = [
        f"{about['processor']}, {about['cores']} cores, Linux {about['kernel']}, load {about['load']:.1f} when it began, "
        f"{about['date']}, {result['threads']} threads, {result['seconds'] / 60:.0f} minutes in all"
        + (", `--quick`" if result["quick"] else "") + ".\n"]
    for key, part in (("kernel", _kernel), ("peers", _peers)):
        if key in result:
            parts.append(part(result[key]))
    if "models" in result:
        parts += [_recording(result["models"]), _memory(result["memory"]), _others(result["models"])]
    if "length" in result:
        parts.append(_length(result["length"]))
    return "\n".join(parts)


def write(path, text):
    with open(path) as file:
        old = file.read()
    before, rest = old.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    with open(path, "w") as file:
        file.write(f"{before}{BEGIN}\n\n{text}\n{END}{after}")

"""Prints what TensorBoard shows of a folder with event files, as JSON.

read_tensorboard.py FOLDER

By the tensorboard package's own EventAccumulator: every step of every scalar and text, after what restarts have
superseded is gone.
"""

import json
import sys

from tensorboard.backend.event_processing import event_accumulator, tag_types
from tensorboard.util import tensor_util


def main() -> None:
    everything = {tag_types.SCALARS: 0, tag_types.TENSORS: 0}
    log = event_accumulator.EventAccumulator(sys.argv[1], size_guidance=everything)
    log.Reload()
    scalars: dict[str, list] = {}
    texts: dict[str, list] = {}
    for tag in log.Tags()[tag_types.SCALARS]:
        scalars[tag] = [{"step": e.step, "value": e.value} for e in log.Scalars(tag)]
    for tag in log.Tags()[tag_types.TENSORS]:
        plugin = log.SummaryMetadata(tag).plugin_data.plugin_name
        for event in log.Tensors(tag):
            value = tensor_util.make_ndarray(event.tensor_proto)
            if plugin == "text":
                words = "\n".join(item.decode() for item in value.reshape(-1))
                texts.setdefault(tag, []).append({"step": event.step, "text": words})
            else:
                scalars.setdefault(tag, []).append({"step": event.step, "value": float(value)})
    json.dump({"scalars": scalars, "texts": texts}, sys.stdout)


if __name__ == "__main__":
    main()

"""Prints what the tensorboard package finds in the event files of a folder: tag, step, time, value, explanation."""

import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util.tensor_util import make_ndarray

log = EventAccumulator(sys.argv[1]).Reload()
for tag in sorted(log.Tags()["scalars"]):
    explanation = log.SummaryMetadata(tag).summary_description
    for event in log.Scalars(tag):
        print(tag, event.step, event.wall_time, event.value, explanation)
for tag in sorted(log.Tags()["tensors"]):
    for event in log.Tensors(tag):
        print(tag, event.step, event.wall_time, *(text.decode() for text in make_ndarray(event.tensor_proto)))

"""Logs beside the weights: by the trainers' own classes where they can be imported, by TensorBoard's writers elsewhere."""

import importlib.util
import json
import os
import shutil
from pathlib import Path

import trees


def accuracy(step):
    """A number that float32 holds exactly, so that every form of log has the same."""
    return step / 16


def verl(root):
    """verl's own FileLogger, loaded from its file: the package itself needs Ray. Started again after step 8, which
    truncates its file: what it had before is kept beside it as `tiny.before`."""
    place = next(Path(folder) / "verl/utils/tracking.py" for folder in __import__("sys").path
                 if (Path(folder) / "verl/utils/tracking.py").exists())
    specification = importlib.util.spec_from_file_location("tracking", place)
    tracking = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(tracking)
    os.environ["VERL_FILE_LOGGER_ROOT"] = str(root)
    for first, last in [(1, 8), (8, 12)]:
        log = tracking.FileLogger("math", "tiny")
        for step in range(first, last + 1):
            row = {"critic/score/mean": 0.5, "actor/entropy": float("nan"), "training/global_step": step}
            if step % 4 == 0:
                row |= {"val-core/gsm8k/acc/mean@4": accuracy(step), "val-aux/gsm8k/reward/mean@4": 9.0}
            log.log(row, step)
        log.finish()
        if first == 1:
            shutil.copy(root / "math/tiny.jsonl", root / "math/tiny.before")


def prime_rl(root):
    with open(root / "metrics.jsonl", "a") as file:
        for step in range(1, 13):
            row = {"step": step, "time": 1.0e9 + step, "train/agg/all/reward/reward/mean": 0.25}
            if step % 4 == 0:
                row |= {"eval/math/all/correct/avg@4": accuracy(step), "eval/math/policy_version": step}
            file.write(json.dumps(row) + "\n")


def event_files(root, tag, also):
    """torch.utils.tensorboard, as OpenRLHF, slime, AReaL and torchtune use it."""
    from torch.utils.tensorboard import SummaryWriter

    writer = SummaryWriter(str(root / "tensorboard"))
    for step in range(1, 13):
        writer.add_scalar(also, 0.25, step)
        if step % 4 == 0:
            writer.add_scalar(tag, accuracy(step), step)
    writer.add_text("config", "a text")
    writer.add_histogram("weights", trees.weights_of(4, trees.F32)["model.norm.weight"], 4)
    writer.close()


def tensor_scalars(folder):
    """Scalars as tensors, as TensorFlow 2 and torch's `new_style` log them, and by TensorBoard's own messages one in each
    number type that a tensor can have. Returns what a reader should find."""
    import numpy
    from tensorboard.compat.proto import event_pb2, summary_pb2, tensor_pb2, types_pb2
    from tensorboard.compat.tensorflow_stub.dtypes import as_dtype
    from tensorboard.summary.writer.event_file_writer import EventFileWriter
    from tensorboard.util import tensor_util
    from torch.utils.tensorboard.summary import scalar

    writer = EventFileWriter(str(folder))
    expected = []

    def add(step, message):
        writer.add_event(event_pb2.Event(wall_time=float(step), step=step, summary=message))

    for step, double in [(1, False), (2, True)]:
        add(step, scalar("eval/accuracy", accuracy(step), new_style=True, double_precision=double))
        expected.append([step, "eval/accuracy", accuracy(step)])
    for number, kind in enumerate(["float32", "float64", "int8", "int16", "int32", "int64", "uint8", "float16"], 10):
        array = numpy.array(number, dtype=kind)
        tensor = tensor_util.make_tensor_proto(array)
        add(number, summary_pb2.Summary(value=[summary_pb2.Summary.Value(tag=kind, tensor=tensor)]))
        expected.append([number, kind, number])
        raw = tensor_pb2.TensorProto(dtype=as_dtype(kind).as_datatype_enum, tensor_content=array.tobytes())
        add(number, summary_pb2.Summary(value=[summary_pb2.Summary.Value(tag=kind + "-raw", tensor=raw)]))
        expected.append([number, kind + "-raw", number])
    two = tensor_util.make_tensor_proto(numpy.array([1.0, 2.0]))
    add(30, summary_pb2.Summary(value=[summary_pb2.Summary.Value(tag="two", tensor=two)]))
    assert types_pb2.DT_FLOAT == 1
    writer.close()
    return expected

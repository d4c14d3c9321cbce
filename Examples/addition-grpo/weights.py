"""Reading Hugging Face weights with numpy alone.

A folder holds either `model.safetensors` or `model.safetensors.index.json` and the shards it names. A safetensors
file is eight bytes of header length (little-endian), a JSON header `name -> {dtype, shape, data_offsets}`, and the
tensors' bytes; the offsets count from the end of the header.
"""
import json
import struct
from pathlib import Path

import numpy as np

NUMPY_TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "U8": "u1", "BOOL": "u1"}


class WeightsError(Exception):
    """A folder or file that is not what it should be: what failed, why, what to do."""


def widened_bfloat16(data):
    """The float32 array whose upper halves are the 16-bit words in `data`: exact."""
    return (np.frombuffer(data, "<u2").astype(np.uint32) << 16).view(np.float32)


def read_safetensors(path):
    """All tensors of one file as {name: array}; bfloat16 becomes float32, other types stay as they are."""
    blob = memoryview(Path(path).read_bytes())
    if len(blob) < 8:
        raise WeightsError(f"{path}: not a safetensors file: {len(blob)} bytes; copy it again")
    end = 8 + struct.unpack("<Q", blob[:8])[0]
    if end > len(blob):
        raise WeightsError(f"{path}: cut short: header ends at {end}, file has {len(blob)} bytes; copy it again")
    header = json.loads(bytes(blob[8:end]))
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        first, last = entry["data_offsets"]
        data = blob[end + first : end + last]
        if len(data) != last - first:
            raise WeightsError(f"{path}: cut short inside {name}; copy it again")
        if entry["dtype"] == "BF16":
            values = widened_bfloat16(data)
        elif entry["dtype"] in NUMPY_TYPES:
            values = np.frombuffer(data, NUMPY_TYPES[entry["dtype"]])
        else:
            raise WeightsError(f"{path}: {name} has type {entry['dtype']}, which this reader does not know")
        tensors[name] = values.reshape(entry["shape"])
    return tensors


def read_folder(folder):
    """All tensors of a Hugging Face model folder, from one file or from the shards of its index."""
    folder = Path(folder)
    index = folder / "model.safetensors.index.json"
    if index.exists():
        weight_map = json.loads(index.read_text())["weight_map"]
        shards = {file: read_safetensors(folder / file) for file in sorted(set(weight_map.values()))}
        return {name: shards[file][name] for name, file in weight_map.items()}
    if not (folder / "model.safetensors").exists():
        raise WeightsError(f"{folder}: neither model.safetensors nor its index is there; name a full model folder")
    return read_safetensors(folder / "model.safetensors")


def is_projection(name):
    """Whether a tensor is one of the attention and MLP matrices, whose movement is forecast."""
    return name.endswith("_proj.weight")


def relative_distances(predicted, start, truth):
    """How far `predicted` is from `truth`, as shares of how far `start` is, over the attention and MLP matrices.

    Returns two numbers; 0 is the truth itself, 1 is no nearer than the start. The first looks along the leading
    direction of what really happened: with (s, u, v) the top singular triplet of one matrix's movement truth - start,
    it is the root of the sum of (s - u^T (predicted - start) v)^2 over that of s^2. The second is the Frobenius norm in
    all directions, most of which is rounding and movement that no forecast claims to know. In double precision.
    """
    leading_left = leading_whole = left = whole = 0.0
    for name in filter(is_projection, truth):
        origin = start[name].astype(np.float64)
        real, claimed = truth[name] - origin, predicted[name] - origin
        u, s, v = np.linalg.svd(real, full_matrices=False)
        leading_left += (s[0] - u[:, 0] @ claimed @ v[0]) ** 2
        leading_whole += s[0] ** 2
        left += np.square(real - claimed).sum()
        whole += np.square(real).sum()
    if whole == 0:
        raise WeightsError("start and truth are the same model; choose a later truth")
    return float(np.sqrt(leading_left / leading_whole)), float(np.sqrt(left / whole))

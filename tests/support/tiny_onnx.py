"""An ONNX file with the inputs and outputs of Basic Pitch's, written byte by byte, so that no package has to do it.

Numbers of fields are those of onnx.proto.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np


def field(number: int, value: int | bytes | str) -> bytes:
    """One field of a protocol buffer."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    raw = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(raw)) + raw


def varint(value: int) -> bytes:
    found = b""
    while value > 127:
        found += bytes([value & 127 | 128])
        value >>= 7
    return found + bytes([value])


def typed(name: str, *shape: int | str) -> bytes:
    """A ValueInfoProto of floats."""
    sizes = b"".join(field(1, field(1, n) if isinstance(n, int) else field(2, n)) for n in shape)
    return field(1, name) + field(2, field(1, field(1, 1) + field(2, sizes)))


def node(kind: str, inputs: list[str], output: str, **attributes: list[int]) -> bytes:
    said = b"".join(field(1, name) for name in inputs) + field(2, output) + field(4, kind)
    for name, numbers in attributes.items():
        said += field(5, field(1, name) + b"".join(field(8, n) for n in numbers) + field(20, 7))
    return said


def weights(name: str, values: np.ndarray) -> bytes:
    sizes = b"".join(field(1, n) for n in values.shape)
    return sizes + field(2, 1) + field(8, name) + field(9, values.astype("<f4").tobytes())


def write_model(file: Path) -> np.ndarray:
    """A model with Basic Pitch's names and sizes: what it calls notes is the mean of each 256 samples times a number
    per pitch, onsets are their greatest; returns the numbers."""
    pitches = np.linspace(0.5, 1.5, 88, dtype=np.float32)[None]
    pooling = {"kernel_shape": [256], "strides": [256], "pads": [0, 172 * 256 - 43_844]}
    nodes = [
        node("Transpose", ["serving_default_input_2:0"], "flat", perm=[0, 2, 1]),
        node("AveragePool", ["flat"], "mean", **pooling),
        node("MaxPool", ["flat"], "top", **pooling),
        node("Transpose", ["mean"], "means", perm=[0, 2, 1]),
        node("Transpose", ["top"], "tops", perm=[0, 2, 1]),
        node("MatMul", ["means", "pitches"], "StatefulPartitionedCall:1"),
        node("MatMul", ["tops", "pitches"], "StatefulPartitionedCall:2"),
        node("MatMul", ["tops", "bins"], "StatefulPartitionedCall:0"),
    ]
    graph = b"".join(field(1, n) for n in nodes) + field(2, "tiny")
    graph += field(5, weights("pitches", pitches)) + field(5, weights("bins", np.ones((1, 264))))
    graph += field(11, typed("serving_default_input_2:0", "n", 43_844, 1))
    for i, width in ((0, 264), (1, 88), (2, 88)):
        graph += field(12, typed(f"StatefulPartitionedCall:{i}", "n", 172, width))
    file.write_bytes(field(1, 8) + field(7, graph) + field(8, field(2, 13)))
    return pitches[0]

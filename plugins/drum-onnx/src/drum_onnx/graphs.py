"""What of a graph its widths can be told by: its nodes in order, and its constants.

Format: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from drum_onnx.protobuf import fields, numbers

GRAPH = 7  # of a model
NODE, INITIALIZER = 1, 5  # of a graph
INPUT, OUTPUT, OP_TYPE, ATTRIBUTE = 1, 2, 4, 5  # of a node
NAME, INTEGER, TENSOR, FLOATS, INTEGERS = 1, 3, 5, 7, 8  # of an attribute
DIMS, DATA_TYPE, INT64_DATA, TENSOR_NAME, RAW_DATA = 1, 2, 7, 8, 9  # of a tensor
INT64 = 7
LIST_KEY = INTEGERS << 3
"""What stands before each of an attribute's integers, which are not packed as a rule."""


class Tensor:
    """A constant: its sizes, and its values if they are whole numbers."""

    def __init__(self, message: memoryview) -> None:
        self._message = message

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """The length of each dimension."""
        found: list[int] = []
        for field, number, content in fields(self._message):
            if field == DIMS:
                found.extend(numbers(content).tolist() if len(content) else [number])
        return tuple(found)

    def integers(self) -> list[int]:
        """Return the values of a tensor of type int64; of others, or if they lie in another file, none."""
        import numpy as np

        found: list[int] = []
        kind = 0
        for field, number, content in fields(self._message):
            kind = number if field == DATA_TYPE else kind
            if field == RAW_DATA:
                found = np.frombuffer(content, "<i8").tolist() if kind == INT64 else []
            elif field == INT64_DATA:
                found.extend(numbers(content).tolist() if len(content) else [number])
        return found if kind == INT64 else []


@dataclass(frozen=True)
class Node:
    """An operation, by the names of what goes in and what comes out."""

    operation: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, memoryview]

    def integer(self, name: str, default: int) -> int:
        """Return an attribute that is one whole number."""
        return next((number for field, number, _ in self._attribute(name) if field == INTEGER), default)

    def count_of_floats(self, name: str) -> int:
        """Return how many numbers an attribute holds."""
        return sum(len(content) // 4 for field, _, content in self._attribute(name) if field == FLOATS)

    def integers(self, name: str) -> list[int]:
        """Return an attribute that is a list of whole numbers, which may be millions."""
        message = self.attributes.get(name, memoryview(b""))
        rest = numbers(message[2 + len(name.encode()) :])  # behind the name, which comes first
        if len(message) > 1 and message[0] == NAME << 3 | 2 and len(rest) % 2 == 0 and (rest[::2] == LIST_KEY).sum():
            values: list[int] = rest[1::2][rest[::2] == LIST_KEY].tolist()
            return values
        found: list[int] = []
        for field, number, content in self._attribute(name):
            if field == INTEGERS:
                found.extend(numbers(content).tolist() if len(content) else [number])
        return found

    def tensor(self, name: str) -> Tensor | None:
        """Return an attribute that is a constant."""
        return next((Tensor(content) for field, _, content in self._attribute(name) if field == TENSOR), None)

    def _attribute(self, name: str) -> Iterator[tuple[int, int, memoryview]]:
        return fields(self.attributes.get(name, memoryview(b"")))


def graph_of(path: Path) -> tuple[list[Node], dict[str, Tensor]]:
    """Return the nodes of a model's graph in the order in which they are run, and its constants by name.

    :raises ValueError: if it is no model.
    """
    with path.open("rb") as file:
        model = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    nodes: list[Node] = []
    constants: dict[str, Tensor] = {}
    for content in _all(model, GRAPH):
        nodes += [_node(message) for message in _all(content, NODE)]
        constants |= {_text(message, TENSOR_NAME): Tensor(message) for message in _all(content, INITIALIZER)}
    return nodes, constants


def _node(message: memoryview) -> Node:
    attributes = {_text(attribute, NAME): attribute for attribute in _all(message, ATTRIBUTE)}
    return Node(
        operation=_text(message, OP_TYPE),
        inputs=tuple(bytes(content).decode() for content in _all(message, INPUT)),
        outputs=tuple(bytes(content).decode() for content in _all(message, OUTPUT)),
        attributes=attributes,
    )


def _all(message: memoryview, wanted: int) -> Iterator[memoryview]:
    return (content for field, _, content in fields(message) if field == wanted)


def _text(message: memoryview, wanted: int) -> str:
    return bytes(next(_all(message, wanted), b"")).decode()

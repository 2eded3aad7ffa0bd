"""An ONNX graph as it grows: one node after another, arrays among the inputs becoming its constants."""

from __future__ import annotations

from typing import Any

import numpy as np

OPSET = 17
TREES = "ai.onnx.ml"
TREES_OPSET = 3
IR_VERSION = 8
"""What the graph is written in: old enough for runtimes of 2022, and still read by today's."""


class Graph:
    """Collects nodes and constants; a value in it is known by its name.

    ``centre`` and ``spread`` are those of the features that a scaler in it was fitted on, float64 ``(d,)``; ``frames``
    is the number of frames that it looks at, None where the input is a vector.
    """

    def __init__(self, prefix: str = "") -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.centre: np.ndarray | None = None
        self.spread: np.ndarray | None = None
        self.frames: int | None = None
        self._prefix = prefix
        self._count = 0

    def add(self, op: str, *inputs: str | np.ndarray, domain: str = "", **attributes: Any) -> str:
        """Append a node of one output and return its name."""
        return self.parts(op, 1, *inputs, domain=domain, **attributes)[0]

    def parts(self, op: str, count: int, *inputs: str | np.ndarray, domain: str = "", **attributes: Any) -> list[str]:
        """Append a node and return the names of its outputs, of which there are ``count``."""
        from onnx import helper

        names = [self.constant(given) if isinstance(given, np.ndarray) else given for given in inputs]
        outputs = [self._name(op.lower()) for _ in range(count)]
        self.nodes.append(helper.make_node(op, names, outputs, domain=domain, **attributes))
        return outputs

    def give(self, name: str, value: str) -> None:
        """Give a value out of the graph under this name."""
        from onnx import helper

        self.nodes.append(helper.make_node("Identity", [value], [name]))

    def constant(self, array: np.ndarray) -> str:
        """Hold an array of numbers, truth values or texts, and return its name."""
        from onnx import TensorProto, helper, numpy_helper

        name = self._name("constant")
        if array.dtype.kind in "UO":
            texts: Any = [str(text).encode() for text in array.ravel()]
            held = helper.make_tensor(name, TensorProto.STRING, array.shape, texts)
        else:
            held = numpy_helper.from_array(np.ascontiguousarray(array), name)
        self.constants.append(held)
        return name

    def widened(self, array: np.ndarray) -> str:
        """Return an array in double; it is held as float32 where that loses nothing, for half the room."""
        narrow = array.astype(np.float32)
        return self.cast(self.constant(narrow), np.float64) if np.array_equal(narrow, array) else self.constant(array)

    def cast(self, value: str, dtype: type) -> str:
        """Return the value as another type of NumPy's."""
        from onnx import helper

        return self.add("Cast", value, to=helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))

    def affine(self, value: str, kernel: np.ndarray, bias: np.ndarray) -> str:
        """Return ``value @ kernel + bias``, all of one type."""
        return self.add("Add", self.add("MatMul", value, kernel), bias)

    def two_sided(self, p: str) -> str:
        """Return the probabilities of both classes, ``(n, 2)``, from those of the second, ``(n, 1)`` in double."""
        return self.add("Concat", self.add("Sub", np.ones(1), p), p, axis=1)

    def normalised(self, p: str) -> str:
        """Return rows divided by their sums."""
        return self.add("Div", p, self.add("ReduceSum", p, ints(1), keepdims=1))

    def within(self) -> Graph:
        """Return an empty graph for the body of a node, which may use this one's values."""
        return Graph(f"{self._name('body')}_")

    def _name(self, stem: str) -> str:
        self._count += 1
        return f"{self._prefix}{stem}_{self._count}"


def ints(*values: int) -> np.ndarray:
    """Return axes, shapes and indices as ONNX wants them: int64."""
    return np.array(values, dtype=np.int64)


def double(values: Any) -> np.ndarray:
    """Return an array in double."""
    return np.asarray(values, dtype=np.float64)

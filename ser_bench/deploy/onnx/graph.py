"""A builder of ONNX graphs."""

from __future__ import annotations

from typing import Any

import numpy as np

OPSET = 17
TREES = "ai.onnx.ml"
TREES_OPSET = 3
IR_VERSION = 8
"""Versions that runtimes since 2022 read."""


class Graph:
    """Collects nodes and constants; values have names.

    Parameters
    ----------
    prefix : str
        The start of all names.

    Attributes
    ----------
    centre, spread : numpy.ndarray or None
        Mean and scale of the features in the scaler of the model, float64 of shape ``(d,)``.
    frames : int or None
        Number of frames that the model uses; None for vectors.
    chosen : tuple of ndarray and int, or None
        The columns that the current part of the model gets, and how many there are; None for all.
    """

    def __init__(self, prefix: str = "") -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.centre: np.ndarray | None = None
        self.spread: np.ndarray | None = None
        self.frames: int | None = None
        self.chosen: tuple[np.ndarray, int] | None = None
        self._prefix = prefix
        self._count = 0

    def add(self, op: str, *inputs: str | np.ndarray, domain: str = "", **attributes: Any) -> str:
        """Append a node with one output.

        Parameters
        ----------
        op : str
            The operator.
        *inputs : str or numpy.ndarray
            Names of values, or arrays that become constants.
        domain : str
            The domain of the operator.
        **attributes
            Its attributes.

        Returns
        -------
        str
            The name of the output.
        """
        return self.add_multiple(op, 1, *inputs, domain=domain, **attributes)[0]

    def add_multiple(
        self, op: str, count: int, *inputs: str | np.ndarray, domain: str = "", **attributes: Any
    ) -> list[str]:
        """Append a node with several outputs.

        Parameters
        ----------
        op : str
            The operator.
        count : int
            Number of outputs.
        *inputs : str or numpy.ndarray
            Names of values, or arrays that become constants.
        domain : str
            The domain of the operator.
        **attributes
            Its attributes.

        Returns
        -------
        list of str
            The names of the outputs.
        """
        from onnx import helper

        names = [self.constant(value) if isinstance(value, np.ndarray) else value for value in inputs]
        outputs = [self._name(op.lower()) for _ in range(count)]
        self.nodes.append(helper.make_node(op, names, outputs, domain=domain, **attributes))
        return outputs

    def describe_columns(self, centre: np.ndarray, spread: np.ndarray) -> None:
        """Note the mean and scale of the columns that the current part of the model gets.

        Parameters
        ----------
        centre, spread : numpy.ndarray
            Of each column, float64 of shape ``(d,)``.
        """
        if self.chosen is None:
            self.centre, self.spread = centre, spread
            return
        columns, width = self.chosen
        if self.centre is None or self.spread is None:
            self.centre, self.spread = np.zeros(width), np.ones(width)
        self.centre, self.spread = self.centre.copy(), self.spread.copy()
        self.centre[columns], self.spread[columns] = centre, spread

    def output(self, name: str, value: str) -> None:
        """Make a value an output of the graph.

        Parameters
        ----------
        name : str
            The name of the output.
        value : str
            The name of the value.
        """
        from onnx import helper

        self.nodes.append(helper.make_node("Identity", [value], [name]))

    def constant(self, array: np.ndarray) -> str:
        """Add a constant.

        Parameters
        ----------
        array : numpy.ndarray
            Numbers, booleans or strings.

        Returns
        -------
        str
            Its name.
        """
        from onnx import TensorProto, helper, numpy_helper

        name = self._name("constant")
        if array.dtype.kind in "UO":
            texts: Any = [str(text).encode() for text in array.ravel()]
            tensor = helper.make_tensor(name, TensorProto.STRING, array.shape, texts)
        else:
            tensor = numpy_helper.from_array(np.ascontiguousarray(array), name)
        self.constants.append(tensor)
        return name

    def double_constant(self, array: np.ndarray) -> str:
        """Add a constant in double, stored as float32 where that is exact.

        Parameters
        ----------
        array : numpy.ndarray
            Numbers.

        Returns
        -------
        str
            Its name.
        """
        single = array.astype(np.float32)
        return self.cast(self.constant(single), np.float64) if np.array_equal(single, array) else self.constant(array)

    def cast(self, value: str, dtype: type) -> str:
        """Cast a value.

        Parameters
        ----------
        value : str
            Its name.
        dtype : type
            A type of NumPy.

        Returns
        -------
        str
            The name of the result.
        """
        from onnx import helper

        return self.add("Cast", value, to=helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))

    def affine(self, value: str, kernel: np.ndarray, bias: np.ndarray) -> str:
        """Compute ``value @ kernel + bias``, all of one type.

        Parameters
        ----------
        value : str
            The name of the value.
        kernel, bias : numpy.ndarray
            The matrix and the vector.

        Returns
        -------
        str
            The name of the result.
        """
        return self.add("Add", self.add("MatMul", value, kernel), bias)

    def both_classes(self, p: str) -> str:
        """Compute the probabilities of both classes from those of the second.

        Parameters
        ----------
        p : str
            The name of the probabilities, double of shape ``(n, 1)``.

        Returns
        -------
        str
            The name of the result, ``(n, 2)``.
        """
        return self.add("Concat", self.add("Sub", np.ones(1), p), p, axis=1)

    def normalised(self, p: str) -> str:
        """Divide rows by their sums.

        Parameters
        ----------
        p : str
            The name of the rows.

        Returns
        -------
        str
            The name of the result.
        """
        return self.add("Div", p, self.add("ReduceSum", p, ints(1), keepdims=1))

    def body(self) -> Graph:
        """Create the graph of the body of a node, which can use the values of this graph.

        Returns
        -------
        Graph
            An empty graph.
        """
        return Graph(f"{self._name('body')}_")

    def _name(self, stem: str) -> str:
        self._count += 1
        return f"{self._prefix}{stem}_{self._count}"


def ints(*values: int) -> np.ndarray:
    """Return axes, shapes or indices as int64.

    Parameters
    ----------
    *values : int
        The values.

    Returns
    -------
    numpy.ndarray
        int64 of shape ``(n,)``.
    """
    return np.array(values, dtype=np.int64)


def double(values: Any) -> np.ndarray:
    """Return an array in double.

    Parameters
    ----------
    values : array_like
        Numbers.

    Returns
    -------
    numpy.ndarray
        float64.
    """
    return np.asarray(values, dtype=np.float64)

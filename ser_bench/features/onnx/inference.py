"""What a graph states without a description: the layout, the number of mel bands, and what else must be stated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ser_bench.features.onnx import axes
from ser_bench.features.onnx.graph import Graph

_USUAL_BANDS = (32, 40, 64, 80, 96, 128, 256)
"""Usual numbers of mel bands, which tell bands from a window of another length."""

_SHORTEST_WINDOW = 400
"""The shortest static axis that is taken for a waveform, in samples."""

_TOP = {
    "sampling_rate": "sampling_rate = 16000 # Hz, of the recordings on which the network was trained",
    "layout": 'layout = "waveform" # or "mel", with a table [mel]',
}
"""Example lines of required keys."""

_MEL = {
    "n_fft": "n_fft = 400 # samples",
    "hop_length": "hop_length = 160 # samples",
    "n_mels": "n_mels = 64 # bands",
    "log": 'log = "db" # or "ln", "log10", "none"',
}
"""Example lines of the required keys of the table ``[mel]``."""


def completed(content: Mapping[str, Any], graph: Graph) -> dict[str, Any]:
    """Return a description with what the graph of the first network states.

    Parameters
    ----------
    content : mapping
        The content of the TOML file; empty without one.
    graph : Graph
        The first network.

    Returns
    -------
    dict
        With ``layout`` and ``mel.n_mels``, if the graph shows them.
    """
    content = dict(content)
    shape = graph.inputs[0].shape if len(graph.inputs) == 1 else None
    bands = _bands(shape)
    if "layout" not in content:
        content["layout"] = "waveform" if "mel" not in content and _takes_samples(shape) else "mel"
    table = content.get("mel", {})
    if content["layout"] == "mel" and isinstance(table, dict):
        content["mel"] = {"n_mels": bands, **table} if bands else table
    return content


def _bands(shape: axes.Shape | None) -> int | None:
    """Return the number of mel bands of an input; None if no axis, or several, have a usual number."""
    bands = [size for size in (shape or ())[1:] if isinstance(size, int) and size in _USUAL_BANDS]
    return bands[0] if len(bands) == 1 else None


def _takes_samples(shape: axes.Shape | None) -> bool:
    """Return whether an input has the shape of a waveform: one long or dynamic axis, the last."""
    if not shape or len(shape) > 3 or any(size != 1 for size in shape[1:-1]):
        return False
    return not isinstance(shape[-1], int) or shape[-1] >= _SHORTEST_WINDOW


def example(content: Mapping[str, Any]) -> str:
    """Return the lines of TOML that a description lacks, for users to correct.

    Parameters
    ----------
    content : mapping
        The description, completed from the graph.

    Returns
    -------
    str
        Empty if nothing is missing.
    """
    lines = [line for key, line in _TOP.items() if key not in content]
    mel = content.get("mel", {})
    if content.get("layout") != "mel" or not isinstance(mel, dict):
        return "\n".join(lines)
    table = [line for key, line in _MEL.items() if key not in mel]
    known = [f"n_mels = {mel['n_mels']}"] if table and isinstance(mel.get("n_mels"), int) else []
    return "\n".join([*lines, 'layout = "mel"', "[mel]", *known, *table] if table else lines)

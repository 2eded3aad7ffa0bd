"""Whether an ONNX file answers as the model does: asked the same, answers compared."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ser_bench import models
from ser_bench.core.errors import ModelFileError
from ser_bench.deploy.model import TrainedModel
from ser_bench.deploy.onnx.graph import Graph

TOLERANCE = 1e-4
"""The most that a probability may differ; labels may only where the model's own two best are as near."""

_BATCH = 64
_DRAWN = 256


@dataclass(frozen=True)
class Agreement:
    """How well a file agrees: on how many rows, whether of training ``clips`` or drawn, and the largest difference.

    The difference is between probabilities, and below ``tolerance``.
    """

    rows: int
    clips: bool
    largest: float
    tolerance: float = TOLERANCE


def check(model: TrainedModel, content: bytes, rows: np.ndarray, *, clips: bool) -> Agreement:
    """Return how well a file's content agrees with the model on rows of features.

    Raises :class:`ModelFileError` where it does not.
    """
    wanted = models.aligned_proba(model.estimator, rows, model.labels)
    p, labels = _answers(content, rows)
    apart = np.abs(p - wanted)
    largest = float(apart.max()) if np.isfinite(p).all() else float("inf")
    place = {label: k for k, label in enumerate(model.labels)}
    chosen = wanted[np.arange(len(rows)), [place[str(label)] for label in labels]]
    others = int((chosen < wanted.max(axis=1) - TOLERANCE).sum())
    if largest > TOLERANCE or others:
        raise ModelFileError(
            f"its ONNX file would not answer as it does: of {len(rows)} rows {others} get another label, and "
            f"probabilities differ by up to {largest:.1g}\nnothing was written; the model's own file is not concerned"
        )
    return Agreement(len(rows), clips, largest)


def _answers(content: bytes, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    parts = [
        session.run(["probabilities", "label"], {"features": rows[start : start + _BATCH]})
        for start in range(0, len(rows), _BATCH)
    ]
    p, labels = (np.concatenate([part[k] for part in parts]) for k in (0, 1))
    return p, labels


def drawn(model: TrainedModel, graph: Graph) -> np.ndarray:
    """Return rows drawn at random around what the model's scaler was fitted on, frames of any length; float32."""
    draws = np.random.default_rng(0)
    width = sum(s.dimension for s in model.sets)
    centre = np.zeros(width) if graph.centre is None else graph.centre
    spread = np.ones(width) if graph.spread is None else np.where(np.isfinite(graph.spread), graph.spread, 0.0)
    if model.sets[0].kind == "vector":
        return draws.normal(centre, spread, (_DRAWN, width)).astype(np.float32)
    longest = 2 * (graph.frames or _BATCH)
    rows = draws.normal(centre, spread, (_DRAWN, longest, width)).astype(np.float32)
    for row, length in zip(rows, draws.integers(1, longest + 1, _DRAWN), strict=True):
        row[length:] = np.nan
    return rows

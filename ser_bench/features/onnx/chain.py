"""A chain of networks on one clip: front end, windows, each network, and pooling."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ser_bench.core.errors import ConfigError, FeatureError
from ser_bench.features.onnx import axes, front_end
from ser_bench.features.onnx.description import Description
from ser_bench.features.onnx.graph import Graph, one_line, open_session
from ser_bench.features.onnx.limits import is_out_of_memory, limited_memory, memory_text
from ser_bench.features.onnx.tensors import MAX_ELEMENTS
from ser_bench.features.onnx.windows import chunks, lengthened
from ser_bench.features.pooling import pool

if TYPE_CHECKING:
    import numpy as np

    from ser_bench.features.analysis import Analysis


@dataclass(frozen=True)
class Step:
    """A network of a chain with everything that its computation needs.

    Parameters
    ----------
    graph : Graph
        Path, hash, inputs and outputs of the file.
    input, output : str
        Names of the input and of the output or intermediate tensor.
    input_axes, output_axes : tuple of str
        What each axis is.
    windows_at_once : int
        How many windows the network takes at most.
    window, hop : int or None
        In samples or frames of the input; None for the whole sequence.
    scale, offset : float
        Applied to the input.
    dimension : int
        Number of values of a frame of the output.
    is_single : bool
        Whether the output is one frame for a clip of any length.
    """

    graph: Graph
    input: str
    output: str
    input_axes: tuple[str, ...]
    output_axes: tuple[str, ...]
    windows_at_once: int
    window: int | None
    hop: int | None
    scale: float
    offset: float
    dimension: int = 0
    is_single: bool = False

    @property
    def file(self) -> str:
        """Name of the file without its folder."""
        return self.graph.path.name

    @property
    def parameters(self) -> dict[str, Any]:
        """What decides the values, without where the file is and without None."""
        values = {
            "sha256": self.graph.digest,
            "input": f"{self.input} ({', '.join(self.input_axes)})",
            "output": f"{self.output} ({', '.join(self.output_axes)})",
            "window": self.window,
            "hop": self.hop,
            "scale": self.scale,
            "offset": self.offset,
        }
        return {key: value for key, value in values.items() if value is not None}


@dataclass(frozen=True)
class Chain:
    """The computation of a feature set; it holds paths and hashes only, so that workers can receive it.

    Parameters
    ----------
    description : Description
        Front end, and what happens to short clips.
    steps : tuple of Step
        The networks in order.
    pooling : str
        Statistics over the frames of a clip.
    """

    description: Description
    steps: tuple[Step, ...]
    pooling: str

    def __call__(self, analysis: Analysis) -> np.ndarray:
        """Return the values of a clip.

        Parameters
        ----------
        analysis : Analysis
            The clip.

        Returns
        -------
        ndarray of float32
            Shape ``(d,)``, or ``(t, d)`` without pooling.

        Raises
        ------
        FeatureError
            If a network cannot be computed on the clip.
        """
        import numpy as np

        parts = front_end.parts(analysis, self.description, self.steps[0].window)
        values = pool(_joined(map(self._frames, parts), self.steps[-1].file), self.pooling)
        if not np.isfinite(values).all():
            raise FeatureError(f"the values of {self.steps[-1].file} are too large for their {self.pooling}")
        return values

    def _frames(self, sequence: np.ndarray) -> np.ndarray:
        """Return the frames of the last network for a part of a clip."""
        for step in self.steps:
            sequence = _run(step, lengthened(sequence, step.window, step.file, self.description.short))
        return sequence


def _run(step: Step, sequence: np.ndarray) -> np.ndarray:
    """Return the frames of a network for samples or frames, float32 of shape ``(t, d)``."""
    try:
        session = open_session(step.graph, [step.output])
    except ConfigError as error:
        raise FeatureError(str(error)) from None
    windows = chunks(sequence, step.window, step.hop, step.windows_at_once)
    return _joined((_run_windows(step, session, chunk) for chunk in windows), step.file)


def _joined(pieces: Iterable[np.ndarray], file: str) -> np.ndarray:
    """Return arrays one after another, as far as they fit into memory."""
    import numpy as np

    joined: list[np.ndarray] = []
    count = 0
    for piece in pieces:
        joined.append(piece)
        count += piece.size
        if count > MAX_ELEMENTS:
            raise FeatureError(
                f"{file} returns more than {MAX_ELEMENTS:,} values for the clip; use a longer hop or another output"
            )
    return np.concatenate(joined)


def _run_windows(step: Step, session: Any, windows: np.ndarray) -> np.ndarray:
    """Return the frames of some windows, one window after another."""
    import numpy as np

    dtype = next(tensor.dtype for tensor in step.graph.inputs if tensor.name == step.input)
    values = np.float32(step.scale) * windows + np.float32(step.offset)
    batch = axes.arranged(values, step.input_axes).astype(dtype)
    try:
        with limited_memory(step.graph.size):
            [output] = session.run([step.output], {step.input: batch})
    except Exception as error:  # onnxruntime has an exception for each kind of failure
        if is_out_of_memory(error):
            raise FeatureError(f"{step.file} needs more than {memory_text(step.graph.size)} for the clip") from None
        raise FeatureError(f"{step.file} cannot be run on the clip: {one_line(error)}") from None
    if output.ndim != len(step.output_axes) or axes.product(output.shape, step.output_axes, "one") != 1:
        named = ", ".join(step.output_axes)
        raise FeatureError(f"{step.file} returns {axes.shown(output.shape)} for the clip, which is not {named}")
    frames = axes.frames(output, step.output_axes)
    if (len(frames), frames.shape[-1]) != (len(windows), step.dimension):
        expected = f"{len(windows)} × {step.dimension} values"
        raise FeatureError(
            f"{step.file} returns {len(frames)} × {frames.shape[-1]} values for the clip, not {expected}"
        )
    if not frames.size:
        raise FeatureError(f"{step.file} returns no frame for the clip, which is too short")
    frames = frames.reshape(-1, step.dimension).astype(np.float32)
    if not np.isfinite(frames).all():
        raise FeatureError(f"{step.file} returns values for the clip that are not finite")
    return frames

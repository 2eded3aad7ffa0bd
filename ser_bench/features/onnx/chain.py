"""A chain of networks on one clip: front end, windows, each network, and pooling."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ser_bench.core.errors import ConfigError, FeatureError
from ser_bench.features.onnx import axes, front_end
from ser_bench.features.onnx.description import Description
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
    path : str
        The ONNX file.
    digest : str
        SHA-256 of its bytes.
    input, output : str
        Names of the input and of the output or intermediate tensor.
    dtype : str
        Element type of the input.
    is_intermediate : bool
        Whether ``output`` is not among the outputs of the file.
    input_axes, output_axes : tuple of str
        What each axis is.
    windows_at_once : int
        How many windows the network takes.
    window, hop : int or None
        In samples or frames of the input.
    scale, offset : float
        Applied to the input.
    """

    path: str
    digest: str
    input: str
    output: str
    dtype: str
    is_intermediate: bool
    input_axes: tuple[str, ...]
    output_axes: tuple[str, ...]
    windows_at_once: int
    window: int | None
    hop: int | None
    scale: float
    offset: float

    @property
    def parameters(self) -> dict[str, Any]:
        """What decides the values of the network, without where its file is."""
        return {
            "digest": self.digest,
            "input": self.input,
            "output": self.output,
            "input_axes": " ".join(self.input_axes),
            "output_axes": " ".join(self.output_axes),
            "window": self.window,
            "hop": self.hop,
            "scale": self.scale,
            "offset": self.offset,
        }

    @property
    def label(self) -> str:
        """The name of the file, for messages."""
        return Path(self.path).name


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

        sequences = []
        for sequence in front_end.parts(analysis, self.description):
            for step in self.steps:
                sequence = _run(step, sequence, self.description.short)  # noqa: PLW2901
            sequences.append(sequence)
        return pool(np.concatenate(sequences), self.pooling)


def _run(step: Step, sequence: np.ndarray, short: str) -> np.ndarray:
    """Return the frames of a network for samples or frames, float32 of shape ``(t, d)``."""
    import numpy as np

    sequence = lengthened(sequence, step.window, short, "samples" if sequence.ndim == 1 else "frames")
    session = _session(step)
    frames = [
        _run_windows(step, session, windows)
        for windows in chunks(sequence, step.window, step.hop, step.windows_at_once)
    ]
    return np.concatenate(frames)


def _run_windows(step: Step, session: Any, windows: np.ndarray) -> np.ndarray:
    """Return the frames of some windows, one window after another."""
    import numpy as np

    values = np.float32(step.scale) * windows + np.float32(step.offset)
    try:
        [output] = session.run([step.output], {step.input: axes.arranged(values, step.input_axes).astype(step.dtype)})
    except Exception as error:  # onnxruntime has an exception for each kind of failure
        raise FeatureError(f"network {step.label} cannot be run on the clip: {_first_line(error)}") from None
    if output.ndim != len(step.output_axes):
        raise FeatureError(f"network {step.label} returns {output.ndim} axes, not {len(step.output_axes)}")
    frames = axes.frames(output, step.output_axes)
    if len(frames) != len(windows):
        raise FeatureError(
            f"network {step.label} returns {len(frames)} rows for {len(windows)} windows; state output_axes"
        )
    frames = frames.reshape(-1, frames.shape[-1]).astype(np.float32)
    if not np.isfinite(frames).all():
        raise FeatureError(f"network {step.label} returns values that are not finite")
    return frames


def _session(step: Step) -> Any:
    """Return the open session of a network; each process opens it once."""
    try:
        return _open(step.path, step.digest, (step.output,) if step.is_intermediate else ())
    except ConfigError as error:
        raise FeatureError(str(error)) from None


@lru_cache(maxsize=16)
def _open(path: str, digest: str, outputs: tuple[str, ...]) -> Any:
    """Open a session for a file that has a known hash."""
    from ser_bench.features.onnx.graph import open_session, read_graph

    graph = read_graph(Path(path))
    if graph.digest != digest:
        raise ConfigError(f"network {Path(path).name} changed since the start; start again")
    return open_session(graph, outputs)


def _first_line(error: Exception) -> str:
    """Return the first line of an error of onnxruntime, without the folders of its source."""
    text = (str(error).strip() or type(error).__name__).splitlines()[0]
    return text if len(text) <= 200 else f"{text[:200]}…"

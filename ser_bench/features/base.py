"""The description of a feature set: a name, its columns, and a pure function of a clip's samples."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from ser_bench.core.threads import one_thread
from ser_bench.features.pretraining import Pretraining

if TYPE_CHECKING:
    import numpy as np

    from ser_bench.audio.conditions import Condition
    from ser_bench.features.analysis import Analysis

LIBROSA_STFT: Mapping[str, Any] = {"n_fft": 2048, "hop_length": 512, "window": "hann", "centred": True}
"""librosa's default STFT, as parameters of a feature set."""

SPEECH_FRAMES: Mapping[str, Any] = {"bands": 64, "fmin": 50, "fmax": 8000, "window_ms": 25, "hop_ms": 10}
"""Log-mel frames of speech, as parameters of a feature set."""


@dataclass(frozen=True)
class _OnOneThread:
    """A function that computes on one thread, because the number of threads changes how matrix products round."""

    function: Callable[[Analysis], np.ndarray]

    def __call__(self, analysis: Analysis) -> np.ndarray:
        with one_thread():
            return self.function(analysis)


@dataclass(frozen=True, kw_only=True)
class FeatureSet:
    """A named feature set.

    Parameters
    ----------
    name : str
        Name on the command line and in the store.
    kind : {'vector', 'frames'}
        One vector per clip, or a sequence of frames.
    summary : str
        What the set measures, in one line.
    source : str
        The paper or implementation that the set follows.
    columns : tuple of str
        Name of each value of a vector or frame.
    compute : callable
        ``compute(analysis)`` maps an :class:`~ser_bench.features.analysis.Analysis` to finite float32 values of
        shape ``(d,)`` for a vector and ``(t, d)`` for frames, with ``d = len(columns)``. It runs on one thread.
    parameters : mapping
        The values that define the computation; part of the store's key.
    version : int
        Part of the store's key. Raise it whenever a value changes.
    needs : tuple of str
        Libraries that ``compute`` imports.
    extra : str
        The extra of ser-bench that installs ``needs``; empty if ser-bench itself requires them.
    licence : str
        Licence of the library or network that computes the values, where it restricts their use or has an author;
        listings and runs show it.
    pretraining : Pretraining, optional
        What the network behind the set was trained on; None for a set that learnt from no recordings.
    files : tuple of str
        Absolute paths of the files that ``compute`` reads in a worker.
    blocks : int
        Number of equal blocks of columns, one per layer of a network.
    grid : str
        Which frames a sequence has; sequences of one grid have the same number of frames, and join.
    group : callable, optional
        ``group(column)`` returns the kind of feature that a column is, for permutation importance. By default all
        columns belong to one group, named after the set.
    speed : float
        Playback speed relative to the recording; see :meth:`at_speed`.
    rate : int, optional
        Sampling rate in Hz to which clips are resampled first; see :meth:`at_rate`.
    condition : Condition, optional
        The recording condition that changes clips first; None for clips as recorded. See :meth:`under`.
    precomputed : bool
        Whether the values come from a table, so that they cannot be computed from audio.
    """

    name: str
    kind: Literal["vector", "frames"]
    summary: str
    source: str
    columns: tuple[str, ...]
    compute: Callable[[Analysis], np.ndarray] = field(repr=False)
    parameters: Mapping[str, Any] = field(default_factory=dict, hash=False)
    version: int = 1
    needs: tuple[str, ...] = ("numba", "scipy")
    extra: str = ""
    licence: str = ""
    pretraining: Pretraining | None = None
    files: tuple[str, ...] = ()
    blocks: int = 1
    grid: str = "speech"
    group: Callable[[str], str] | None = field(default=None, repr=False)

    speed: float = 1.0
    rate: int | None = None
    condition: Condition | None = None
    precomputed: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.pretraining, Pretraining | None):
            kind = type(self.pretraining).__name__
            raise TypeError(f"invalid pretraining of feature set {self.name}: expected Pretraining or None, got {kind}")
        if not isinstance(self.compute, _OnOneThread):
            object.__setattr__(self, "compute", _OnOneThread(self.compute))

    @property
    def dimension(self) -> int:
        """Number of columns."""
        return len(self.columns)

    @property
    def groups(self) -> dict[str, tuple[str, ...]]:
        """Columns by their group, in order of appearance."""
        groups: dict[str, tuple[str, ...]] = {}
        for column in self.columns:
            name = self.group_of(column)
            groups[name] = (*groups.get(name, ()), column)
        return groups

    def group_of(self, column: str) -> str:
        """Return the group of a column.

        Parameters
        ----------
        column : str
            One of ``columns``.

        Returns
        -------
        str
            Name of the group.
        """
        return self.group(column) if self.group else self.name

    def at_speed(self, speed: float) -> FeatureSet:
        """Return the same set for clips played faster or slower, as from a tape: pitch, formants and tempo change.

        A model takes such copies for other voices with the same expression.

        Parameters
        ----------
        speed : float
            Playback speed relative to the recording.

        Returns
        -------
        FeatureSet
            The set, named ``<name>@<speed>``.
        """
        name, parameters = f"{self.name}@{speed:g}", {**self.parameters, "speed": speed}
        return dataclasses.replace(self, name=name, parameters=parameters, speed=speed)

    def under(self, condition: Condition) -> FeatureSet:
        """Return the same set for clips that a recording condition changes first.

        Parameters
        ----------
        condition : Condition
            The condition, from :func:`ser_bench.audio.conditions.get`.

        Returns
        -------
        FeatureSet
            The set, named ``<name>~<condition>``.
        """
        parameters = {**self.parameters, "condition": condition.identity}
        name = f"{self.name}~{condition.name}"
        return dataclasses.replace(self, name=name, parameters=parameters, condition=condition)

    def at_rate(self, rate: int | None) -> FeatureSet:
        """Return the same set for clips that are first resampled to a common rate.

        Clips of several rates differ above half of the lowest rate, which can reveal their corpus to a model.

        Parameters
        ----------
        rate : int or None
            Sampling rate in Hz; None keeps each clip's own rate.

        Returns
        -------
        FeatureSet
            The set, with the rate among its parameters.
        """
        return dataclasses.replace(self, parameters={**self.parameters, "rate": rate}, rate=rate) if rate else self


@dataclass(frozen=True, kw_only=True)
class FeatureSetFamily:
    """Feature sets that users name by a prefix and a file or model of theirs, such as ``onnx:FILE``.

    Parameters
    ----------
    name : str
        The prefix, without the colon.
    form : str
        The name for listings, such as ``onnx:FILE``.
    summary, source : str
        As in :class:`FeatureSet`, in one line each.
    resolve : callable
        ``resolve(text)`` maps the text after the colon to a :class:`FeatureSet`, or raises
        :class:`~ser_bench.core.errors.ConfigError`. The name of the set holds no folder of this machine, and its
        parameters hold a hash of each file that decides its values.
    needs : tuple of str
        Libraries that the sets import.
    extra : str
        The extra of ser-bench that installs ``needs``.
    licence : str
        Licence of the sets, or where it is stated.
    example : str
        Lines that show how to describe such a set, for ``ser-bench features``.
    """

    name: str
    form: str
    summary: str
    source: str
    resolve: Callable[[str], FeatureSet] = field(repr=False)
    needs: tuple[str, ...] = ()
    extra: str = ""
    licence: str = ""
    example: str = ""


def numbered_columns(name: str, count: int) -> tuple[str, ...]:
    """Return ``name_00``, ``name_01``, … with as many digits as the last number needs.

    Parameters
    ----------
    name : str
        The common prefix.
    count : int
        Number of columns.

    Returns
    -------
    tuple of str
        The column names.
    """
    return tuple(f"{name}_{i:0{len(str(count - 1))}d}" for i in range(count))

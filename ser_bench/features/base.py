"""What a feature set is: a name, its columns, and a pure function of a clip's samples."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import numpy as np

    from ser_bench.features.analysis import Analysis


@dataclass(frozen=True, kw_only=True)
class FeatureSet:
    """A named feature set.

    ``compute(analysis)`` returns float32 of shape ``(d,)`` for a vector and ``(t, d)`` for frames,
    finite, with one column per name in ``columns``. ``analysis`` holds ``y`` (float32, mono), ``sr``
    (Hz) and what several sets share, each part computed when first asked for. ``parameters`` and
    ``version`` are part of the store's key: raise the version whenever a value changes. ``group``
    says which kind of feature a column is, for telling what models go by; by default all are one.
    ``speed`` is how much faster than recorded the clip is played: see :meth:`at_speed`; ``rate`` the
    sampling rate in Hz that it is brought to beforehand, None for its own: see :meth:`at_rate`. Where
    ``precomputed``, values come from a table and there is nothing to compute them from.
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
    group: Callable[[str], str] | None = field(default=None, repr=False)

    speed: float = 1.0
    rate: int | None = None
    precomputed: bool = False

    def at_speed(self, speed: float) -> FeatureSet:
        """Return the set of clips played faster or slower, as a tape would be: pitch, formants and tempo move together.

        To a model such copies are other voices that say the same.
        """
        name, parameters = f"{self.name}@{speed:g}", {**self.parameters, "speed": speed}
        return dataclasses.replace(self, name=name, parameters=parameters, speed=speed)

    def at_rate(self, rate: int | None) -> FeatureSet:
        """Return the set of clips that are first brought to a sampling rate in Hz; None leaves them at their own.

        Clips of several rates differ in what lies above the lowest one's half, and so tell a model where they
        come from.
        """
        return dataclasses.replace(self, parameters={**self.parameters, "rate": rate}, rate=rate) if rate else self

    @property
    def dimension(self) -> int:
        """Number of columns."""
        return len(self.columns)

"""What a recording condition is: a kind such as white noise, and the condition that is this kind at a level."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ser_bench.audio import samples_digest
from ser_bench.core.errors import ConditionError, ConfigError

if TYPE_CHECKING:
    import numpy as np

    Change = Callable[..., tuple[np.ndarray, int]]


@dataclass(frozen=True, kw_only=True)
class ConditionKind:
    """A registered kind of recording condition.

    Parameters
    ----------
    name : str
        Name of the condition; with levels the part before the hyphen, such as ``white`` of ``white-10``.
    family : str
        The family, such as ``noise``. A model that hears one condition in training has heard its family.
    summary : str
        What the condition does to a clip, in one line.
    source : str
        The standard, paper or program that defines it.
    change : callable
        ``change(y, sr, rng)``, or ``change(y, sr, rng, level)`` for a kind with levels, returns the changed clip as
        ``(y, sr)``. ``y`` is float32 of shape ``(n,)`` and must not be modified, ``sr`` is in Hz and may change, and
        ``rng`` is a :class:`numpy.random.Generator`, the only source of randomness. It raises
        :class:`~ser_bench.core.errors.ConditionError` for a clip that cannot be changed, for example a too short one.
    levels : tuple of float
        The levels that listings and ``all`` name, the mildest first; empty for a kind without levels.
    unit : str
        Unit of the level, such as ``dB SNR``.
    lowest, highest : float
        Limits of the level.
    only : tuple of float
        The levels that exist, such as the bit rates of a standard; empty if any number within the limits does.
    harder : {"lower", "higher"}
        Which levels change a clip more.
    decimals : int
        The least number of decimals of a level in names and phrases.
    needs : str
        A program that the condition needs, such as ``ffmpeg``; empty for none.
    common : bool or tuple of float
        Whether users meet the condition every day, so that a headline may name it; or the levels that they meet.
    audible : bool
        False for an inaudible change, after which a prediction should stay the same.
    phrase : str
        How a sentence names the condition, such as ``on the telephone``; ``{level}`` stands for the level.
    version : int or str
        Part of the store's key; raise it whenever a sample changes. That of a plugin's kind is the version of its code.
    """

    name: str
    family: str
    summary: str
    source: str
    phrase: str
    change: Change = field(repr=False)
    levels: tuple[float, ...] = ()
    unit: str = ""
    lowest: float = float("-inf")
    highest: float = float("inf")
    only: tuple[float, ...] = ()
    harder: str = "lower"
    decimals: int = 0
    needs: str = ""
    common: bool | tuple[float, ...] = False
    audible: bool = True
    version: int | str = 1

    def at(self, level: float | None = None) -> Condition:
        """Return the condition at a level.

        Parameters
        ----------
        level : float, optional
            The level; None for a kind without levels.

        Returns
        -------
        Condition

        Raises
        ------
        ConfigError
            If the level is outside the limits or does not exist.
        """
        if level is not None and self.only and level not in self.only:
            levels = f"{', '.join(map(self.text, self.only[:-1]))} or {self.text(self.only[-1])} {self.unit}"
            raise ConfigError(f"invalid condition '{self.name}-{self.text(level)}': expected {levels}")
        if level is not None and not self.lowest <= level <= self.highest:
            limits = f"{self.lowest:g} to {self.highest:g} {self.unit}"
            raise ConfigError(f"invalid condition '{self.name}-{self.text(level)}': expected {limits}")
        return Condition(self, level)

    def text(self, level: float | None) -> str:
        """Return a level as names and phrases show it.

        Parameters
        ----------
        level : float or None
            The level.

        Returns
        -------
        str
            Empty for None.
        """
        if level is None:
            return ""
        text = f"{level:.{self.decimals}f}"
        return text if float(text) == level else f"{level:g}"

    @property
    def listed(self) -> tuple[Condition, ...]:
        """The conditions that listings name."""
        return tuple(self.at(level) for level in self.levels) if self.levels else (self.at(),)


@dataclass(frozen=True)
class Condition:
    """A kind of recording condition at a level.

    Attributes
    ----------
    kind : ConditionKind
        The kind.
    level : float or None
        The level; None for a kind without levels.
    """

    kind: ConditionKind
    level: float | None = None

    @property
    def name(self) -> str:
        """The name, such as ``white-10`` or ``phone``."""
        return self.kind.name if self.level is None else f"{self.kind.name}-{self.kind.text(self.level)}"

    @property
    def family(self) -> str:
        """The family of the kind."""
        return self.kind.family

    @property
    def common(self) -> bool:
        """Whether users meet the condition every day."""
        return self.level in self.kind.common if isinstance(self.kind.common, tuple) else self.kind.common

    @property
    def phrase(self) -> str:
        """How a sentence names the condition, such as ``in white noise at 10 dB SNR``."""
        return self.kind.phrase.format(level=self.kind.text(self.level))

    @property
    def identity(self) -> dict[str, Any]:
        """What decides the changed samples, for the key of a store."""
        return {"name": self.name, "version": self.kind.version}

    def find_missing(self) -> str:
        """Return why the condition cannot be computed on this machine, such as a program that is not installed.

        Returns
        -------
        str
            Empty if it can.
        """
        import numpy as np

        if not self.kind.needs:
            return ""
        try:
            self.apply(np.sin(np.arange(8000, dtype=np.float32)), 8000)
        except ConditionError as error:
            return str(error)
        return ""

    def apply(self, y: np.ndarray, sr: int, digest: str = "") -> tuple[np.ndarray, int]:
        """Change a clip. Equal samples give equal results: the random generator is seeded by samples and condition.

        Parameters
        ----------
        y : ndarray of float32, shape (n,)
            Mono samples; not modified.
        sr : int
            Sampling rate in Hz.
        digest : str
            The result of :func:`~ser_bench.audio.samples_digest` if known.

        Returns
        -------
        y : ndarray of float32, shape (m,)
            The changed samples, finite. Values beyond full scale are kept.
        sr : int
            The new sampling rate in Hz.

        Raises
        ------
        ConditionError
            If the clip cannot be changed, for example because it is too short.
        ValueError
            If ``y`` is not mono, is empty, or holds NaN or infinite samples, which would abort an encoder.
        """
        import numpy as np

        y = np.asarray(y)
        if y.ndim != 1 or not len(y):
            raise ValueError(f"invalid samples: expected mono samples of shape (n,), got shape {y.shape}")
        if not np.isfinite(y).all():
            raise ValueError("invalid samples: NaN or infinite values")
        seed = hashlib.sha256(f"{self.name} {digest or samples_digest(y, sr)}".encode()).digest()
        rng = np.random.default_rng(int.from_bytes(seed[:16], "little"))
        level = () if self.level is None else (self.level,)
        with np.errstate(over="ignore", invalid="ignore"):
            changed, rate = self.kind.change(np.ascontiguousarray(y, dtype=np.float32), sr, rng, *level)
        changed = np.ascontiguousarray(changed, dtype=np.float32)
        if not np.isfinite(changed).all():
            raise ConditionError("the changed samples are not finite: the clip is too loud")
        return changed, int(rate)

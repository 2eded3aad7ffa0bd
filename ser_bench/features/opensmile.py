"""Feature sets that the openSMILE toolkit computes: its columns, its groups of columns, and one extractor a process."""

from __future__ import annotations

import ctypes
import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal

from ser_bench.core.errors import FeatureError
from ser_bench.core.versions import installed_version
from ser_bench.features.base import FeatureSet

if TYPE_CHECKING:
    import numpy as np

    from ser_bench.features.analysis import Analysis

LICENCE = (
    "audEERING Research License: no commercial use of the toolkit or its features, except research outside product "
    "development"
)
"""The gist of the file LICENSE in the package opensmile."""

_SHORTEST_MS = 60
"""Duration of the longest window; openSMILE gives no value for a shorter clip."""
_FULL_SCALE = 32767 / 32768
"""Largest sample that fits into 16 bits."""
_AUDIO = {"audio": "whole clip", "rate": "of the clip", "bits": 16}
"""What openSMILE hears, as parameters of a feature set."""
_LOCK = Lock()
"""Threads of a web server take turns, because openSMILE does not state that several threads may run it at once."""

_GROUPS = {
    "rate and pauses": ("loudnessPeaks", "Voiced", "MeanVoiced", "StddevVoiced", "MeanUnvoiced", "StddevUnvoiced"),
    "F0 and voicing": ("F0", "voicing"),
    "voice quality": ("jitter", "shimmer", "HNR", "logHNR", "logRelF0"),
    "formants": ("F1", "F2", "F3"),
    "loudness and energy": ("loudness", "Loudness", "equivalentSoundLevel", "audspec", "pcm_RMSenergy"),
    "auditory bands": ("audSpec_Rfilt",),
    "MFCC": ("mfcc",),
    "spectral shape": ("alphaRatio", "hammarberg", "slope", "spectralFlux", "pcm_fftMag", "pcm_zcr"),
}
"""Groups of columns, with the beginnings of their columns' names; the first match counts."""


@dataclass(frozen=True)
class _Extractor:
    """Computes a configuration of openSMILE on the whole clip.

    Parameters
    ----------
    configuration : str
        A name of ``opensmile.FeatureSet``.
    level : str
        A name of ``opensmile.FeatureLevel``.
    """

    configuration: str
    level: str

    def __call__(self, analysis: Analysis) -> np.ndarray:
        import numpy as np

        rate = round(analysis.sr)
        _check_duration(len(analysis.y), rate)
        smile = _open(self.configuration, self.level)
        with _LOCK:
            values = smile(np.clip(analysis.y, -1, _FULL_SCALE), rate)[0]
        if not np.isfinite(values).all():
            raise FeatureError(f"openSMILE gives NaN or infinity in {_count_invalid(values)} of {len(values)} columns")
        frames = np.ascontiguousarray(values.T, dtype=np.float32)
        return frames[0] if self.level == "Functionals" else frames


def _check_duration(samples: int, rate: int) -> None:
    """Raise :class:`FeatureError` if a clip is shorter than the longest window."""
    if 1000 * samples < _SHORTEST_MS * rate:
        milliseconds = 10_000 * samples // rate / 10  # rounded down, so that it is less than the limit
        raise FeatureError(f"too short: {milliseconds:.1f} ms, openSMILE needs at least {_SHORTEST_MS} ms")


def _count_invalid(values: np.ndarray) -> int:
    """Return in how many rows a value is NaN or infinite."""
    import numpy as np

    return int((~np.isfinite(values)).any(axis=1).sum())


@cache
def _open(configuration: str, level: str) -> Any:
    """Return the extractor of this process; it starts each clip from the same state, on one thread, without a log."""
    opensmile = package()
    try:
        return opensmile.Smile(opensmile.FeatureSet[configuration], opensmile.FeatureLevel[level], num_workers=1)
    except UnicodeEncodeError:
        message = "openSMILE cannot read its files in a folder whose name is not ASCII; install it in another folder"
        raise FeatureError(message) from None


def package() -> Any:
    """Return the package opensmile; import it in no other way, since the first import decides how its library binds.

    Returns
    -------
    module
    """
    _bind_to_itself()
    import opensmile

    return opensmile


def _bind_to_itself() -> None:
    """Load openSMILE's library so that it calls its own Fourier transform.

    The library of TensorFlow has functions of the same names with numbers of another size. On Linux, a library that is
    loaded later calls them by default, which gives wrong values or ends the process.
    """
    if sys.platform == "win32" or not hasattr(os, "RTLD_DEEPBIND"):
        return
    spec = find_spec("opensmile")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        for library in Path(folder).glob("core/bin/*/libSMILEapi.so"):
            with suppress(OSError):  # of another platform
                ctypes.CDLL(str(library), mode=os.RTLD_LOCAL | os.RTLD_DEEPBIND)


@dataclass(frozen=True)
class _Parameters(Mapping[str, Any]):
    """Parameters of a set, with the version of the package, which is looked up on demand because that is slow."""

    configuration: str
    level: str

    def _values(self) -> dict[str, Any]:
        facts = {"configuration": self.configuration, "level": self.level, **_AUDIO}
        return {**facts, "opensmile": installed_version("opensmile")}

    def __getitem__(self, name: str) -> Any:
        return self._values()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values())

    def __len__(self) -> int:
        return len(self._values())


def opensmile_set(
    name: str, *, kind: Literal["vector", "frames"], configuration: str, summary: str, source: str
) -> FeatureSet:
    """Return a feature set that openSMILE computes.

    Parameters
    ----------
    name : str
        Name of the set, whose columns ``data/opensmile_columns.json`` lists.
    kind : {'vector', 'frames'}
        The functionals of the configuration, or its low-level descriptors.
    configuration : str
        A name of ``opensmile.FeatureSet``.
    summary, source : str
        As in :class:`~ser_bench.features.base.FeatureSet`.

    Returns
    -------
    FeatureSet
        The set. Its values equal those of the package for mono files of 16 bits.
    """
    level = "Functionals" if kind == "vector" else "LowLevelDescriptors"
    return FeatureSet(
        name=name,
        kind=kind,
        summary=summary,
        source=source,
        columns=_columns(name),
        compute=_Extractor(configuration, level),
        group=_group,
        parameters=_Parameters(configuration, level),
        needs=("opensmile",),
        extra="opensmile",
        licence=LICENCE,
        grid="opensmile",
    )


def _columns(name: str) -> tuple[str, ...]:
    """Return the names of the package for the columns of a set: each functional of each descriptor."""
    return tuple(
        f"{descriptor}_{functional}" if functional else descriptor
        for descriptors, functionals in _column_blocks()[name]
        for descriptor in descriptors
        for functional in functionals or ("",)
    )


@cache
def _column_blocks() -> dict[str, list[tuple[list[str], list[str]]]]:
    """Return descriptors and their functionals by the name of the set, in blocks of equal functionals."""
    file = Path(__file__).parents[1] / "data" / "opensmile_columns.json"
    blocks: dict[str, list[tuple[list[str], list[str]]]] = json.loads(file.read_text(encoding="utf-8"))
    return blocks


def _group(column: str) -> str:
    """Return the kind of feature that a column is."""
    return next(name for name, prefixes in _GROUPS.items() if column.startswith(prefixes))

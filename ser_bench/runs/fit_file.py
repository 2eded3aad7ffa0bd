"""A saved fit's file as it is read: the kinds and shapes of arrays first, so that no claim of theirs takes memory."""

from __future__ import annotations

import json
import math
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ser_bench.core.files import open_regular
from ser_bench.runs.fit import FitResult

if TYPE_CHECKING:
    from io import BufferedReader

MOST_BYTES = 1 << 32
"""What a file may unpack to; a fold of ten million clips takes a tenth of it."""

_MOST_REST = 1 << 26
_LONGEST_LABEL = 256


def read(path: Path, tested: int | None = None, labels: Sequence[str] | None = None) -> FitResult:
    """Return what a file holds: a fit that predicted ``labels`` of so many ``tested`` clips, where these are known.

    Raises OSError, ValueError, or whatever a damaged archive makes its readers raise. Nothing is unpickled.
    """
    with open_regular(path) as file:
        _check_arrays(file, tested)
        file.seek(0)
        with np.load(file, allow_pickle=False) as saved:
            rest = json.loads(saved["rest"].tobytes())
            _check_rest(rest, path.stem)
            names = [f"shuffled_{i}" for i in range(len(rest["shuffled"]))]
            result = FitResult(
                saved["predicted"],
                saved["probabilities"],
                rest["fit_seconds"],
                rest["predict_seconds"],
                rest["history"],
                tuple(rest["warnings"]),
                rest["model_bytes"],
                {group: saved[name] for group, name in zip(rest["shuffled"], names, strict=True)},
            )
    _check_values(result, labels)
    return result


def _check_arrays(file: BufferedReader, tested: int | None) -> None:
    with zipfile.ZipFile(file) as archive:
        sizes = {member.filename.removesuffix(".npy"): member.file_size for member in archive.infolist()}
        if sum(sizes.values()) > MOST_BYTES or sizes["rest"] > _MOST_REST or len(sizes) < len(archive.infolist()):
            raise ValueError("it claims more than a fit can hold")
        rows = tested
        for name in sizes.keys() - {"rest"}:
            shape, kind = _header(archive, f"{name}.npy")
            rows = shape[0] if rows is None and shape else rows
            text = kind.kind == "U" and 0 < kind.itemsize <= 4 * _LONGEST_LABEL and shape == (rows,)
            numbers = kind.kind == "f" and len(shape) == 2 and shape[0] == rows
            if not (numbers if name == "probabilities" else text):
                raise ValueError(f"its {name[:40]} are not those of the clips that were tested")
            if math.prod(shape) * kind.itemsize > sizes[name]:
                raise ValueError("an array is cut off")


def _header(archive: zipfile.ZipFile, name: str) -> tuple[tuple[int, ...], np.dtype]:
    with archive.open(name) as member:
        version = np.lib.format.read_magic(member)
        reader = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, kind = reader(member)
        return shape, kind


def _check_rest(rest: Any, key: str) -> None:
    """Raise ValueError for facts that no fit has; files of earlier versions lack the key."""
    if not isinstance(rest, dict) or rest.get("key", key) != key:
        raise ValueError("it holds another fit")
    curves, numbers = rest["history"], [rest[name] for name in ("fit_seconds", "predict_seconds", "model_bytes")]
    if not all(_is_number(n) and 0 <= n < MOST_BYTES**2 for n in numbers) or not isinstance(rest["model_bytes"], int):
        raise ValueError("its times or sizes are no numbers")
    texts = [rest["warnings"], rest["shuffled"]]
    if not all(isinstance(some, list) and all(isinstance(one, str) for one in some) for some in texts):
        raise ValueError("its warnings or groups are no texts")
    if len(set(rest["shuffled"])) < len(rest["shuffled"]) or not _are_curves(curves):
        raise ValueError("its groups or curves are not what they should be")


def _are_curves(curves: Any) -> bool:
    if not isinstance(curves, Mapping) or not all(isinstance(values, list) for values in curves.values()):
        return False
    lengths = {len(values) for values in curves.values()}
    return len(lengths) <= 1 and all(_is_number(value) for values in curves.values() for value in values)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _check_values(result: FitResult, labels: Sequence[str] | None) -> None:
    if not np.isfinite(result.probabilities).all():
        raise ValueError("a probability is no number")
    if labels is not None:
        told = [result.predicted, *result.shuffled.values()]
        if result.probabilities.shape[1] != len(labels) or not all(np.isin(some, labels).all() for some in told):
            raise ValueError("it predicts other labels")

"""The cache of finished fits: ``fits/<first two digits>/<key>.npz`` in the store.

A file is a sealed archive of plain arrays and JSON. An invalid file is moved to the store's quarantine.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from ser_bench.core.files import atomic_write, mark_used, read_bytes
from ser_bench.core.progress import NoProgress, Progress
from ser_bench.runs.fit import FitResult
from ser_bench.runs.results.run_info import COMMIT_PATTERN, FINISHED_PATTERN
from ser_bench.runs.sealed_archive import seal, unseal
from ser_bench.store.quarantine import move_to_quarantine

_MAX_AMOUNT = 10**15
_Amount = Annotated[float, Field(ge=0, le=_MAX_AMOUNT, allow_inf_nan=False)]
_Count = Annotated[int, Field(ge=0, le=_MAX_AMOUNT)]


class _Ended(BaseModel):
    """How the training of a network ended."""

    model_config = ConfigDict(strict=True)

    epochs: _Count
    best_epoch: _Count
    why: Literal["patience", "last epoch"]


class _Facts(BaseModel):
    """What a file holds beside arrays."""

    model_config = ConfigDict(strict=True)

    fit_seconds: _Amount
    predict_seconds: _Amount
    history: dict[str, list[float]]
    warnings: list[str]
    model_bytes: _Count
    shuffled: list[str]
    transductive: bool = False
    batch_difference: Annotated[float, Field(ge=0, le=1)] = 0.0
    finished: Annotated[str, Field(pattern=FINISHED_PATTERN)] = ""
    commit: Annotated[str, Field(pattern=COMMIT_PATTERN)] = ""
    temperature: Annotated[float, Field(gt=0, le=_MAX_AMOUNT, allow_inf_nan=False)] | None = None
    set_threshold: Annotated[float, Field(ge=0, le=1)] | None = None
    calibration_clips: _Count | None = None
    calibration_speakers: _Count | None = None
    n_weights: _Count = 0
    ended: _Ended | None = None


class FitCache:
    """The finished fits of a store.

    Parameters
    ----------
    store : Path
        Folder of the store.
    progress : Progress, optional
        Receives a warning for each damaged file.
    """

    def __init__(self, store: Path, progress: Progress | None = None) -> None:
        self.store, self.folder = store, store / "fits"
        self.progress = progress or NoProgress()

    def save(self, key: str, result: FitResult) -> None:
        """Write the result of a fit.

        Parameters
        ----------
        key : str
            Key of the fit.
        result : FitResult
            The result.
        """
        with atomic_write(self._path(key)) as temporary:
            temporary.write_bytes(_pack(key, result))

    def load(
        self, key: str, n_test: int | None = None, labels: Sequence[str] | None = None, n_train: int | None = None
    ) -> FitResult | None:
        """Return the result of a fit; None if there is none, or if its file is damaged and was moved away.

        Parameters
        ----------
        key : str
            Key of the fit.
        n_test : int, optional
            Number of test clips; a result for another number is damaged.
        labels : sequence of str, optional
            All labels; a result for others is damaged.
        n_train : int, optional
            Number of training clips; a result that states another number of them is damaged.

        Returns
        -------
        FitResult or None

        Raises
        ------
        StoreError
            If a damaged file cannot be moved.
        """
        path = self._path(key)
        try:
            result = _unpack(key, read_bytes(path))
            _check(result, len(result.predicted) if n_test is None else n_test, labels, n_train)
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            return None
        except (OSError, ValueError) as error:
            move_to_quarantine(self.store, path, str(error), "the fit", self.progress)
            return None
        mark_used(path)
        return result

    def verify(self) -> Iterator[str]:
        """Check every file; yield a message for each damaged one.

        Yields
        ------
        str
            A message of two lines.
        """
        for path in sorted(self.folder.glob("*/*.npz")):
            try:
                result = _unpack(path.stem, read_bytes(path))
                _check(result, len(result.predicted))
            except FileNotFoundError:
                continue
            except (OSError, ValueError) as error:
                yield f"damaged: {path} ({error})\nthe next run that needs the fit moves the file and fits again"

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.npz"


def _pack(key: str, result: FitResult) -> bytes:
    facts = {
        "fit_seconds": result.fit_seconds,
        "predict_seconds": result.predict_seconds,
        "history": dict(result.history),
        "warnings": list(result.warnings),
        "model_bytes": result.model_bytes,
        "shuffled": list(result.shuffled),
        "transductive": result.transductive,
        "batch_difference": result.batch_difference,
        "finished": result.finished,
        "commit": result.commit,
        "temperature": result.temperature,
        "set_threshold": result.set_threshold,
        "calibration_clips": result.calibration_clips,
        "calibration_speakers": result.calibration_speakers,
        "n_weights": result.n_weights,
        "ended": dict(result.ended) or None,
    }
    arrays = {
        "predicted": result.predicted,
        "probabilities": result.probabilities,
        "facts": np.frombuffer(json.dumps(facts).encode(), dtype=np.uint8),
        **{f"shuffled_{i}": labels for i, labels in enumerate(result.shuffled.values())},
        **({} if result.trained is None else {"trained": result.trained}),
        **({} if result.uncalibrated is None else {"uncalibrated": result.uncalibrated}),
    }
    return seal(key, arrays)


def _unpack(key: str, content: bytes) -> FitResult:
    arrays = unseal(key, content)
    try:
        facts = _Facts.model_validate(json.loads(arrays["facts"].tobytes()))
        return FitResult(
            np.atleast_1d(arrays["predicted"]),
            arrays["probabilities"],
            facts.fit_seconds,
            facts.predict_seconds,
            facts.history,
            tuple(facts.warnings),
            facts.model_bytes,
            {group: arrays[f"shuffled_{i}"] for i, group in enumerate(facts.shuffled)},
            facts.transductive,
            facts.batch_difference,
            facts.finished,
            facts.commit,
            trained=arrays.get("trained"),
            uncalibrated=arrays.get("uncalibrated"),
            temperature=facts.temperature,
            set_threshold=facts.set_threshold,
            calibration_clips=facts.calibration_clips,
            calibration_speakers=facts.calibration_speakers,
            n_weights=facts.n_weights,
            ended=facts.ended.model_dump() if facts.ended else {},
        )
    except Exception as error:  # hostile content can make libraries raise anything
        raise ValueError(f"invalid content ({type(error).__name__})") from None


def _check(result: FitResult, n_test: int, labels: Sequence[str] | None = None, n_train: int | None = None) -> None:
    """Raise ValueError unless a result has a label and finite probabilities per test clip, and curves of one length."""
    for predicted in (result.predicted, *result.shuffled.values()):
        if predicted.dtype.kind != "U" or predicted.shape != (n_test,):
            raise ValueError(f"expected a label for each of {n_test} test clips")
        if labels is not None and not np.isin(predicted, labels).all():
            raise ValueError("it predicts other labels")
    n_labels = result.probabilities.shape[-1] if labels is None else len(labels)
    for probabilities in (result.probabilities, *([] if result.uncalibrated is None else [result.uncalibrated])):
        if probabilities.dtype.kind != "f" or probabilities.shape != (n_test, n_labels):
            raise ValueError(f"expected a probability per label for each of {n_test} test clips")
        if not np.isfinite(probabilities).all():
            raise ValueError("a probability is not finite")
    trained = result.trained
    if trained is not None and (trained.dtype != bool or trained.shape != (n_train or trained.size,)):
        raise ValueError("expected a mask of the training clips")
    if len({len(values) for values in result.history.values()}) > 1:
        raise ValueError("its learning curves differ in length")

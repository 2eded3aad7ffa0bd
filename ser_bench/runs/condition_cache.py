"""The cache of predictions under recording conditions: ``conditions/<first two digits>/<key>.npz`` in the store.

A file belongs to the fit with its key and holds the predictions under every condition tested so far. Each condition has
a digest of the features and clips that it was tested on, and predictions of another digest are computed again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ser_bench.core.files import atomic_write, mark_used, read_bytes
from ser_bench.core.progress import NoProgress, Progress
from ser_bench.runs.fit import ChangedAnswers
from ser_bench.runs.sealed_archive import seal, unseal
from ser_bench.store.quarantine import move_to_quarantine

_MOST_SECONDS = 1e12


@dataclass(frozen=True)
class ConditionTest:
    """What decides the predictions of a fit under a recording condition.

    Attributes
    ----------
    digest : str
        Hash of the feature sets under the condition and of the clips that it could change.
    clips : int
        Number of test clips that it could change.
    """

    digest: str
    clips: int


class ConditionCache:
    """The predictions under recording conditions of the finished fits of a store.

    Parameters
    ----------
    store : Path
        Folder of the store.
    progress : Progress, optional
        Receives a warning for each damaged file.
    """

    def __init__(self, store: Path, progress: Progress | None = None) -> None:
        self.store, self.folder = store, store / "conditions"
        self.progress = progress or NoProgress()

    def save(
        self,
        key: str,
        answers: Mapping[str, ChangedAnswers],
        tests: Mapping[str, ConditionTest],
        labels: Sequence[str],
    ) -> None:
        """Write the predictions of a fit, beside those under other conditions that the file holds.

        Parameters
        ----------
        key : str
            Key of the fit.
        answers : mapping of str to ChangedAnswers
            Predictions by the name of the condition.
        tests : mapping of str to ConditionTest
            What decides them, by the name of the condition.
        labels : sequence of str
            All labels.
        """
        saved = self._read(key, labels)
        saved |= {name: (tests[name].digest, answer) for name, answer in answers.items()}
        codes = {label: code for code, label in enumerate(labels)}
        arrays: dict[str, np.ndarray] = {}
        for number, (_, answer) in enumerate(saved.values()):
            arrays[f"predicted_{number}"] = np.array([codes[label] for label in answer.predicted], dtype=np.uint16)
            arrays[f"probabilities_{number}"] = answer.probabilities
        facts = {
            "labels": list(labels),
            "digests": {name: digest for name, (digest, _) in saved.items()},
            "seconds": [answer.seconds for _, answer in saved.values()],
        }
        arrays["facts"] = np.frombuffer(json.dumps(facts).encode(), dtype=np.uint8)
        with atomic_write(self._path(key)) as temporary:
            temporary.write_bytes(seal(key, arrays))

    def remove(self, key: str) -> None:
        """Delete the predictions of a fit, which are those of another training.

        Parameters
        ----------
        key : str
            Key of the fit.
        """
        self._path(key).unlink(missing_ok=True)

    def load(self, key: str, tests: Mapping[str, ConditionTest], labels: Sequence[str]) -> dict[str, ChangedAnswers]:
        """Return the predictions of a fit that are there.

        Parameters
        ----------
        key : str
            Key of the fit.
        tests : mapping of str to ConditionTest
            The conditions by name; predictions of another digest are not returned.
        labels : sequence of str
            All labels.

        Returns
        -------
        dict of str to ChangedAnswers
            By the name of the condition.

        Raises
        ------
        StoreError
            If a damaged file cannot be moved.
        """
        saved = self._read(key, labels) if tests else {}
        wanted = {
            name: answer for name, (digest, answer) in saved.items() if name in tests and digest == tests[name].digest
        }
        return {name: answer for name, answer in wanted.items() if len(answer.predicted) == tests[name].clips}

    def verify(self) -> Iterator[str]:
        """Check every file; yield a message for each damaged one.

        Yields
        ------
        str
            A message of two lines.
        """
        for path in sorted(self.folder.glob("*/*.npz")):
            try:
                _unpack(path.stem, read_bytes(path))
            except FileNotFoundError:
                continue
            except (OSError, ValueError) as error:
                yield f"damaged: {path} ({error})\nthe next run that needs it moves the file and fits again"

    def _read(self, key: str, labels: Sequence[str]) -> dict[str, tuple[str, ChangedAnswers]]:
        """Return digest and predictions by condition; empty if there is no file, or a damaged one that was moved."""
        path = self._path(key)
        try:
            saved = _unpack(key, read_bytes(path), labels)
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            return {}
        except (OSError, ValueError) as error:
            move_to_quarantine(self.store, path, str(error), "the predictions under conditions", self.progress)
            return {}
        mark_used(path)
        return saved

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.npz"


def _unpack(key: str, content: bytes, labels: Sequence[str] | None = None) -> dict[str, tuple[str, ChangedAnswers]]:
    arrays = unseal(key, content)
    try:
        facts = json.loads(arrays["facts"].tobytes())
        names, digests = np.array(facts["labels"], dtype=str), dict(facts["digests"])
        parts = [(arrays[f"predicted_{n}"], arrays[f"probabilities_{n}"]) for n in range(len(digests))]
        seconds = [min(max(0.0, float(number)), _MOST_SECONDS) for number in facts["seconds"]]
    except Exception as error:  # hostile content can make libraries raise anything
        raise ValueError(f"invalid content ({type(error).__name__})") from None
    if labels is not None and list(names) != list(labels):
        raise ValueError("it predicts other labels")
    for predicted, probabilities in parts:
        if predicted.dtype != np.uint16 or predicted.ndim != 1 or (predicted >= len(names)).any():
            raise ValueError("expected a label for each clip")
        if probabilities.dtype != np.float32 or probabilities.shape != (len(predicted), len(names)):
            raise ValueError("expected a probability per label for each clip")
        if not np.isfinite(probabilities).all():
            raise ValueError("a probability is not finite")
    answers = (ChangedAnswers(names[part[0]], part[1], time) for part, time in zip(parts, seconds, strict=True))
    return {str(name): (str(digest), answer) for (name, digest), answer in zip(digests.items(), answers, strict=True)}

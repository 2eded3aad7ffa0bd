"""The errors that ser-bench raises on purpose; the command line turns them into exit codes in one place.

A message is one or two lines: what is wrong, then what to do about it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class SerBenchError(Exception):
    """Base of every error that is the input's fault and not a defect; exit status 2."""


class ConfigError(SerBenchError):
    """An option, or a key of a configuration file, that cannot be."""


class UnknownNameError(ConfigError):
    """A corpus, feature set, model or split that nobody registered."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        known = sorted(known)
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
        super().__init__(f"unknown {kind} {name!r}; {hint}")


class CorpusError(SerBenchError):
    """A corpus that is not where it should be, or not what it should be."""


class DownloadError(SerBenchError):
    """An archive that cannot be fetched, is not what was published, or cannot be put where it should go."""


class AudioError(SerBenchError):
    """A clip that cannot be read or holds no usable sound; the message is the reason, without the path."""


class TransientAudioError(AudioError):
    """A clip that cannot be read here and now, for a reason that is not in its bytes; another try may go well."""


class SplitError(SerBenchError):
    """A split that this corpus cannot give, such as more folds than speakers."""


class StoreError(SerBenchError):
    """A store that cannot be read or written."""


class ExportError(SerBenchError):
    """A table of features that cannot be written."""


class RunError(SerBenchError):
    """A run's folder that cannot be read or written."""


class EngineError(SerBenchError):
    """Workers on other machines that cannot be reached, are not fit for the work, or are lost."""


class ModelFileError(SerBenchError):
    """A trained model's file that cannot be read, is not what it should be, or cannot be written."""


class ServeError(SerBenchError):
    """A service that cannot begin, such as on a port that is taken."""


class MissingExtraError(SerBenchError):
    """A feature or model whose optional dependency is not installed."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs an extra: pip install 'ser-bench[{extra}]'")

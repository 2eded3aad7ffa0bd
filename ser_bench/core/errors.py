"""Exceptions of ser-bench; the command line prints their messages and maps them to exit statuses.

A message is one or two lines: what is wrong, with the value, then what to do.
"""

from __future__ import annotations

from collections.abc import Iterable

from ser_bench.core.names import nearest_name


class SerBenchError(Exception):
    """Base class of errors that the user can correct; exit status 2."""


class ConfigError(SerBenchError):
    """An invalid option or an invalid key of a configuration file."""


class NoCacheFolderError(ConfigError):
    """A user without a home folder, who has set no other folder for the cache."""


class UnknownNameError(ConfigError):
    """A name that is not registered; the message suggests the nearest registered name.

    Parameters
    ----------
    kind : str
        What the name should be, for example ``"model"``.
    name : str
        The unknown name.
    known : iterable of str
        The registered names.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        known = sorted(known)
        nearest = nearest_name(name, known)
        hint = f"did you mean {nearest!r}?" if nearest else f"known: {', '.join(known)}"
        super().__init__(f"unknown {kind} {name!r}; {hint}")


class CorpusError(SerBenchError):
    """A corpus that is missing or invalid."""


class DownloadError(SerBenchError):
    """An archive that cannot be downloaded, verified or unpacked."""


class AudioError(SerBenchError):
    """An unreadable or unusable clip; the message is the reason, without the path."""


class TransientAudioError(AudioError):
    """A clip that cannot be read for a reason outside the file, for example a missing ffmpeg; worth a retry."""


class ConditionError(SerBenchError):
    """A clip that a recording condition cannot change, for example a too short one; the message is the reason."""


class SplitError(SerBenchError):
    """A split that the corpus does not support, for example more folds than speakers."""


class StoreError(SerBenchError):
    """A feature store that cannot be read or written."""


class ExportError(SerBenchError):
    """A table or picture that cannot be written."""


class RunError(SerBenchError):
    """A run folder that cannot be read or written."""


class EngineError(SerBenchError):
    """Workers on other machines that are unreachable, unsuitable or lost."""


class FeatureError(SerBenchError):
    """A feature set that cannot be computed on a clip, for example because the clip is shorter than one window."""


class ModelFileError(SerBenchError):
    """A model file that cannot be read, validated or written."""


class ServeError(SerBenchError):
    """A service that cannot start, for example because the port is in use."""


class MissingExtraError(SerBenchError):
    """A feature, model or command whose optional dependency is not installed.

    Parameters
    ----------
    name : str
        The feature, model or command.
    extra : str
        The extra of ser-bench that installs the dependency.
    """

    def __init__(self, name: str, extra: str) -> None:
        super().__init__(f"{name} needs an extra: pip install 'ser-bench[{extra}]'")

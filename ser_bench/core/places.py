"""Default folders of ser-bench, and paths of the user: the cache, the feature store in it, and ``~``."""

from __future__ import annotations

import os
from pathlib import Path

from ser_bench.core.errors import ConfigError, NoCacheFolderError


def expand_home(path: Path) -> Path:
    """Replace ``~`` or ``~USER`` at the start of a path by the home folder.

    A shell does not do this for ``--store=~/store``, nor in a configuration file or an environment variable.

    Parameters
    ----------
    path : Path
        Any path.

    Returns
    -------
    Path
        The path without ``~``.

    Raises
    ------
    ConfigError
        If no such user or no home folder is known.
    """
    try:
        return path.expanduser()
    except RuntimeError:
        user = path.parts[0].removeprefix("~")
        reason = f"unknown user {user!r}" if user else "HOME is not set and the user has no home folder"
        raise ConfigError(f"{reason}, in the path {str(path)!r}; give the full path") from None


def folder_from_environment(variable: str) -> Path | None:
    """Return the folder that an environment variable names.

    Parameters
    ----------
    variable : str
        The name of the variable.

    Returns
    -------
    Path or None
        The folder, which may not exist; None if the variable is not set or empty.

    Raises
    ------
    ConfigError
        If the path starts with ``~`` and an unknown user.
    """
    value = os.environ.get(variable)
    try:
        return expand_home(Path(value)) if value else None
    except ConfigError as error:
        raise ConfigError(f"invalid value for {variable}: {error}") from None


def cache_folder(option: str = "--store") -> Path:
    """Return the user's cache folder for ser-bench.

    Parameters
    ----------
    option : str, default "--store"
        The option that names another folder for the same purpose, for the message.

    Returns
    -------
    Path
        ``$SER_BENCH_CACHE`` if set, else the platform's default; it may not exist yet.

    Raises
    ------
    NoCacheFolderError
        If the user has no home folder and ``$SER_BENCH_CACHE`` is not set.
    ConfigError
        If ``$SER_BENCH_CACHE`` names an unknown user.
    """
    if chosen := folder_from_environment("SER_BENCH_CACHE"):
        return chosen
    import platformdirs

    try:
        return Path(platformdirs.user_cache_dir("ser-bench", appauthor=False))
    except RuntimeError:
        raise NoCacheFolderError(
            "no cache folder: HOME is not set and the user has no home folder\n"
            f"name a folder with {option} or with the environment variable SER_BENCH_CACHE"
        ) from None


def default_store() -> Path:
    """Return the folder of the feature store and the fit cache without ``--store``.

    Returns
    -------
    Path
        A folder in the user's cache folder; it may not exist yet.

    Raises
    ------
    NoCacheFolderError
        If there is no cache folder.
    """
    return cache_folder() / "store"

"""Versions of ser-bench and of installed libraries."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cache
from pathlib import Path

__version__ = "0.1.0"
"""The version of ser-bench."""


@cache
def installed_version(library: str) -> str:
    """Return the version of an installed library.

    Parameters
    ----------
    library : str
        The name of its distribution, for example ``"scikit-learn"``.

    Returns
    -------
    str
        The version; ``"absent"`` if it is not installed.
    """
    import importlib.metadata  # slow to import

    try:
        return importlib.metadata.version(library)
    except importlib.metadata.PackageNotFoundError:
        return "absent"


def installed_versions(libraries: Iterable[str]) -> dict[str, str]:
    """Return the versions of libraries, without those that are not installed.

    Parameters
    ----------
    libraries : iterable of str
        Names of distributions.

    Returns
    -------
    dict of str
        The version of each installed library, by name.
    """
    return {library: version for library in libraries if (version := installed_version(library)) != "absent"}


@cache
def source_commit() -> str:
    """Return the commit of the Git checkout that this package runs from, read once per process.

    Returns
    -------
    str
        40 hexadecimal digits, followed by ``-dirty`` if the package was changed since; empty outside a checkout.
    """
    return commit_of(Path(__file__).parents[1])


def commit_of(package: Path) -> str:
    """Return the commit of the Git checkout that a package is part of.

    Parameters
    ----------
    package : Path
        Folder of the package.

    Returns
    -------
    str
        As for :func:`source_commit`.
    """
    if not _git(package, "ls-files", "--", "__init__.py"):  # installed in a folder that Git does not track
        return ""
    commit = _git(package, "rev-parse", "HEAD")
    return f"{commit}-dirty" if commit and _git(package, "status", "--porcelain", "--", ".") else commit


def _git(folder: Path, *arguments: str) -> str:
    """Return the output of Git in a folder; empty if it fails or is not installed."""
    import subprocess

    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.SubprocessError, ValueError):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""

"""Versions of ser-bench and of installed libraries."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

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

"""Which versions of libraries are installed here."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterable
from functools import cache


@cache
def installed_version(library: str) -> str:
    """Return a library's version; ``absent`` where it is not installed."""
    try:
        return importlib.metadata.version(library)
    except importlib.metadata.PackageNotFoundError:
        return "absent"


def installed_versions(libraries: Iterable[str]) -> dict[str, str]:
    """Return the versions of those libraries that are installed, by name."""
    return {library: version for library in libraries if (version := installed_version(library)) != "absent"}


__version__ = "0.1.0"
"""The version of ser-bench."""

"""Default folders of ser-bench: the user's cache and the feature store in it."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """Return the user's cache folder for ser-bench.

    Returns
    -------
    Path
        ``$SER_BENCH_CACHE`` if set, else the platform's default; it may not exist yet.
    """
    if chosen := os.environ.get("SER_BENCH_CACHE"):
        return Path(chosen).expanduser()
    import platformdirs

    return Path(platformdirs.user_cache_dir("ser-bench", appauthor=False))


def default_store() -> Path:
    """Return the folder of the feature store and the fit cache without ``--store``.

    Returns
    -------
    Path
        A folder in the user's cache folder; it may not exist yet.
    """
    return cache_folder() / "store"

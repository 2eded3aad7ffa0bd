"""Quarantine of damaged files: they are moved aside for inspection, and never read again or deleted."""

from __future__ import annotations

import errno
import uuid
from pathlib import Path

from ser_bench.core.errors import StoreError
from ser_bench.core.progress import Progress

FOLDER = "quarantine"
"""The folder of damaged files in the store."""


def move_to_quarantine(store: Path, damaged: Path, reason: str, content: str, progress: Progress) -> None:
    """Move a damaged file to the store's quarantine under a unique name, with a warning.

    A file that no longer exists was moved by another process, and causes no warning.

    Parameters
    ----------
    store : Path
        Folder of the store.
    damaged : Path
        The file.
    reason : str
        What is wrong with it.
    content : str
        What has to be computed again, for the warning.
    progress : Progress
        Receives the warning.

    Raises
    ------
    StoreError
        If the file cannot be moved.
    """
    folder = store / FOLDER
    try:
        if folder.is_symlink():  # files must not leave the store
            raise OSError(errno.ELOOP, f"{folder} is a link")
        folder.mkdir(parents=True, exist_ok=True)
        damaged.rename(folder / f"{uuid.uuid4().hex[:12]}-{damaged.name}")
    except FileNotFoundError:
        return
    except OSError as error:
        raise StoreError(
            f"damaged: {damaged} ({reason})\ndelete it; moving it to {folder} failed: {error.strerror or error}"
        ) from None
    progress.warning(f"damaged: {damaged} ({reason}); moved to {folder}, recomputing {content}")

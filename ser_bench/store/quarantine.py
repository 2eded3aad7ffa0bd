"""Where damaged files of the store go: they are never read again, nor deleted, since damage may be worth a look."""

from __future__ import annotations

import errno
import uuid
from pathlib import Path

from ser_bench.core.errors import StoreError
from ser_bench.core.progress import Progress

FOLDER = "quarantine"
"""The folder in the store that holds what was found damaged."""


def move_to_quarantine(store: Path, damaged: Path, reason: str, then: str, progress: Progress) -> None:
    """Move a damaged file to the store's quarantine under a name of its own; warn with the reason and what follows.

    A file that is gone was set aside by another process, which has told. Raises :class:`StoreError` where the file
    cannot be moved.
    """
    place = store / FOLDER / f"{uuid.uuid4().hex[:12]}-{damaged.name}"
    try:
        if place.parent.is_symlink():  # whoever else may write into the store would choose where files go
            raise OSError(errno.ELOOP, f"{place.parent} is a link")
        place.parent.mkdir(parents=True, exist_ok=True)
        damaged.rename(place)
    except FileNotFoundError:
        return
    except OSError as error:
        why = error.strerror or error
        raise StoreError(f"damaged: {damaged} ({reason})\ndelete it, as it cannot be moved: {why}") from None
    progress.warning(f"damaged: {damaged} ({reason}); it was moved to {place.parent}, and {then}")

"""Times in UTC as ISO 8601."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime


def utc_time(seconds: float | None = None) -> str:
    """Return a time in UTC as ISO 8601.

    Parameters
    ----------
    seconds : float, optional
        Seconds since the epoch. Default: now.

    Returns
    -------
    str
    """
    return datetime.fromtimestamp(time.time() if seconds is None else seconds, UTC).isoformat(timespec="seconds")


def reproducible_time() -> str:
    """Return the current time in UTC as ISO 8601, or the time that ``$SOURCE_DATE_EPOCH`` sets.

    Returns
    -------
    str
    """
    return utc_time(float(os.environ.get("SOURCE_DATE_EPOCH") or time.time()))

"""The charts of a report: one module per chart, each defines ``CHART``."""

import os


def _ignore_missing_backend() -> None:
    """Import matplotlib even where ``MPLBACKEND`` names a backend that is not installed, such as a notebook's."""
    if os.environ.get("MPLBACKEND", "agg") == "agg":
        return
    try:
        import matplotlib  # noqa: F401  (it reads the variable)
    except ValueError:
        os.environ["MPLBACKEND"] = "agg"


_ignore_missing_backend()

"""The title on what a run is missing: fits without a result, and what it did not use."""

from __future__ import annotations

from ser_bench.core.text import plural
from ser_bench.report.descriptions import unused
from ser_bench.runs.results import SavedRun


def missing_title(run: SavedRun) -> str:
    """Count the fits without a result, and what the run did not use by kind.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
        Such as "2 of 48 fits have no result; 1 clip was not used".
    """
    fits, failed = len(run.fits), int((run.fits["status"] != "ok").sum())
    verb = "has" if failed == 1 else "have"
    results = f"{failed:,} of {plural(fits, 'fit')} {verb} no result" if failed else "Every fit finished"
    if not (lost := unused(run)):
        return f"{results}, and every clip was used" if not failed else f"{results}; every clip was used"
    return f"{results}; {lost} {'was' if len(run.losses) == 1 else 'were'} not used"

"""Titles of pictures and sections that state what a run found, each true by the run's data.

Each function returns one sentence without its full stop. It compares only where a test or an interval over speakers
finds a difference, and otherwise states the numbers that the picture shows.
"""

from __future__ import annotations

from ser_bench.report.findings.titles.conditions import conditions_title, levels_title, stability_title
from ser_bench.report.findings.titles.confidence import (
    calibration_errors_title,
    calibration_title,
    selection_title,
    set_coverage_title,
    sets_title,
)
from ser_bench.report.findings.titles.costs import architectures_title, cost_title, curves_title, importance_title
from ser_bench.report.findings.titles.failures import classes_title, clips_title, confusion_title
from ser_bench.report.findings.titles.gaps import gap_title, leakage_title
from ser_bench.report.findings.titles.missing import missing_title
from ser_bench.report.findings.titles.ranking import accuracy_title, scores_title, significance_title, uar_title
from ser_bench.report.findings.titles.speakers import groups_title, speakers_title
from ser_bench.report.findings.titles.transfer import transfer_title

__all__ = [
    "accuracy_title",
    "architectures_title",
    "calibration_errors_title",
    "calibration_title",
    "classes_title",
    "clips_title",
    "conditions_title",
    "confusion_title",
    "cost_title",
    "curves_title",
    "gap_title",
    "groups_title",
    "importance_title",
    "leakage_title",
    "levels_title",
    "missing_title",
    "scores_title",
    "selection_title",
    "set_coverage_title",
    "sets_title",
    "significance_title",
    "speakers_title",
    "stability_title",
    "transfer_title",
    "uar_title",
]

"""The sections of the page, in their order: what each is called, what it finds, and what prepares it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ser_bench.report.findings.recommendation import recommendation
from ser_bench.report.findings.titles import (
    calibration_title,
    classes_title,
    conditions_title,
    cost_title,
    importance_title,
    leakage_title,
    missing_title,
    significance_title,
    speakers_title,
    transfer_title,
)
from ser_bench.report.page.sections.across import transfer_report
from ser_bench.report.page.sections.answer import answer
from ser_bench.report.page.sections.conditions import conditions_report
from ser_bench.report.page.sections.confidence import confidence_report
from ser_bench.report.page.sections.cost import cost_report
from ser_bench.report.page.sections.emotions import emotion_report
from ser_bench.report.page.sections.features import feature_report
from ser_bench.report.page.sections.leakage import leakage_report
from ser_bench.report.page.sections.method import method_report
from ser_bench.report.page.sections.missing import missing_report
from ser_bench.report.page.sections.provenance import provenance
from ser_bench.report.page.sections.ranking import ranking_report
from ser_bench.report.page.sections.speakers import speaker_report
from ser_bench.report.page.sections.thesis import thesis_report
from ser_bench.runs.results import SavedRun


@dataclass(frozen=True)
class Section:
    """A section of the page; the template of its name lays it out.

    Parameters
    ----------
    anchor : str
        Also the name of its template and of its content there.
    name : str
        What the navigation calls it.
    prepare : callable
        ``prepare(run, audio)`` returns its content; None leaves the section out.
    title : callable
        ``title(run)`` returns its heading: what it finds.
    """

    anchor: str
    name: str
    prepare: Callable[[SavedRun, Path | None], Any]
    title: Callable[[SavedRun], str]


SECTIONS = (
    Section("answer", "Answer", lambda run, _: answer(run), lambda run: recommendation(run)[0]),
    Section("ranking", "Ranking", lambda run, _: ranking_report(run), significance_title),
    Section("speakers", "Speakers", lambda run, _: speaker_report(run), speakers_title),
    Section("across", "Across corpora", lambda run, _: transfer_report(run), transfer_title),
    Section("conditions", "Conditions", lambda run, _: conditions_report(run), conditions_title),
    Section("emotions", "Emotions", emotion_report, classes_title),
    Section("confidence", "Confidence", lambda run, _: confidence_report(run), calibration_title),
    Section("cost", "Cost", lambda run, _: cost_report(run), cost_title),
    Section("features", "Features", lambda run, _: feature_report(run), importance_title),
    Section("charts", "Further charts", lambda run, _: None, lambda run: "Further charts"),
    Section("leakage", "Leakage", lambda run, _: leakage_report(run), leakage_title),
    Section("missing", "Missing", lambda run, _: missing_report(run), missing_title),
    Section("method", "Method", lambda run, _: method_report(run), lambda run: "How are the scores computed?"),
    Section("provenance", "Provenance", lambda run, _: provenance(run), lambda run: "How can this run be repeated?"),
    Section("thesis", "In your thesis", lambda run, _: thesis_report(run), lambda run: "How is this run cited?"),
)
"""Every section in the order of the page."""

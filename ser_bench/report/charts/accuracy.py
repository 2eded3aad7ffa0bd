"""Accuracy by model and split."""

from __future__ import annotations

from functools import partial

from ser_bench.report.charts.bars import bars_alt_text, grouped_bars
from ser_bench.report.charts.base import Chart
from ser_bench.report.findings.titles import accuracy_title

_TITLE = "Accuracy by model and split"

CHART = Chart(
    name="accuracy",
    title=_TITLE,
    order=20,
    section=None,
    draw=partial(grouped_bars, measure="accuracy", finding=accuracy_title, shown=_TITLE),
    finding=accuracy_title,
    alt_text=partial(bars_alt_text, measure="accuracy", name="accuracy"),
)

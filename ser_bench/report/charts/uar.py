"""UAR by model and split."""

from __future__ import annotations

from functools import partial

from ser_bench.report.charts.bars import bars_alt_text, grouped_bars
from ser_bench.report.charts.base import Chart
from ser_bench.report.findings.titles import uar_title

CHART = Chart(
    name="uar",
    title="UAR by model and split",
    order=10,
    section=None,
    draw=partial(
        grouped_bars, measure="uar", finding=uar_title, shown="UAR (mean recall over classes) by model and split"
    ),
    finding=uar_title,
    alt_text=partial(bars_alt_text, measure="uar", name="UAR"),
)

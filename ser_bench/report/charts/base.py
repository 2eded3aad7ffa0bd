"""The definition of a chart: everything that drawing, the page, the documents and the tests need to know about it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ser_bench.runs.results import SavedRun

_MAX_NAME_BYTES = 200


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A kind of chart that a run's report may have.

    A chart is one figure per run, or a family of figures: one per variant, such as a model and a split.

    Parameters
    ----------
    name : str
        Name of the file without its ending. The files of a family add the variant: ``confusion_svm_actor``.
    title : str
        Name of the kind of chart in lists and documents, and the title of figures without a finding.
    draw : callable
        ``draw(run, *variant)`` returns the :class:`matplotlib.figure.Figure`. It runs under the charts' own style.
    alt_text : callable
        ``alt_text(run, *variant)`` returns the text alternative: what the chart shows, with the numbers that matter.
    section : str or None
        Anchor of the page's section that shows the chart, folded; None for a chart that is a file only.
    applies_to : callable
        ``applies_to(run)`` returns whether the run has what the chart shows.
    variants : callable or None
        ``variants(run)`` returns the variants of a family, each a tuple of names. None for a single figure.
    finding : callable or None
        ``finding(run, *variant)`` returns what the chart finds, a sentence without a full stop, which titles the
        figure. None where the chart states its title only.
    order : int
        Position among the charts of a report, the lowest first.
    version : str
        Changes with the code of ``draw``, so that a finished run is drawn again; a plugin's is set on loading.
    """

    name: str
    title: str
    draw: Callable[..., Figure]
    alt_text: Callable[..., str]
    section: str | None = "charts"
    applies_to: Callable[[SavedRun], bool] = lambda run: True
    variants: Callable[[SavedRun], Sequence[tuple[str, ...]]] | None = None
    finding: Callable[..., str] | None = None
    order: int = 100
    version: str = ""

    def figures_of(self, run: SavedRun) -> list[RunChart]:
        """Return the figures of this chart for a run.

        Parameters
        ----------
        run : SavedRun

        Returns
        -------
        list of RunChart
            Empty if the chart does not apply to the run.
        """
        if not self.applies_to(run):
            return []
        return [RunChart(self, run, variant) for variant in (self.variants(run) if self.variants else [()])]

    def owns(self, file_name: str) -> bool:
        """Return whether a file belongs to this chart.

        Parameters
        ----------
        file_name : str
            Without its ending.

        Returns
        -------
        bool
        """
        return file_name.startswith(f"{self.name}_") if self.variants else file_name == self.name


@dataclass(frozen=True, eq=False)
class RunChart:
    """A figure of one run.

    Parameters
    ----------
    chart : Chart
    run : SavedRun
    variant : tuple of str
        The variant of a family; empty for a single figure.
    numbered : bool
        Whether the name of the file ends with a checksum of the variant, since another name looks the same.
    """

    chart: Chart
    run: SavedRun
    variant: tuple[str, ...] = ()
    numbered: bool = False

    @property
    def name(self) -> str:
        """Name of the file without its ending."""
        name = "_".join((self.chart.name, *self.variant))
        safe = re.sub(r"[^\w.+-]", "-", name)  # some file systems refuse others; cross:emodb becomes cross-emodb
        if not self.numbered and len(safe.encode()) < _MAX_NAME_BYTES:
            return safe
        parts = "\0".join((self.chart.name, *self.variant)) if self.numbered else name
        start = safe if len(safe.encode()) < _MAX_NAME_BYTES else safe[:40]
        return f"{start}-{hashlib.sha256(parts.encode()).hexdigest()[:8]}"

    @property
    def title(self) -> str:
        """What the chart finds; its title, with the marks of a model, where it states no finding."""
        if self.chart.finding is not None:
            return self.chart.finding(self.run, *self.variant)
        from ser_bench.report.descriptions import model_titles

        return ": ".join(filter(None, (self.chart.title, ", ".join(model_titles(self.run, self.variant)))))

    def draw(self) -> Figure:
        """Draw the figure under the charts' own style.

        Returns
        -------
        Figure
        """
        from ser_bench.report.charts.style import styled  # here, so that a plugin's definition loads no matplotlib

        return styled(self.chart.draw)(self.run, *self.variant)

    def alt_text(self) -> str:
        """Return the text alternative.

        Returns
        -------
        str
        """
        return self.chart.alt_text(self.run, *self.variant)

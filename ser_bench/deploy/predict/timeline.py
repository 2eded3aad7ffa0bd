"""A recording's waveform, and below it how probable each label is over time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes

from ser_bench.core.files import atomic_write
from ser_bench.core.labels import COLOURS
from ser_bench.core.text import escape_undecodable
from ser_bench.deploy.model import TrainedModel
from ser_bench.deploy.predict.batch import Told
from ser_bench.deploy.predict.windows import envelope
from ser_bench.report.charts.render import render
from ser_bench.report.charts.style import FAINT, INK, WIDTH, styled, titled_sheet

_OTHERS = tuple(COLOURS.values())
_BODY, _LEFT, _RIGHT = 3.6, 0.7, 1.45


def draw(model: TrainedModel, told: Sequence[Told], recording: Path, path: Path) -> None:
    """Write the picture of a recording's windows, as PNG or SVG by the file's ending."""
    picture = render(_figure(model, told, recording), path.suffix.lower().removeprefix("."))
    with atomic_write(path) as temporary:
        temporary.write_bytes(picture)


@styled
def _figure(model: TrainedModel, told: Sequence[Told], recording: Path):  # type: ignore[no-untyped-def]
    info = model.info
    made_up = " of synthetic speech" if info.synthetic else ""
    sheet = titled_sheet(
        f"{escape_undecodable(Path(told[0].clip).name)}, by {info.model.name}",
        [f"trained on {info.corpus.clips:,} clips{made_up} by {info.corpus.speakers} speakers of {info.corpus.title}"],
        ["Guesses; the probabilities are not calibrated"],
        body=_BODY,
        synthetic=info.synthetic,
    )
    across = WIDTH - _LEFT - _RIGHT
    wave, shares = sheet.axes(_LEFT, 2.6, across, 0.85), sheet.axes(_LEFT, 0.5, across, 2.0)
    length = _draw_wave(wave, recording)
    _draw_shares(shares, told, model.labels)
    for axes in (wave, shares):
        axes.set_xlim(0, length)
    wave.set_xticklabels([])
    shares.set_xlabel("seconds")
    return sheet.figure


def _draw_wave(axes: Axes, recording: Path) -> float:
    """Draw the samples' extremes and return the recording's length in seconds."""
    low, high, length = envelope(recording)
    times = (np.arange(len(low)) + 0.5) * length / max(1, len(low))
    axes.fill_between(times, low, high, color=INK, linewidth=0)
    axes.set_ylabel("samples", color=FAINT)
    return length


def _draw_shares(axes: Axes, told: Sequence[Told], labels: Sequence[str]) -> None:
    """Stack the labels' probabilities at the middle of each window; nothing where there was no answer."""
    middles = [((one.start or 0.0) + (one.end or 0.0)) / 2 for one in told]
    p = np.array([[one.answer.probabilities[label] if one.answer else 0.0 for label in labels] for one in told])
    edges = np.interp(np.arange(len(told) + 1) - 0.5, np.arange(len(told)), middles) if len(told) > 1 else []
    first, last = told[0].start or 0.0, told[-1].end or 0.0
    borders = np.concatenate([[first], np.asarray(edges)[1:-1], [last]])  # each answer up to halfway to the next
    colours = [COLOURS.get(label, _OTHERS[k % len(_OTHERS)]) for k, label in enumerate(labels)]
    base = np.zeros(len(told))
    for label, colour, share in zip(labels, colours, p.T, strict=True):
        axes.stairs(base + share, borders, baseline=base, fill=True, color=colour, label=label, linewidth=0)
        base = base + share
    axes.set_ylim(0, 1)
    axes.set_ylabel("probability")
    handles, names = axes.get_legend_handles_labels()
    axes.legend(handles[::-1], names[::-1], loc="center left", bbox_to_anchor=(1.01, 0.5))

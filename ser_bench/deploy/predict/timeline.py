"""A picture of a recording over time: its waveform, the most probable label, and the probability of each label."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from ser_bench.audio import open_stream
from ser_bench.core.files import atomic_write
from ser_bench.core.labels import COLOURS, label_colour
from ser_bench.core.text import escape_undecodable, plural, speaker_count
from ser_bench.deploy.model import TrainedModel
from ser_bench.deploy.predict.batch import ClipPrediction
from ser_bench.deploy.predict.stretches import State, Stretch, find_stretches, longest_label, window_borders
from ser_bench.deploy.predict.windows import envelope
from ser_bench.report.charts.render import render
from ser_bench.report.charts.style import FAINT, INK, WIDTH, Sheet, styled, titled_sheet
from ser_bench.report.charts.text import shorten, text_width

_MAX_OTHER_LABELS = 6
"""The most labels without a colour of their own that a reader can distinguish; the rest are added up."""
_OTHERS, _REST = "#9c9c9c", "other labels"

_LEFT, _RIGHT = 0.7, 1.45
_WAVE, _BAND, _SHARES, _BELOW, _GAP = 0.8, 0.22, 1.9, 0.78, 0.1
_TEXT_SIZE = 8.0
_MAX_NAME, _MIN_WIDTH = 0.9, 0.13
"""Largest height of an upright name above the band, and smallest width of a stretch that has one, in inches."""

_KEYS: Mapping[State, str] = {
    "several": "pale: several labels in the prediction set",
    "unreliable": "hatched: not reliable",
    "none": "empty: no prediction",
}


def draw(model: TrainedModel, predictions: Sequence[ClipPrediction], recording: Path, path: Path) -> None:
    """Write the picture of a recording.

    Parameters
    ----------
    model : TrainedModel
        The model.
    predictions : sequence of ClipPrediction
        The predictions of all windows, in order.
    recording : Path
        The audio file.
    path : Path
        The picture, PNG or SVG by its ending.
    """
    picture = render(_figure(model, predictions, recording), path.suffix.lower().removeprefix("."))
    with atomic_write(path) as temporary:
        temporary.write_bytes(picture)


@styled
def _figure(model: TrainedModel, predictions: Sequence[ClipPrediction], recording: Path) -> Figure:
    stretches, across = find_stretches(predictions), WIDTH - _LEFT - _RIGHT
    low, high, length = envelope(open_stream(recording))
    names = _names(stretches, across / length)
    above = max((text_width(name, _TEXT_SIZE) for _, name, upright in names if upright), default=0.12) + 0.06
    heights = {"shares": _SHARES, "band": _BAND, "names": above, "wave": _WAVE}
    sheet = _sheet(model, predictions, stretches, body=_BELOW + sum(heights.values()) + 3 * _GAP)
    bottoms = dict(zip(heights, _BELOW + np.cumsum([0.0, *heights.values()]) + _GAP * np.arange(5), strict=False))
    shares = sheet.axes(_LEFT, bottoms["shares"], across, _SHARES)
    band = sheet.axes(_LEFT, bottoms["band"], across, _BAND)
    wave = sheet.axes(_LEFT, bottoms["wave"] - _GAP, across, _WAVE)
    chosen = _distinct_labels(predictions, model.labels)
    for axes in (wave, band, shares):
        axes.set_xlim(0, length)
    _draw_wave(wave, low, high, length)
    _draw_band(band, stretches, chosen)
    for middle, name, upright in names:
        _write_name(sheet, _LEFT + middle * across / length, bottoms["band"] + _BAND + 0.04, name, upright=upright)
    sheet.text(_LEFT - 0.08, bottoms["band"] + _BAND / 2, "top label", size=8, ha="right", va="center_baseline")
    _draw_probabilities(shares, predictions, model.labels, chosen)
    _draw_keys(sheet, stretches)
    return sheet.figure


def _sheet(
    model: TrainedModel, predictions: Sequence[ClipPrediction], stretches: Sequence[Stretch], body: float
) -> Sheet:
    info = model.info
    synthetic = " of synthetic speech" if info.synthetic else ""
    name = escape_undecodable(Path(predictions[0].clip).name)
    training = f"{plural(info.corpus.clips, 'clip')}{synthetic}, {speaker_count(info.corpus.speakers)}"
    return titled_sheet(
        f"{name}: {longest_label(stretches)}",
        [f"predicted by {info.model.name}, trained on {training} of {info.corpus.title}"],
        _cautions(model, stretches),
        body=body,
        synthetic=info.synthetic,
    )


def _cautions(model: TrainedModel, stretches: Sequence[Stretch]) -> list[str]:
    """Say that probabilities are not calibrated, and how long the predictions are not reliable."""
    cautions = [] if model.is_calibrated else ["The probabilities are not calibrated"]
    seconds = sum(stretch.seconds for stretch in stretches if stretch.state == "unreliable")
    if seconds:
        total = stretches[-1].end - stretches[0].start
        cautions.append(f"Not reliable for {seconds:.1f} of {total:.1f} s: no speech, or unlike the training data")
    return cautions


def _distinct_labels(predictions: Sequence[ClipPrediction], labels: Sequence[str]) -> list[str]:
    """Return the labels that get colours: all, or of many without a colour of their own, the most probable."""
    others = [label for label in labels if label not in COLOURS]
    totals = {
        label: sum(window.prediction.probabilities[label] for window in predictions if window.prediction)
        for label in others
    }
    shown = sorted(others, key=lambda label: -totals[label])[:_MAX_OTHER_LABELS]
    return [label for label in labels if label in COLOURS or label in shown]


def _colour(label: str, chosen: Sequence[str]) -> str:
    return label_colour(label, chosen) if label in chosen else _OTHERS


def _draw_wave(axes: Axes, low: np.ndarray, high: np.ndarray, length: float) -> None:
    times = (np.arange(len(low)) + 0.5) * length / max(1, len(low))
    axes.fill_between(times, low, high, color=INK, linewidth=0)
    axes.set_ylabel("samples", size=8)
    axes.tick_params(labelbottom=False, labelsize=8)


def _names(stretches: Sequence[Stretch], inches: float) -> list[tuple[float, str, bool]]:
    """Return the middle, the label and whether it is upright, of each part with one label that is wide enough."""
    names = []
    for label, group in itertools.groupby(stretches, key=lambda stretch: stretch.label):
        parts = list(group)
        width = (parts[-1].end - parts[0].start) * inches
        upright = text_width(label, _TEXT_SIZE) + 0.06 > width
        if label and width >= _MIN_WIDTH:
            text = shorten(label, _MAX_NAME, _TEXT_SIZE) if upright else label
            names.append(((parts[0].start + parts[-1].end) / 2, text, upright))
    return names


def _write_name(sheet: Sheet, x: float, y: float, name: str, *, upright: bool) -> None:
    style: dict[str, Any] = {"rotation": 90, "rotation_mode": "default"} if upright else {}
    sheet.text(x, y, name, size=_TEXT_SIZE, ha="center", va="bottom", **style)


def _draw_band(axes: Axes, stretches: Sequence[Stretch], chosen: Sequence[str]) -> None:
    """Draw the most probable label over time: pale with several labels in the set, hatched if not reliable."""
    for stretch in stretches:
        if stretch.state != "none":
            style = _band_style(_colour(stretch.label, chosen), stretch.state)
            axes.add_patch(Rectangle((stretch.start, 0), stretch.seconds, 1, linewidth=0, **style))
    axes.set_ylim(0, 1)
    axes.set_yticks([])
    axes.tick_params(labelbottom=False)
    axes.spines["left"].set_visible(False)


def _band_style(colour: str, state: State) -> dict[str, Any]:
    pale = tuple(0.35 * value + 0.65 for value in to_rgb(colour))
    if state == "unreliable":
        return {"facecolor": pale, "edgecolor": colour, "hatch": "//////"}
    return {"facecolor": colour if state == "sure" else pale}


def _draw_probabilities(
    axes: Axes, predictions: Sequence[ClipPrediction], labels: Sequence[str], chosen: Sequence[str]
) -> None:
    """Stack the probabilities of each window; a window without a prediction is empty, an unreliable one pale."""
    rows = [window.prediction.probabilities if window.prediction else {} for window in predictions]
    shares = {label: np.array([row.get(label, 0.0) for row in rows]) for label in labels}
    stacked = {label: shares[label] for label in chosen}
    if len(chosen) < len(labels):
        stacked[_REST] = np.sum([shares[label] for label in labels if label not in chosen], axis=0)
    borders, base = window_borders(predictions), np.zeros(len(predictions))
    for label, share in stacked.items():
        axes.stairs(
            base + share, borders, baseline=base, fill=True, color=_colour(label, chosen), label=label, linewidth=0
        )
        base = base + share
    unreliable = [float(bool(window.prediction and not window.prediction.reliable)) for window in predictions]
    if any(unreliable):
        axes.stairs(unreliable, borders, fill=True, color="white", alpha=0.65, linewidth=0)
    axes.set_ylim(0, 1)
    axes.set_ylabel("probability", size=8)
    axes.set_xlabel("seconds", size=8)
    axes.tick_params(labelsize=8)
    handles, names = axes.get_legend_handles_labels()
    names = [shorten(name, _RIGHT - 0.55, 8.5) for name in names]
    axes.legend(handles[::-1], names[::-1], loc="center left", bbox_to_anchor=(1.01, 0.5))


def _draw_keys(sheet: Sheet, stretches: Sequence[Stretch]) -> None:
    """Explain the looks of the band that occur."""
    x, states = _LEFT, {stretch.state for stretch in stretches}
    for state, text in _KEYS.items():
        if state in states:
            axes = sheet.axes(x, 0.14, 0.24, 0.12)
            axes.set_axis_off()
            style = {"facecolor": "white", "edgecolor": FAINT} if state == "none" else _band_style(FAINT, state)
            axes.add_patch(Rectangle((0, 0), 1, 1, linewidth=0.8 if state == "none" else 0, **style))
            sheet.text(x + 0.3, 0.15, text, size=8, color=FAINT)
            x += text_width(text, 8) + 0.6

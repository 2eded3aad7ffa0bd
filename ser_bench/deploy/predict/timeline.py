"""A picture of a recording: its waveform, and the probability of each label over time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ser_bench.audio import open_stream
from ser_bench.core.files import atomic_write
from ser_bench.core.labels import COLOURS
from ser_bench.core.text import escape_undecodable, plural, speaker_count
from ser_bench.deploy.model import TrainedModel
from ser_bench.deploy.predict.batch import ClipPrediction
from ser_bench.deploy.predict.windows import envelope
from ser_bench.report.charts.render import render
from ser_bench.report.charts.style import FAINT, INK, WIDTH, styled, titled_sheet

_OTHERS = tuple(COLOURS.values())
_BODY, _LEFT, _RIGHT = 3.6, 0.7, 1.45


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
    info = model.info
    synthetic = " of synthetic speech" if info.synthetic else ""
    sheet = titled_sheet(
        f"{escape_undecodable(Path(predictions[0].clip).name)}, by {info.model.name}",
        [
            f"trained on {plural(info.corpus.clips, 'clip')}{synthetic}, "
            f"{speaker_count(info.corpus.speakers)} of {info.corpus.title}"
        ],
        _cautions(model, predictions),
        body=_BODY,
        synthetic=info.synthetic,
    )
    across = WIDTH - _LEFT - _RIGHT
    wave, shares = sheet.axes(_LEFT, 2.6, across, 0.85), sheet.axes(_LEFT, 0.5, across, 2.0)
    length = _draw_wave(wave, recording)
    _draw_probabilities(shares, predictions, model.labels)
    for axes in (wave, shares):
        axes.set_xlim(0, length)
    wave.set_xticklabels([])
    shares.set_xlabel("seconds")
    return sheet.figure


def _cautions(model: TrainedModel, predictions: Sequence[ClipPrediction]) -> list[str]:
    """Say that probabilities are not calibrated, and what hatching means where some windows are hatched."""
    cautions = [] if model.is_calibrated else ["The probabilities are not calibrated"]
    if any(window.prediction and not window.prediction.reliable for window in predictions):
        cautions.append("Hatched windows are not reliable: no speech, or unlike the training data")
    return cautions


def _draw_wave(axes: Axes, recording: Path) -> float:
    """Draw the envelope and return the length of the recording in seconds."""
    low, high, length = envelope(open_stream(recording))
    times = (np.arange(len(low)) + 0.5) * length / max(1, len(low))
    axes.fill_between(times, low, high, color=INK, linewidth=0)
    axes.set_ylabel("samples", color=FAINT)
    return length


def _draw_probabilities(axes: Axes, predictions: Sequence[ClipPrediction], labels: Sequence[str]) -> None:
    """Stack the probabilities at the middle of each window; a window without a prediction is empty."""
    middles = [((window.start or 0.0) + (window.end or 0.0)) / 2 for window in predictions]
    rows = [window.prediction.probabilities if window.prediction else {} for window in predictions]
    p = np.array([[row.get(label, 0.0) for label in labels] for row in rows])
    edges = (
        np.interp(np.arange(len(predictions) + 1) - 0.5, np.arange(len(predictions)), middles)
        if len(predictions) > 1
        else []
    )
    first, last = predictions[0].start or 0.0, predictions[-1].end or 0.0
    borders = np.concatenate([[first], np.asarray(edges)[1:-1], [last]])  # each prediction extends halfway to the next
    colours = [COLOURS.get(label, _OTHERS[k % len(_OTHERS)]) for k, label in enumerate(labels)]
    base = np.zeros(len(predictions))
    for label, colour, share in zip(labels, colours, p.T, strict=True):
        axes.stairs(base + share, borders, baseline=base, fill=True, color=colour, label=label, linewidth=0)
        base = base + share
    unreliable = [float(bool(window.prediction and not window.prediction.reliable)) for window in predictions]
    if any(unreliable):
        axes.stairs(unreliable, borders, fill=True, facecolor="none", edgecolor=INK, hatch="///", linewidth=0)
    axes.set_ylim(0, 1)
    axes.set_ylabel("probability")
    handles, names = axes.get_legend_handles_labels()
    axes.legend(handles[::-1], names[::-1], loc="center left", bbox_to_anchor=(1.01, 0.5))

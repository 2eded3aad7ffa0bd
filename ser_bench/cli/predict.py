"""``ser-bench predict``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ser_bench.cli.options import PATH, load_plugin, option
from ser_bench.core.console import Console
from ser_bench.core.errors import AudioError, ConfigError, ModelFileError
from ser_bench.core.files import atomic_write, ensure_writable
from ser_bench.core.terminal import terminal_width
from ser_bench.core.text import escape_control, grouped_by_sentence

if TYPE_CHECKING:
    import numpy as np

    from ser_bench.deploy import TrainedModel
    from ser_bench.deploy.predict.batch import ClipPrediction

_MIN_FOR_PROGRESS = 20
"""Fewer clips are predicted without a progress bar."""
_DEFAULT_WINDOW = 3.0
_DAY_SECONDS = 86_400


@dataclass(frozen=True)
class _Request:
    """The validated options of a prediction: window and hop in seconds, coverage, output format and files."""

    window: float | None
    hop: float
    coverage: float
    timeline: Path | None
    form: str
    output: Path | None


@click.command(name="predict")
@click.argument("file", type=PATH)
@click.argument("clips", nargs=-1, metavar="CLIP…")
@click.option(
    "--json",
    "form",
    flag_value="json",
    help="Print a list of objects: clip, emotion, probabilities, set, reliable, …",
)
@click.option("--csv", "form", flag_value="csv", help="Print a row per clip with a column per label.")
@click.option("-o", "--output", type=PATH, metavar="FILE", help="Write to this file instead of the terminal.")
@click.option(
    "--coverage",
    type=float,
    default=0.9,
    show_default=True,
    metavar="SHARE",
    help="Share of clips of new speakers whose prediction set holds the true label, 0.5 to below 1.",
)
@click.option("--window", type=float, metavar="SECONDS", help="Predict windows of this length, over time.")
@click.option("--hop", type=float, metavar="SECONDS", help="Step between windows. [default: a third of the window]")
@click.option("--timeline", type=PATH, metavar="FILE.png", help="Draw the predictions for one clip over time.")
@click.option("--microphone", type=float, metavar="SECONDS", help="Record a clip; needs the extra [microphone].")
@option("plugin", help="Register the feature sets and the model that FILE needs.")
@click.option("-q", "--quiet", is_flag=True, help="Print no progress and no table.")
def command(
    file: Path, clips: tuple[str, ...], microphone: float | None, plugin: Path | None, quiet: bool, **values: Any
) -> int:
    """Predict the emotion of clips with FILE, a model file of ser-bench train.

    A CLIP is an audio file, a folder (every audio file in it) or - (one file on standard input). The predicted label
    is in "emotion" for every target. An unreadable clip is named on standard error; the exit status is then 2. Warnings
    name the part of a clip that was not used, and how the clip differs from the training clips.

    \b
    Examples:
      ser-bench predict svm.ser clip.wav recordings/ --json
      ser-bench predict svm.ser lecture.flac --window 3 --hop 1 --timeline lecture.png
    """
    request = _validate(clips, microphone, **values)
    from ser_bench.deploy import load_model

    load_plugin(plugin)
    model = load_model(file)
    console = Console(quiet=quiet)
    recording = _record(microphone) if microphone else None
    predictions = _predict(model, clips, request, recording, console)
    console.close()
    failed = [prediction for prediction in predictions if prediction.failed]
    for prediction in failed:
        click.echo(escape_control(f"ser-bench: {prediction.clip}: {prediction.error}"), err=True)
    _write(model, predictions, request, console)
    return 2 if failed else 0


def _validate(
    clips: Sequence[str],
    microphone: float | None,
    *,
    window: float | None,
    hop: float | None,
    coverage: float,
    timeline: Path | None,
    form: str | None,
    output: Path | None,
) -> _Request:
    """Return the options as a request."""
    from ser_bench.deploy.coverage import check_coverage

    if not clips and not microphone:
        raise click.UsageError("name a clip, a folder, - for standard input, or --microphone SECONDS")
    if clips.count("-") > 1:
        raise ConfigError("standard input can be read only once; give - once")
    for name, value in (("--window", window), ("--hop", hop), ("--microphone", microphone)):
        if value is not None and not 0 < value < _DAY_SECONDS:
            raise ConfigError(f"invalid value for {name}: expected 0 to {_DAY_SECONDS:,} seconds, got {value:g}")
    if window is None and (hop or timeline):
        window = _DEFAULT_WINDOW
    if window and microphone:
        raise ConfigError("--window, --hop and --timeline need files; leave them out with --microphone")
    if window and hop and hop > window:
        raise ConfigError(f"invalid value for --hop: expected at most --window ({window:g} s), got {hop:g}")
    _check_files(output, timeline)
    return _Request(
        window, hop or (window or _DEFAULT_WINDOW) / 3, check_coverage(coverage), timeline, form or "table", output
    )


def _check_files(output: Path | None, timeline: Path | None) -> None:
    """Raise an error if a file cannot be written."""
    if timeline and timeline.suffix.lower() not in (".png", ".svg"):
        raise ConfigError(f"invalid value for --timeline: expected a name that ends in .png or .svg, got {timeline}")
    for file, name in ((output, "-o"), (timeline, "--timeline")):
        if file is not None:
            ensure_writable(file.parent, ModelFileError, name)


def _record(seconds: float) -> tuple[np.ndarray, int]:
    """Return samples from the microphone and their rate in Hz."""
    from ser_bench.deploy.predict import microphone

    click.echo(f"recording {seconds:g} s …", err=True)
    try:
        return microphone.record(seconds)
    except AudioError as error:
        raise ModelFileError(str(error)) from None


def _predict(
    model: TrainedModel,
    clips: Sequence[str],
    request: _Request,
    recording: tuple[np.ndarray, int] | None,
    console: Console,
) -> list[ClipPrediction]:
    """Return the predictions for every clip or window, and draw the timeline."""
    from ser_bench.deploy.predict.batch import expand_folders, files_on_disk, predict_clips, predict_windows

    names = expand_folders(clips)
    if request.timeline and len(names) != 1:
        raise ConfigError(f"--timeline needs one recording, got {len(names)}")
    many = len(names) >= _MIN_FOR_PROGRESS
    advance = console.start(len(names), "predicting", "clip", len(names)) if many else lambda share: None
    predictions: list[ClipPrediction] = []
    windows = (request.window or 0.0, request.hop, request.coverage)
    with files_on_disk(names) as paths:
        if request.window:
            for name in names:
                predictions += predict_windows(model, name, paths[name], *windows)
                advance(1)
        else:
            for prediction in predict_clips(model, [(name, paths[name]) for name in names], request.coverage):
                predictions.append(prediction)
                advance(1)
        if request.timeline and not any(prediction.failed for prediction in predictions):
            from ser_bench.deploy.predict import timeline

            timeline.draw(model, predictions, paths[names[0]], request.timeline)
    if recording:
        predictions += predict_clips(model, [("microphone", recording)], request.coverage)
    return predictions


def _write(model: TrainedModel, predictions: Sequence[ClipPrediction], request: _Request, console: Console) -> None:
    """Write the predictions to the output file or print them."""
    from ser_bench.deploy import describe
    from ser_bench.deploy.predict import output

    over_time = bool(request.window)
    if request.form == "json":
        text = output.as_json(predictions)
    elif request.form == "csv":
        text = output.as_csv(predictions, model.labels, over_time=over_time)
    else:
        width = terminal_width() if request.output is None and sys.stdout.isatty() else None
        text = output.as_table(predictions, over_time=over_time, coverage=request.coverage, width=width)
    if model.info.synthetic:
        console.warning(describe.SYNTHETIC)
    if warning := describe.coverage_warning(model.info, request.coverage):
        console.warning(warning)
    if request.form == "table":
        for warning in grouped_by_sentence((clip.clip, text) for clip in predictions for text in clip.warnings):
            console.warning(warning)
    if request.output is not None:
        with atomic_write(request.output) as temporary:
            temporary.write_text(text + "\n", encoding="utf-8", errors="backslashreplace")
        console.info(f"predictions: {request.output}")
    elif request.form == "table":
        console.info(text)
    else:
        # CSV has no escapes: a program reads names unchanged, a terminal gets control characters escaped
        click.echo(escape_control(text) if sys.stdout.isatty() else text)
    if request.timeline is not None and request.timeline.is_file():
        click.echo(f"timeline: {request.timeline}", err=True)

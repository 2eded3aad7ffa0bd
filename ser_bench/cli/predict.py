"""``ser-bench predict``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ser_bench.core.console import Console
from ser_bench.core.errors import AudioError, ConfigError, ModelFileError
from ser_bench.core.files import atomic_write, ensure_writable
from ser_bench.core.text import escape_control

if TYPE_CHECKING:
    from ser_bench.deploy import TrainedModel
    from ser_bench.deploy.predict.batch import ClipPrediction

_MANY = 20


@dataclass(frozen=True)
class _Asked:
    """What was asked for, checked."""

    window: float | None
    hop: float
    timeline: Path | None
    form: str
    output: Path | None


@click.command(name="predict")
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("clips", nargs=-1, metavar="CLIP…")
@click.option("--json", "form", flag_value="json", help="A list of objects: clip, emotion, probabilities.")
@click.option("--csv", "form", flag_value="csv", help="A row per clip, a column per label.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Write there, not to the terminal."
)
@click.option("--window", type=float, metavar="SECONDS", help="Answer for windows of this length, over time.")
@click.option("--hop", type=float, metavar="SECONDS", help="From one window to the next. [default: a third of it]")
@click.option(
    "--timeline", type=click.Path(path_type=Path), metavar="FILE.png", help="Draw the answers over time, of one clip."
)
@click.option("--microphone", type=float, metavar="SECONDS", help="Record a clip; needs the extra [microphone].")
@click.option("-q", "--quiet", is_flag=True, help="No progress, no table.")
def command(file: Path, clips: tuple[str, ...], microphone: float | None, quiet: bool, **given: Any) -> int:
    """Tell the emotion of clips, by the model that ser-bench train kept in FILE.

    A CLIP is an audio file, a folder (all audio files below it) or - (the bytes of one file on standard input).
    The label stands under "emotion" whatever the model predicts. A clip that cannot be used is named on standard
    error, the others are answered, and the exit status is 2.

    \b
    Examples:
      ser-bench predict svm.ser clip.wav recordings/ --json
      ser-bench predict svm.ser lecture.flac --window 3 --hop 1 --timeline lecture.png
    """
    asked = _checked(clips, microphone, **given)
    from ser_bench.deploy import load_model

    model = load_model(file)
    console = Console(quiet=quiet)
    recorded = _record(microphone, console) if microphone else None
    told = _tell(model, clips, asked, recorded, console)
    console.close()
    for one in told:
        if one.failed:
            click.echo(escape_control(f"ser-bench: {one.clip}: {one.error}"), err=True)
    _show(model, told, asked, console)
    return 2 if any(one.failed for one in told) else 0


def _checked(
    clips: Sequence[str],
    microphone: float | None,
    *,
    window: float | None,
    hop: float | None,
    timeline: Path | None,
    form: str | None,
    output: Path | None,
) -> _Asked:
    if not clips and not microphone:
        raise click.UsageError("name a clip, a folder, - for standard input, or --microphone SECONDS")
    if clips.count("-") > 1:
        raise ConfigError("standard input, -, can be read only once")
    for name, value in (("--window", window), ("--hop", hop), ("--microphone", microphone)):
        if value is not None and not 0 < value < 86_400:
            raise ConfigError(f"{name} {value:g}: must be more than 0 seconds and less than a day")
    if window is None and (hop or timeline):
        window = 3.0
    if window and microphone:
        raise ConfigError("--microphone records one clip; --window, --hop and --timeline are for files")
    if window and hop and hop > window:
        raise ConfigError(f"--hop {hop:g} is longer than --window {window:g}, and would leave sound out")
    if timeline and timeline.suffix.lower() not in (".png", ".svg"):
        raise ConfigError(f"cannot draw {timeline}: its name must end in .png or .svg")
    for file, option in ((output, "-o"), (timeline, "--timeline")):
        if file is not None:
            ensure_writable(file.parent, ModelFileError, option)
    return _Asked(window, hop or (window or 3.0) / 3, timeline, form or "table", output)


def _record(seconds: float, console: Console) -> tuple:
    from ser_bench.deploy.predict import microphone

    click.echo(f"recording {seconds:g} s …", err=True)
    try:
        return microphone.record(seconds)
    except AudioError as error:
        raise ModelFileError(str(error)) from None


def _tell(
    model: TrainedModel, clips: Sequence[str], asked: _Asked, recorded: tuple | None, console: Console
) -> list[ClipPrediction]:
    from ser_bench.deploy.predict.batch import expand_folders, files_on_disk, predict_clips, predict_windows

    names = expand_folders(clips)
    advance = console.start(len(names), "predicting", "clip", len(names)) if len(names) >= _MANY else lambda share: None
    told: list[ClipPrediction] = []
    with files_on_disk(names) as paths:
        if asked.timeline and len(names) != 1:
            raise ConfigError(f"--timeline draws one recording, and there are {len(names)}")
        if asked.window:
            for name in names:
                told += predict_windows(model, name, paths[name], asked.window, asked.hop)
                advance(1)
        else:
            for one in predict_clips(model, [(name, paths[name]) for name in names]):
                told.append(one)
                advance(1)
        if asked.timeline and not any(one.failed for one in told):
            from ser_bench.deploy.predict import timeline

            timeline.draw(model, told, paths[names[0]], asked.timeline)
    return told + (list(predict_clips(model, [("microphone", recorded)])) if recorded else [])


def _show(model: TrainedModel, told: Sequence[ClipPrediction], asked: _Asked, console: Console) -> None:
    from ser_bench.deploy import describe
    from ser_bench.deploy.predict import output as formats

    over_time = bool(asked.window)
    if asked.form == "json":
        text = formats.as_json(told)
    elif asked.form == "csv":
        text = formats.as_csv(told, model.labels, over_time=over_time)
    else:
        text = formats.as_table(told, over_time=over_time)
    if model.info.synthetic:
        console.warning(describe.SYNTHETIC)
    if asked.output is not None:
        with atomic_write(asked.output) as temporary:
            temporary.write_text(text + "\n", encoding="utf-8", errors="backslashreplace")
        console.info(f"answers: {asked.output}")
    elif asked.form == "table":
        console.info(text)
    else:
        # CSV has no escapes: a program gets names as they are, a terminal as it may have them
        click.echo(escape_control(text) if sys.stdout.isatty() else text)
    if asked.timeline is not None and asked.timeline.is_file():
        click.echo(f"timeline: {asked.timeline}", err=True)

"""``ser-bench explore``."""

from __future__ import annotations

from pathlib import Path

import click

from ser_bench.cli.console import Console
from ser_bench.errors import AudioError, ConfigError

_PATH = click.Path(path_type=Path)


@click.command(name="explore")
@click.argument("clips", type=_PATH, nargs=-1, required=True, metavar="CLIP...")
@click.option(
    "-o",
    "--output",
    type=_PATH,
    metavar="FILE|DIR",
    help="The picture of a clip, .png or .svg, or the folder of several. [default: results/explore]",
)
@click.option("--compare", is_flag=True, help="Two to four clips side by side, on common scales.")
@click.option("--play", is_flag=True, help="Play each clip, too, where the machine can.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing.")
def command(
    clips: tuple[Path, ...],
    output: Path | None,
    compare: bool,
    play: bool,
    quiet: bool,
) -> int:
    """Draw what a CLIP sounds like: waveform, spectrograms, MFCC, chroma, F0, energy and zero-crossing rate.

    \b
    Examples:
      ser-bench explore RAVDESS/Actor_12/03-01-05-02-01-01-12.wav -o angry.png --play
      ser-bench explore angry.wav sad.wav --compare -o both.svg
    """
    return _clips(clips, output, Console(quiet=quiet), compare=compare, play=play)


def _clips(clips: tuple[Path, ...], output: Path | None, console: Console, *, compare: bool, play: bool) -> int:
    from ser_bench import explore
    from ser_bench.explore import playing
    from ser_bench.explore.clip import read
    from ser_bench.explore.clip_figure import MOST_BESIDE, draw

    if compare and not 2 <= len(clips) <= MOST_BESIDE:
        raise ConfigError(f"--compare sets 2 to {MOST_BESIDE} clips side by side, and {len(clips)} are named")
    files = explore.picture_files(clips, output, together=compare)
    groups = [clips] if compare else [(clip,) for clip in clips]
    unusable = None
    for paths, file in zip(groups, files, strict=True):
        try:
            shown = [read(path) for path in paths]
        except AudioError as error:
            if unusable:
                console.warn(str(error))
            unusable = unusable or error
            continue
        explore.write_picture(draw(shown), file, shades=True)
        console.say(f"picture: {file}")
        for clip in shown if play else ():
            console.say(playing.play(clip))
    if unusable:
        raise unusable
    return 0

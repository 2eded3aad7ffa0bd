"""``ser-bench explore``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click

from ser_bench.cli.options import common_options, corpus_options, gather
from ser_bench.core.console import Console
from ser_bench.core.errors import AudioError, ConfigError, ExportError
from ser_bench.core.files import ensure_writable
from ser_bench.core.options import Options

_PATH = click.Path(path_type=Path)


@click.command(name="explore")
@click.argument("clips", type=_PATH, nargs=-1, metavar="[CLIP]...")
@click.option(
    "-o",
    "--output",
    type=_PATH,
    metavar="FILE|DIR",
    help="The picture of a clip, .png or .svg; the folder of several, or of a corpus. "
    "[default: results/explore, of a corpus results/NAME-explore]",
)
@click.option("--compare", is_flag=True, help="Two to four clips side by side, on common scales.")
@click.option("--play", is_flag=True, help="Play each clip, too, where the machine can.")
@corpus_options
@click.option("--seed", type=int, metavar="N", help="Of the projection, and of what a large corpus shows. [default: 0]")
@common_options
def command(
    clips: tuple[Path, ...],
    output: Path | None,
    compare: bool,
    play: bool,
    config_file: str | None,
    quiet: bool,
    verbose: bool,
    **given: Any,
) -> int:
    """Draw what a CLIP sounds like, or what a corpus is made of.

    Of a clip: waveform, spectrograms, MFCC, chroma, F0, energy and zero-crossing rate. Of a corpus: clips by class and
    speaker, durations, levels, silence, F0 by emotion and gender, and a map of its features by emotion and by speaker.

    \b
    Examples:
      ser-bench explore RAVDESS/Actor_12/03-01-05-02-01-01-12.wav -o angry.png --play
      ser-bench explore angry.wav sad.wav --compare -o both.svg
      ser-bench explore --corpus ravdess --data-dir RAVDESS
    """
    console = Console(quiet=quiet, verbose=verbose)
    asked = [name for name in ("corpus", "data_dir") if given[name]]
    if clips and asked:
        raise ConfigError(f"explore draws clips or a corpus; leave out the clips, or --{asked[0].replace('_', '-')}")
    if clips:
        return _clips(clips, output, console, compare=compare, play=play)
    if compare or play:
        raise ConfigError("--compare and --play are for clips: name their files")
    if not asked and not config_file:
        raise ConfigError("name the clips to draw, or a corpus: ser-bench explore --corpus NAME")
    return _corpus(gather(config_file, given), output, console)


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
                console.warning(str(error))
            unusable = unusable or error
            continue
        explore.write_picture(draw(shown), file, shades=True)
        console.info(f"picture: {file}")
        for clip in shown if play else ():
            console.info(playing.play(clip))
    if unusable:
        raise unusable
    return 0


def _corpus(options: Options, output: Path | None, console: Console) -> int:
    from ser_bench import explore
    from ser_bench.explore.corpus import explore as measure
    from ser_bench.explore.map_figure import caption

    begun = time.perf_counter()
    if output is not None and output.suffix.lower() in (".png", ".svg"):
        raise ConfigError(f"a corpus gets several pictures, and {output} is one file; name a folder with -o")
    if output is not None:
        ensure_writable(output, ExportError, "-o")
    explored = measure(options, console)
    folder = output or Path("results", f"{explored.corpus.name}-explore")
    files = explore.write_corpus(explored, folder)
    console.close()
    for path in files:
        console.detail(str(path))
    console.info(f"{explored.line}\n{caption(explored)}")
    console.info(
        f"{len(files)} files written in {folder}/ (explore.md, clips.csv) in {time.perf_counter() - begun:.1f} s"
    )
    return 0

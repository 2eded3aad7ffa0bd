"""``ser-bench explore``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click

from ser_bench.cli.options import PATH, common_options, corpus_options, gather, option
from ser_bench.core.console import Console
from ser_bench.core.errors import AudioError, ConfigError, ExportError
from ser_bench.core.files import ensure_writable
from ser_bench.core.options import Options


@click.command(name="explore")
@click.argument("clips", type=PATH, nargs=-1, metavar="[CLIP]...")
@click.option(
    "-o",
    "--output",
    type=PATH,
    metavar="FILE|DIR",
    help="The picture of a clip, .png or .svg; the folder for several clips or a corpus. "
    "[default: results/explore, for a corpus results/NAME-explore]",
)
@click.option("--compare", is_flag=True, help="Draw two to four clips side by side, on common scales.")
@click.option("--play", is_flag=True, help="Also play each clip, if this machine can.")
@corpus_options
@option("seed", help="Random seed of the projection and of the sample of a large corpus.")
@common_options
def command(
    clips: tuple[Path, ...],
    output: Path | None,
    compare: bool,
    play: bool,
    config_file: str | None,
    quiet: bool,
    verbose: bool,
    **values: Any,
) -> int:
    """Draw pictures of a CLIP or of a corpus.

    For a clip: waveform, spectrograms, MFCC, chroma, F0, energy and zero-crossing rate. For a corpus: clips by class
    and speaker, durations, levels, silence, F0 by emotion and gender, and maps of its features, one per emotion and
    one per speaker.

    \b
    Examples:
      ser-bench explore RAVDESS/Actor_12/03-01-05-02-01-01-12.wav -o angry.png --play
      ser-bench explore angry.wav sad.wav --compare -o both.svg
      ser-bench explore --corpus ravdess --data-dir RAVDESS
    """
    console = Console(quiet=quiet, verbose=verbose)
    corpus_names = [f"--{name.replace('_', '-')}" for name in ("corpus", "data_dir") if values[name]]
    if clips and corpus_names:
        raise ConfigError(f"explore draws clips or a corpus, not both; leave out the clips or {corpus_names[0]}")
    if clips:
        return _draw_clips(clips, output, console, compare=compare, play=play)
    if compare or play:
        raise ConfigError("--compare and --play need clips; name their files")
    if not corpus_names and not config_file:
        raise ConfigError("nothing to draw; name clips, or a corpus: ser-bench explore --corpus NAME")
    return _draw_corpus(gather(config_file, values), output, console)


def _draw_clips(clips: tuple[Path, ...], output: Path | None, console: Console, *, compare: bool, play: bool) -> int:
    """Draw each clip, or one picture of all of them; unreadable clips are reported at the end."""
    from ser_bench import explore
    from ser_bench.explore import playing
    from ser_bench.explore.clip import read_clip
    from ser_bench.explore.clip_figure import MAX_COMPARED, draw_clips

    if compare and not 2 <= len(clips) <= MAX_COMPARED:
        raise ConfigError(f"--compare needs 2 to {MAX_COMPARED} clips, got {len(clips)}")
    files = explore.picture_files(clips, output, together=compare)
    groups = [clips] if compare else [(clip,) for clip in clips]
    first_error = None
    for paths, file in zip(groups, files, strict=True):
        try:
            readings = [read_clip(path) for path in paths]
        except AudioError as error:
            if first_error:
                console.warning(str(error))
            first_error = first_error or error
            continue
        explore.write_picture(draw_clips(readings), file, full_colour=True)
        console.info(f"picture: {file}")
        for clip in readings if play else ():
            console.info(playing.play(clip))
    if first_error:
        raise first_error
    return 0


def _draw_corpus(options: Options, output: Path | None, console: Console) -> int:
    """Draw the pictures of a corpus into a folder."""
    from ser_bench import explore
    from ser_bench.explore.corpus import explore_corpus
    from ser_bench.explore.findings import neighbours_caption
    from ser_bench.report import glyph_warning

    started = time.perf_counter()
    if output is not None and output.suffix.lower() in (".png", ".svg"):
        raise ConfigError(f"a corpus gives several pictures, but {output} is one file; name a folder with -o")
    if output is not None:
        ensure_writable(output, ExportError, "-o")
    explored = explore_corpus(options, console)
    folder = output or Path("results", f"{explored.corpus.name}-explore")
    files = explore.write_corpus(explored, folder)
    if warning := glyph_warning((*explored.clips["emotion"], *explored.clips["speaker"])):
        console.warning(warning)
    console.close()
    for path in files:
        console.detail(str(path))
    console.info(f"{explored.summary}\n{neighbours_caption(explored)}")
    seconds = time.perf_counter() - started
    console.info(f"{len(files)} files written in {folder}/ (explore.md, clips.csv) in {seconds:.1f} s")
    return 0

"""``ser-bench explore``."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ser_bench.cli.options import PATH, common_options, corpus_options, gather, load_plugin, option
from ser_bench.core.console import Console
from ser_bench.core.errors import AudioError, ConditionError, ConfigError, ExportError, SerBenchError
from ser_bench.core.files import ensure_writable
from ser_bench.core.options import Options

if TYPE_CHECKING:
    from ser_bench.audio.conditions import Condition
    from ser_bench.explore.clip import Clip


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
@click.option(
    "--condition",
    metavar="NAME",
    help="Change the clips by a recording condition, such as phone, white-10 or room-0.6; ser-bench conditions lists "
    "them. With --compare, one clip is drawn as recorded and changed.",
)
@click.option(
    "--save",
    type=PATH,
    metavar="FILE.wav|DIR",
    help="Write the changed clip as audio, to hear it; a folder for several clips.",
)
@corpus_options
@option("seed", help="Random seed of the projection and of the sample of a large corpus.")
@common_options
def command(
    clips: tuple[Path, ...],
    output: Path | None,
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
      ser-bench explore angry.wav --condition phone --compare --save angry-on-the-phone.wav
      ser-bench explore --corpus ravdess --data-dir RAVDESS
    """
    console = Console(quiet=quiet, verbose=verbose)
    compare, play, condition, save = (values.pop(name) for name in ("compare", "play", "condition", "save"))
    corpus_names = [f"--{name.replace('_', '-')}" for name in ("corpus", "data_dir") if values[name]]
    if clips and corpus_names:
        raise ConfigError(f"explore draws clips or a corpus, not both; leave out the clips or {corpus_names[0]}")
    if save and condition is None:
        raise ConfigError("--save writes a changed clip; name a condition, such as --condition phone")
    if clips:
        load_plugin(values["plugin"])  # it may define the condition
        return _draw_clips(_Drawing(clips, output, compare, play, _condition(condition), save), console)
    if compare or play:
        raise ConfigError("--compare and --play need clips; name their files")
    if condition is not None:
        raise ConfigError("--condition needs clips; for a corpus, see ser-bench run --conditions")
    if not corpus_names and not config_file:
        raise ConfigError("nothing to draw; name clips, or a corpus: ser-bench explore --corpus NAME")
    return _draw_corpus(gather(config_file, values), output, console)


@dataclass(frozen=True)
class _Drawing:
    """The clips to draw, and how."""

    clips: tuple[Path, ...]
    output: Path | None
    compare: bool
    play: bool
    condition: Condition | None
    save: Path | None


def _condition(name: str | None) -> Condition | None:
    """Return the one condition that the option names."""
    if name is None:
        return None
    from ser_bench.audio import conditions

    if name == conditions.CLEAN:
        raise ConfigError("condition clean is the clip as recorded; leave out --condition")
    several = conditions.parse([name]) if name in ("all", *conditions.families()) else ()
    if several or "," in name:
        example = several[0].name if several else name.split(",")[0]
        raise ConfigError(f"--condition takes one condition, got {name!r}; name one, such as {example}")
    return conditions.get(name)


def _draw_clips(job: _Drawing, console: Console) -> int:
    """Draw each clip, or one picture of all of them; unusable clips are reported at the end."""
    from ser_bench import explore
    from ser_bench.explore import saving
    from ser_bench.explore.clip_figure import MAX_COMPARED

    clips, condition, count = job.clips, job.condition, len(job.clips)
    if job.compare and not (1 if condition else 2) <= count <= MAX_COMPARED:
        alone = "" if condition else "; with --condition, one clip is enough"
        raise ConfigError(f"--compare needs 2 to {MAX_COMPARED} clips, got {count}{alone}")
    files = explore.picture_files(clips, job.output, together=job.compare, condition=condition)
    audio_files = saving.audio_files(clips, job.save, condition) if job.save and condition else []
    first_error: SerBenchError | None = None
    step = count if job.compare else 1
    for start, file in zip(range(0, count, step), files, strict=True):
        try:
            _draw_together(job, slice(start, start + step), file, audio_files, console)
        except (AudioError, ConditionError) as error:
            if first_error:
                console.warning(str(error))
            first_error = first_error or error
    if first_error:
        raise first_error
    return 0


def _draw_together(job: _Drawing, part: slice, file: Path, audio_files: Sequence[Path], console: Console) -> None:
    """Draw some of the clips in one picture; say what the condition changes, and save and play them."""
    from ser_bench import explore
    from ser_bench.explore import playing, saving
    from ser_bench.explore.clip import all_samples, read_clip
    from ser_bench.explore.clip_figure import draw_clips

    clean = [read_clip(path) for path in job.clips[part]]
    drawn = changed = [read_clip(clip.path, job.condition) for clip in clean] if job.condition else clean
    if job.condition and job.compare and len(clean) == 1:
        drawn = [*clean, *changed]
    notes = [_note(*pair) for pair in zip(clean, changed, strict=True)] if job.condition else []
    explore.write_picture(draw_clips(drawn, notes), file, full_colour=True)
    console.info("\n".join((f"picture: {file}", *notes)))
    for clip, audio_file in zip(changed, audio_files[part], strict=bool(job.save)):
        console.info(f"audio: {saving.save_audio(audio_file, *all_samples(clip))}")
    for clip in drawn if job.play else ():
        console.info(playing.play(clip))


def _note(clean: Clip, changed: Clip) -> str:
    """Return what the condition changes about a clip."""
    from ser_bench.explore.change import change_facts

    facts = " · ".join(change_facts(clean, changed)) or "no length, level or frequency differs"
    return f"{changed.description}, against the recording: {facts}"


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

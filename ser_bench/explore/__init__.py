"""Pictures to look at before anything is fitted: of clips, and of a whole corpus."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ser_bench.core.errors import ConfigError, ExportError
from ser_bench.core.files import atomic_write, ensure_writable
from ser_bench.core.text import escape_undecodable
from ser_bench.report.charts.render import render

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ser_bench.explore.corpus import Explored

FOLDER = Path("results", "explore")
"""Where pictures of clips go unless they are told to go elsewhere."""

_KINDS = ("png", "svg")


def picture_files(clips: Sequence[Path], output: Path | None, *, together: bool) -> list[Path]:
    """Return the file of each picture: ``output``, or in that folder one by each clip's name.

    ``together`` means one picture of all clips, named after the first. Raises :class:`ConfigError` for an
    ending that is neither ``.png`` nor ``.svg``, and for one file where there are several pictures.
    """
    shown = list(clips[:1]) if together else list(clips)
    if output is None or output.is_dir() or not output.suffix:
        folder = output or FOLDER
        stems = [escape_undecodable(clip.stem) for clip in shown]
        again = [stems[:place].count(stem) for place, stem in enumerate(stems)]
        names = [f"{stem}-{count + 1}" if count else stem for stem, count in zip(stems, again, strict=True)]
        return [folder / f"{name}{'-compared' if together else ''}.png" for name in names]
    if output.suffix.lower().lstrip(".") not in _KINDS:
        raise ConfigError(f"cannot draw {output}: its name must end in .png or .svg")
    if len(shown) > 1:
        raise ConfigError(f"-o {output} is one file for {len(shown)} pictures; name a folder, or add --compare")
    return [output]


def write_picture(figure: Figure, path: Path, *, full_colour: bool = False) -> None:
    """Write a figure as the kind of file that its name ends in; raises :class:`ExportError` as :func:`write` does."""
    write(path, render(figure, path.suffix.lower().lstrip("."), full_colour=full_colour))


def write(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, making its folder; raises :class:`ExportError` where it cannot be."""
    ensure_writable(path.parent, ExportError, "-o")
    try:
        with atomic_write(path, sync=False) as temporary:
            temporary.write_bytes(data)
    except OSError as error:
        raise ExportError(f"cannot write {path}: {error.strerror or error}") from None


def write_corpus(explored: Explored, folder: Path) -> list[Path]:
    """Write a corpus's pictures, as PNG and SVG, and its numbers; return the files."""
    from ser_bench.explore import corpus_figures, map_figure, tables

    figures = {"overview": corpus_figures.overview(explored), "pitch": corpus_figures.pitch(explored)}
    if explored.method:
        figures["projection"] = map_figure.projection(explored)
    written = [folder / f"{name}.{kind}" for name in figures for kind in _KINDS]
    for path in written:
        write_picture(figures[path.stem], path)
    numbers = {"explore.md": tables.markdown(explored).encode(), "clips.csv": tables.clips_csv(explored)}
    for name, data in numbers.items():
        write(folder / name, data)
    return [*written, *(folder / name for name in numbers)]

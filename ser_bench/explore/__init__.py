"""Pictures of clips and of a corpus, to look at before fitting."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ser_bench.core.errors import ConfigError, ExportError
from ser_bench.core.files import atomic_write, ensure_writable
from ser_bench.core.text import escape_undecodable
from ser_bench.report.charts.render import FORMATS, render

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ser_bench.audio.conditions.base import Condition
    from ser_bench.explore.corpus import ExploredCorpus

DEFAULT_FOLDER = Path("results", "explore")
"""The default folder of pictures of clips."""


def picture_files(
    clips: Sequence[Path], output: Path | None, *, together: bool, condition: Condition | None = None
) -> list[Path]:
    """Choose the file of each picture.

    Parameters
    ----------
    clips : sequence of Path
    output : Path or None
        A file, or a folder for one picture per clip. Default: :data:`DEFAULT_FOLDER`.
    together : bool
        Whether one picture shows all clips; it is named after the first.
    condition : Condition, optional
        The recording condition of the clips, for the names of the files.

    Returns
    -------
    list of Path

    Raises
    ------
    ConfigError
        If the file ends neither in ``.png`` nor in ``.svg``, or is one file for several pictures.
    """
    shown = list(clips[:1]) if together else list(clips)
    if output is None or is_folder(output):
        names = output_names(shown, condition)
        return [(output or DEFAULT_FOLDER) / f"{name}{'-compared' if together else ''}.png" for name in names]
    if output.suffix.lower().lstrip(".") not in FORMATS:
        raise ConfigError(f"invalid file for a picture: {output}; its name must end in .png or .svg")
    if len(shown) > 1:
        raise ConfigError(f"-o {output} is one file for {len(shown)} pictures; give a folder, or add --compare")
    return [output]


def is_folder(output: Path) -> bool:
    """Return whether an output is a folder: one that exists, or a name without an ending.

    Parameters
    ----------
    output : Path

    Returns
    -------
    bool
    """
    return output.is_dir() or not output.suffix


def output_names(clips: Sequence[Path], condition: Condition | None = None) -> list[str]:
    """Return names for the files of clips in a folder, without an ending.

    Parameters
    ----------
    clips : sequence of Path
    condition : Condition, optional
        The recording condition, which becomes a part of the names.

    Returns
    -------
    list of str
        Each once, also where the file system ignores case.
    """
    ending = f"-{condition.name}" if condition else ""
    return _distinct([escape_undecodable(clip.stem) + ending for clip in clips])


def _distinct(names: Sequence[str]) -> list[str]:
    """Add numbers to repeated names; file systems may ignore case."""
    chosen: dict[str, str] = {}
    for name in names:
        numbered = (name, *(f"{name}-{number}" for number in range(2, len(names) + 1)))
        free = next(candidate for candidate in numbered if candidate.casefold() not in chosen)
        chosen[free.casefold()] = free
    return list(chosen.values())


def write_picture(figure: Figure, path: Path, *, full_colour: bool = False) -> None:
    """Write a figure as PNG or SVG, by the ending of the file.

    Parameters
    ----------
    figure : Figure
    path : Path
    full_colour : bool
        Keep every colour of a PNG, for images with continuous tones.

    Raises
    ------
    ExportError
        If the file cannot be written.
    """
    write_file(path, render(figure, path.suffix.lower().lstrip("."), full_colour=full_colour))


def write_corpus(explored: ExploredCorpus, folder: Path) -> list[Path]:
    """Write the pictures of a corpus, as PNG and SVG, and its tables.

    Parameters
    ----------
    explored : ExploredCorpus
    folder : Path

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    ExportError
        If a file cannot be written.
    """
    from ser_bench.explore import corpus_figures, map_figure, tables

    figures = {"overview": corpus_figures.draw_overview(explored), "pitch": corpus_figures.draw_pitch(explored)}
    if explored.method:
        figures["projection"] = map_figure.draw_map(explored)
    pictures = [folder / f"{name}.{kind}" for name in figures for kind in FORMATS]
    for path in pictures:
        write_picture(figures[path.stem], path)
    texts = {"explore.md": tables.markdown(explored).encode(), "clips.csv": tables.clips_csv(explored)}
    for name, data in texts.items():
        write_file(folder / name, data)
    return [*pictures, *(folder / name for name in texts)]


def write_file(path: Path, data: bytes, option: str = "-o") -> None:
    """Write a file whole or not at all, making its folder.

    Parameters
    ----------
    path : Path
    data : bytes
    option : str
        The option that names another folder, for the message.

    Raises
    ------
    ExportError
        If the file cannot be written.
    """
    ensure_writable(path.parent, ExportError, option)
    try:
        with atomic_write(path, sync=False) as temporary:
            temporary.write_bytes(data)
    except OSError as error:
        raise ExportError(f"cannot write {path}: {error.strerror or error}") from None

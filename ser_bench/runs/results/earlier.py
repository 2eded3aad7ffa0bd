"""An earlier run in the folder of a new one: it is kept in a numbered folder, unless the new run contains it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ser_bench.core.errors import RunError
from ser_bench.core.text import plural, shortened_list
from ser_bench.runs import results
from ser_bench.runs.results.tables import FIT_KEY

if TYPE_CHECKING:
    import pandas as pd

    from ser_bench.core.progress import Progress
    from ser_bench.runs.results.run_info import RunInfo

_ENDINGS = (".json", ".csv", ".parquet", ".md", ".tex", ".html", ".log", ".png", ".svg")
_LAST_FILE = "run.json"
_MOST_FOLDERS = 10_000


def keep_earlier_run(folder: Path, info: RunInfo, fits: pd.DataFrame, progress: Progress) -> None:
    """Copy the finished run of a folder beside it, unless each of its fits is a fit of the new run, and say so.

    Parameters
    ----------
    folder : Path
        The run folder.
    info : RunInfo
        What ``run.json`` will say about the new run.
    fits : pandas.DataFrame
        The rows of ``fits.csv`` of the new run.
    progress : Progress
        Receives where the earlier run is, or that the new run contains it.

    Raises
    ------
    RunError
        If the copy cannot be written.
    """
    if not (folder / _LAST_FILE).is_file():
        return
    try:
        earlier, earlier_fits = results.read_fits(folder)
    except results.ForeignRunError:
        progress.warning(f"{folder} held a run of another version; it is kept in {_copied(folder)}")
        return
    except RunError:
        progress.info(f"{folder} held a damaged run, which is replaced")
        return
    old, new = _names(earlier_fits), _names(fits)
    conditions = {condition.name for condition in info.conditions}
    if not old <= new or not conditions.issuperset(condition.name for condition in earlier.conditions):
        difference = _difference(earlier, info)
        progress.warning(f"{folder} held a finished run of {difference}; it is kept in {_copied(folder)}")
    elif old != new:
        progress.info(f"{folder} held a run of {shortened_list(earlier.models)}; this run contains all of its fits")
    elif earlier.identity != info.identity:
        progress.info(f"{folder} is written again with the same fits: options or descriptions of the data changed")


def _names(fits: pd.DataFrame) -> set[tuple[object, ...]]:
    """Return what identifies the finished fits of a run: their place in it and their key."""
    done = fits[fits["status"] == "ok"]
    return set(done[[*FIT_KEY, "key"]].itertuples(index=False, name=None))


def _difference(earlier: RunInfo, new: RunInfo) -> str:
    """Say how the earlier run differs."""
    if earlier.corpus.fingerprint != new.corpus.fingerprint:
        return f"other data ({earlier.corpus.title}, {plural(earlier.corpus.clips, 'clip')})"
    if models := [name for name in earlier.models if name not in new.models]:
        return f"other models ({shortened_list(models)})"
    if splits := [name for name in earlier.splits if name not in new.splits]:
        return f"other splits ({shortened_list(splits)})"
    tested = {condition.name for condition in new.conditions}
    if conditions := [condition.name for condition in earlier.conditions if condition.name not in tested]:
        return f"other recording conditions ({shortened_list(conditions)})"
    return "other options or of another version"


def _copied(folder: Path) -> Path:
    """Copy the files of a run into a new folder beside it; ``run.json`` last, so that a part of a run is none."""
    try:
        target = _new_folder(folder)
        for path in sorted(_files(folder), key=lambda path: path.name == _LAST_FILE):
            copy = target / path.relative_to(folder)
            copy.parent.mkdir(exist_ok=True)
            shutil.copy2(path, copy)
    except OSError as error:
        reason = error.strerror or error
        raise RunError(f"cannot keep the earlier run of {folder}: {reason}\nname another folder with --out") from error
    return target


def _new_folder(folder: Path) -> Path:
    """Create the first free folder of those numbered after the run folder."""
    for number in range(1, _MOST_FOLDERS):
        path = folder.parent / f"{folder.name}-earlier-{number}"
        if not folder.name:
            path = folder.absolute().parent / f"{folder.absolute().name}-earlier-{number}"
        with suppress(FileExistsError):
            path.mkdir()
            return path
    raise FileExistsError(f"{_MOST_FOLDERS:,} earlier runs")


def _files(folder: Path) -> Iterator[Path]:
    """Yield the files of a run folder that a run or its report writes."""
    for directory in (folder, folder / "charts"):
        if directory.is_dir() and not directory.is_symlink():
            for path in directory.iterdir():
                hidden = path.name.startswith(".")
                if path.suffix in _ENDINGS and not hidden and path.is_file() and not path.is_symlink():
                    yield path

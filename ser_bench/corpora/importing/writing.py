"""Write the manifest."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path

from ser_bench.core.errors import ExportError
from ser_bench.core.files import atomic_write
from ser_bench.corpora.importing.assembly import Imported
from ser_bench.corpora.importing.column import COLUMNS


def manifest_text(imported: Imported, folder: Path) -> str:
    """Return the content of the manifest.

    Parameters
    ----------
    imported
        The rows.
    folder
        The folder of the manifest; paths are relative to it.

    Returns
    -------
    str
        A CSV table; optional columns without any value are left out.
    """
    optional = [name for name in COLUMNS if name in imported.columns and name not in ("speaker", "emotion")]
    columns = ("path", "speaker", "emotion", *optional)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    base = imported.folder.absolute()
    start = _relative(base, folder.absolute())
    for row in imported.rows:
        path = start / Path(row["path"]).relative_to(base)
        writer.writerow([path.as_posix(), *(row.get(name, "") for name in columns[1:])])
    return text.getvalue()


def _relative(base: Path, folder: Path) -> Path:
    """Return a folder relative to another one; absolute on another drive of Windows.

    Above the second folder the system follows links, so both are resolved.
    """
    try:
        return base.relative_to(folder)
    except ValueError:
        pass
    try:
        return Path(os.path.relpath(base.resolve(), folder.resolve()))
    except ValueError:
        return base


def write_manifest(imported: Imported, output: Path, *, replace: bool = False) -> bool:
    """Write the manifest.

    Parameters
    ----------
    imported
        The rows.
    output
        The file, whose name ends with ``.csv``.
    replace
        Whether an existing file of other content is replaced.

    Returns
    -------
    bool
        False if the file has this content already.

    Raises
    ------
    ExportError
        If the file exists with other content, has another extension, or cannot be written.
    """
    check_output(output)
    content = manifest_text(imported, output.parent).encode()
    try:
        if output.exists():
            if output.read_bytes() == content:
                return False
            if not replace:
                raise ExportError(f"{output} exists and differs; name another file with -o, or give --replace")
        with atomic_write(output) as temporary:
            temporary.write_bytes(content)
    except OSError as error:
        raise ExportError(f"cannot write {output}: {error.strerror or error}") from None
    return True


def check_output(output: Path) -> None:
    """Raise an error if a file name is unsuitable for a manifest.

    Parameters
    ----------
    output
        The file.

    Raises
    ------
    ExportError
        If the extension is not ``.csv``, or a folder has this name.
    """
    if output.is_dir():
        raise ExportError(f"{output} is a folder; name a file, for example -o {output / 'corpus.csv'}")
    if output.suffix.lower() != ".csv":
        raise ExportError(f"{output}: a manifest is a CSV file; end its name with .csv")

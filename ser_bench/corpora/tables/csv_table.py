"""Strict reading of CSV files from other people: a cell, row or column is read as it is, or the file is refused.

A file has commas, semicolons or tabs between its cells, and is UTF-8, with or without a byte order mark, or UTF-16
with one. Every row has as many cells as the header, and no cell holds a line break: where a quote is missing, a
lenient reader would put many rows into one cell.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from ser_bench.core.errors import CorpusError
from ser_bench.core.spelling import canonical_text

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab"}
"""Names of the characters that may separate cells."""

_SAMPLED_ROWS = 20
"""Rows that the choice of the delimiter looks at."""

_END_OF_FILE = b"\x1a"
"""Ctrl-Z, which DOS programs write at the end of a text."""

_ESCAPED_QUOTE = b'\\"'

_DELIMITER_LINE = re.compile(rb'"?sep=(.)"?(?:\r\n|\r|\n)')
"""A first line for Excel, as in ``sep=;``."""


@dataclass(frozen=True)
class TextTable:
    """A CSV file as text.

    Attributes
    ----------
    columns
        Names of the columns, as :func:`~ser_bench.core.spelling.canonical_text` writes them; a name may be empty.
    rows
        The cells of each row, as many as there are columns.
    lines
        Line of each row in the file, from 1.
    delimiter
        One of :data:`DELIMITERS`.
    """

    columns: tuple[str, ...]
    rows: list[list[str]]
    lines: list[int]
    delimiter: str


@dataclass(frozen=True)
class CsvFile:
    """An open CSV file, whose rows are read one at a time.

    Attributes
    ----------
    columns
        Names of the columns, as :func:`~ser_bench.core.spelling.canonical_text` writes them; a name may be empty.
    delimiter
        One of :data:`DELIMITERS`.
    source
        Kind and path of the file, for messages.
    content
        The content in UTF-8.
    """

    columns: tuple[str, ...]
    delimiter: str
    source: str
    content: bytes = field(repr=False)

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Read the rows; empty ones are skipped.

        Yields
        ------
        int
            Line in the file, from 1.
        list of str
            The cells, as many as there are columns.

        Raises
        ------
        CorpusError
            If a row does not parse, or has another number of cells than the header.
        """
        parsed = _parsed(self.content, self.delimiter, self.source)
        next(parsed)
        width = len(self.columns)
        shortest = max(position for position, name in enumerate(self.columns, 1) if name)
        for line, cells in parsed:
            if len(cells) < shortest or any(map(str.strip, cells[width:])):
                raise CorpusError(_wrong_length(self, line, cells))
            yield line, cells[:width] + [""] * (width - len(cells))


def open_csv(path: Path, *, kind: str, known: Collection[str] = ()) -> CsvFile:
    """Open a CSV file and read its header.

    Parameters
    ----------
    path
        The file.
    kind
        Kind of file for messages, for example ``manifest``.
    known
        Lower-case names of the columns that the file may have; they decide between delimiters.

    Returns
    -------
    CsvFile
        The file, with its columns and its delimiter.

    Raises
    ------
    CorpusError
        If the file cannot be read, is not text, has no header, or a column occurs twice.
    """
    source = f"{kind} {path}"
    content, delimiter, columns = _header(path, source, known)
    _refuse_repeated(columns, known, source)
    return CsvFile(columns, delimiter, source, content)


def column_names(path: Path, known: Collection[str] = ()) -> tuple[str, ...]:
    """Read the names of the columns, without a check of the file.

    Parameters
    ----------
    path
        A file.
    known
        Lower-case names of the columns that the file may have; they decide between delimiters.

    Returns
    -------
    tuple of str
        Names as in :attr:`CsvFile.columns`; empty for a file without a header.
    """
    try:
        return _header(path, str(path), known)[2]
    except CorpusError:
        return ()


def _header(path: Path, source: str, known: Collection[str]) -> tuple[bytes, str, tuple[str, ...]]:
    """Return the content in UTF-8, the delimiter and the columns."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CorpusError(f"cannot read the {source}: {error.strerror or error}") from None
    content, delimiter = _without_delimiter_line(_as_utf8(data, source))
    if delimiter is None:
        delimiter = max(DELIMITERS, key=lambda candidate: _plausibility(content, candidate, known))
    _, header = next(_parsed(content, delimiter, source), (0, []))
    columns = tuple(map(canonical_text, header))
    if not any(columns):
        raise CorpusError(f"invalid {source}: the file is empty; its first line must name the columns")
    return content, delimiter, columns


def read_csv_table(path: Path, *, kind: str, known: Collection[str] = ()) -> TextTable:
    """Read a CSV file as text.

    Parameters
    ----------
    path
        The file.
    kind
        Kind of file for messages, for example ``manifest``.
    known
        Lower-case names of the columns that the file may have; they decide between delimiters.

    Returns
    -------
    TextTable
        Columns and rows; empty rows are left out.

    Raises
    ------
    CorpusError
        If the file cannot be read, is not text, has no header, a column occurs twice, or a row does not parse.
    """
    file = open_csv(path, kind=kind, known=known)
    numbered = list(file.rows())
    return TextTable(file.columns, [cells for _, cells in numbered], [line for line, _ in numbered], file.delimiter)


def _as_utf8(data: bytes, source: str) -> bytes:
    """Return the content in UTF-8 without a byte order mark; raise if it has another encoding."""
    if data.startswith(b"PK\x03\x04"):
        raise CorpusError(f"invalid {source}: the file is a workbook or a ZIP archive; save its table as 'CSV UTF-8'")
    encoding = "utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        damaged = f"line {line} has the byte 0x{data[error.start]:02x}" if encoding == "utf-8-sig" else error.reason
        raise CorpusError(
            f"invalid {source}: expected UTF-8, or UTF-16 with a byte order mark; {damaged}\n"
            "save the file again as 'CSV UTF-8'"
        ) from None
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise CorpusError(f"invalid {source}, line {line}: NUL character; save the file again as 'CSV UTF-8'")
    content = text.encode() if encoding == "utf-16" else data.removeprefix(codecs.BOM_UTF8)
    return content.removesuffix(_END_OF_FILE)


def _without_delimiter_line(content: bytes) -> tuple[bytes, str | None]:
    """Empty a first line such as ``sep=;``, and return its delimiter if it is a known one."""
    match = _DELIMITER_LINE.match(content)
    if not match or (delimiter := match[1].decode(errors="replace")) not in DELIMITERS:
        return content, None
    return b"\n" + content[match.end() :], delimiter


def _parsed(content: bytes, delimiter: str, source: str) -> Iterator[tuple[int, list[str]]]:
    """Yield line and cells of each row with content, the header first; raise where a row does not parse."""
    file = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8", newline="")
    reader = csv.reader(file, delimiter=delimiter, skipinitialspace=True, strict=True)
    line = 1
    try:
        for cells in reader:
            if reader.line_num > line:
                raise CorpusError(_several_lines(source, line))
            if any(map(str.strip, cells)):
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        if reader.line_num > line or "end of data" in str(error):
            raise CorpusError(_several_lines(source, line)) from None
        raise CorpusError(f"invalid {source}, line {line}: {_unparsed(error, content, line)}") from None


def _unparsed(error: csv.Error, content: bytes, line: int) -> str:
    """Return why a line does not parse, and what to do."""
    if "field limit" in str(error):
        return f"a cell has more than {csv.field_size_limit():,} characters; shorten it"
    if _ESCAPED_QUOTE in (content.splitlines()[line - 1 : line] or [b""])[0]:
        return 'a quote within a cell is written \\"; write it twice instead ("")'
    return f'{error}; delete the stray quote (") there'


def _several_lines(source: str, line: int) -> str:
    return f'invalid {source}, line {line}: a quoted cell does not end in its line; delete the stray quote (") there'


def _wrong_length(file: CsvFile, line: int, cells: Sequence[str]) -> str:
    counts = f"{len(cells)} cell{'s' * (len(cells) != 1)}, but the header has {len(file.columns)}"
    fault = "missing cells" if len(cells) < len(file.columns) else f"a {DELIMITERS[file.delimiter]} without quotes"
    return f"invalid {file.source}, line {line}: {counts}; correct {fault} or a stray quote there"


def _plausibility(content: bytes, delimiter: str, known: Collection[str]) -> tuple[int, bool, int]:
    """Rate a delimiter: known columns in the header, whether the first rows have its length, number of columns."""
    rows: list[list[str]] = []
    with suppress(CorpusError):  # the rows before a fault
        rows += (cells for _, cells in islice(_parsed(content, delimiter, ""), _SAMPLED_ROWS))
    if not rows:
        return 0, False, 0
    names = {name.strip().lower() for name in rows[0]}
    regular = len(rows[0]) > 1 and all(len(cells) == len(rows[0]) for cells in rows)
    return len(names & set(known)), regular, len(rows[0])


def _refuse_repeated(columns: Sequence[str], known: Collection[str], source: str) -> None:
    """Raise if a column occurs twice; case matters only for names that are not known ones."""
    positions: dict[str, int] = {}
    for position, column in enumerate(columns, 1):
        name = column.lower() if column.lower() in known else column
        if name and (first := positions.setdefault(name, position)) != position:
            raise CorpusError(
                f"invalid {source}: columns {first} and {position} are both named {name!r}; rename or delete one"
            )

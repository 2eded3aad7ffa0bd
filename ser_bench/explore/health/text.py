"""What ``ser-bench corpora --check`` prints: a corpus's health as short tables."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ser_bench.core.text import escape_undecodable
from ser_bench.explore.health import compare, sounds
from ser_bench.explore.health.sounds import NAMED, WIDTH

if TYPE_CHECKING:
    from ser_bench.corpora.clip_table import Problem
    from ser_bench.explore.health import Health


def as_text(health: Health) -> str:
    """Return the whole of it, sections parted by empty lines."""
    sections = (
        _head(health),
        _classes(health),
        _genders(health),
        _speakers(health),
        _copies(health),
        _files(health),
        sounds.facts(health.clips),
        sounds.outliers(health.clips),
        _wrapped("mind: ", health.remarks),
        _verdict(health),
    )
    return "\n\n".join(section for section in sections if section)


def _head(health: Health) -> str:
    clips, corpus = health.opened.clips, health.opened.corpus
    hours = health.clips["seconds"].sum() / 3600
    made = " (synthetic speech)" if corpus.synthetic else ""
    part = f", {health.part}" if len(corpus.published) > 1 else ""
    size = f"{len(clips):,} clips of {clips['speaker'].nunique()} speakers, {hours:.2f} h of sound"
    return f"{corpus.title}{made}{part}: {size}\nin {escape_undecodable(str(health.opened.folder))}"


def _table(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    from tabulate import tabulate

    cells = [[f"{cell:,}" if isinstance(cell, int) else cell for cell in row] for row in rows]
    sides = ["left", *["right"] * (len(headers) - 1)]
    return tabulate(cells, headers=headers, tablefmt="simple", colalign=sides, disable_numparse=True)


def _classes(health: Health) -> str:
    found = Counter(health.opened.clips["emotion"])
    said = health.published.counts if health.published else {}
    order = [label for label in health.opened.corpus.emotions if label in found or label in said]
    rows = [(label, found[label], *((said.get(label, 0),) if said else ())) for label in order]
    total = ("all", found.total(), *((sum(said.values()),) if said else ()))
    return _table(("class", "clips", *(("published",) if said else ())), [*rows, total])


def _genders(health: Health) -> str:
    said = health.published.genders if health.published else {}
    found = compare.by_gender(health)
    rows = []
    for gender in sorted({*found, *said}):
        speakers, clips = found.get(gender, (0, 0))
        rows.append((gender or "not known", speakers, *((said.get(gender, 0),) if said else ()), clips))
    return _table(("gender", "speakers", *(("published",) if said else ()), "clips"), rows)


def _speakers(health: Health) -> str:
    """Say how many clips speakers have; of those that are there, the ones unlike what was published are named."""
    everybody, said = compare.by_speaker(health)
    found = {name: count for name, count in everybody.items() if count}
    least, most = min(found.values()), max(found.values())
    line = f"clips per speaker: {least:,} each" if least == most else f"clips per speaker: {least:,} to {most:,}"
    known = [name for name in found if said[name] is not None]
    odd = [(name, found[name], said[name]) for name in known if found[name] != said[name]]
    if odd:
        return f"{line}\n\n{_table(('speaker', 'clips', 'published'), odd)}"
    return f"{line}, as published" if known else line


def _copies(health: Health) -> str:
    rows = {}
    for kind, pairs in compare.copies(health).items():
        named = ", ".join(f"{one} = {other}" for one, other in pairs[:NAMED])
        rows[kind] = f"{len(pairs):,}" + (f": {named}" if pairs else "") + (", ..." if len(pairs) > NAMED else "")
    return "pairs of clips that are copies of one another\n" + sounds.aligned(rows)


def _files(health: Health) -> str:
    """Name the files that were left out, grouped by why."""
    groups: dict[str, list[Problem]] = {}
    for problem in (*health.broken, *health.passed_over):
        groups.setdefault(problem.kind, []).append(problem)
    lines = []
    for kind, problems in groups.items():
        names = ", ".join(_place(problem, health.opened.folder) for problem in problems[:NAMED])
        if len(problems) == 1:
            lines.append(f"{names}: {problems[0].reason}")
        else:
            lines.append(f"{len(problems):,} files: {kind}: {names}{', ...' if len(problems) > NAMED else ''}")
    return _wrapped("left out: ", lines)


def _place(problem: Problem, folder: Path) -> str:
    path, base = Path(problem.path), folder.absolute()
    return escape_undecodable(str(path.relative_to(base) if path.is_relative_to(base) else path))


def _wrapped(lead: str, lines: Sequence[str]) -> str:
    return "\n".join(
        textwrap.fill(lead + escape_undecodable(line), WIDTH, subsequent_indent="  ", break_on_hyphens=False)
        for line in lines
    )


def _verdict(health: Health) -> str:
    if wrong := compare.differences(health):
        return _wrapped("differs: ", wrong)
    if health.published is None:
        return "every clip can be used; nothing is known of what else there should be"
    return "as published: every clip is there and can be used"

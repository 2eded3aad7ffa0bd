"""What ``ser-bench corpora --check`` prints: a corpus's health as short tables."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ser_bench.health import compare
from ser_bench.health.measure import CLIPPED_RUN, FRAME_SECONDS, SILENCE_DB
from ser_bench.paths import readable

if TYPE_CHECKING:
    import pandas as pd

    from ser_bench.corpora.base import Problem
    from ser_bench.health import Health

WIDTH = 100
_NAMED = 3
"""So many examples are named of anything that may be long."""
_TOGETHER = "\N{NO-BREAK SPACE}"
"""Between words that are not to be parted at the end of a line; printed as a space."""


def as_text(health: Health) -> str:
    """Return the whole of it, sections parted by empty lines."""
    sections = (
        _head(health),
        _classes(health),
        _genders(health),
        _speakers(health),
        _copies(health),
        _files(health),
        _audio(health.clips),
        _outliers(health.clips),
        _wrapped("mind: ", health.remarks),
        _verdict(health),
    )
    return "\n\n".join(section for section in sections if section)


def _head(health: Health) -> str:
    clips, corpus = health.opened.clips, health.opened.corpus
    hours = health.clips["seconds"].sum() / 3600
    made = " (synthetic speech)" if corpus.synthetic else ""
    made = f", {health.part}" if len(corpus.published) > 1 else made
    return (
        f"{corpus.title}{made}: {len(clips):,} clips of {clips['speaker'].nunique()} speakers, {hours:.2f} h of sound\n"
        f"in {readable(str(health.opened.folder))}"
    )


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
    """Say how many clips speakers have; only those that differ from what was published are named."""
    found, said = compare.by_speaker(health)
    least, most = min(found.values()), max(found.values())
    line = f"clips per speaker: {least:,} each" if least == most else f"clips per speaker: {least:,} to {most:,}"
    known = [name for name, count in said.items() if count is not None]
    odd = [(name, found[name], said[name]) for name in known if found[name] != said[name]]
    if odd:
        return f"{line}\n\n{_table(('speaker', 'clips', 'published'), odd)}"
    return f"{line}, as published" if known else line


def _copies(health: Health) -> str:
    rows = []
    for kind, pairs in compare.copies(health).items():
        named = ", ".join(f"{one} = {other}" for one, other in pairs[:_NAMED])
        rows.append(f"{kind:<16}{len(pairs):>5,}  {named}{', ...' if len(pairs) > _NAMED else ''}".rstrip())
    return "pairs of clips that are copies of one another\n" + "\n".join(rows)


def _files(health: Health) -> str:
    """Name the files that were left out, grouped by why."""
    groups: dict[str, list[Problem]] = {}
    for problem in (*health.broken, *health.passed_over):
        groups.setdefault(problem.kind, []).append(problem)
    lines = []
    for kind, problems in groups.items():
        names = ", ".join(_place(problem, health.opened.folder) for problem in problems[:_NAMED])
        if len(problems) == 1:
            lines.append(f"{names}: {problems[0].reason}")
        else:
            lines.append(f"{len(problems):,} files: {kind}: {names}{', ...' if len(problems) > _NAMED else ''}")
    return _wrapped("left out: ", lines)


def _place(problem: Problem, folder: Path) -> str:
    path, base = Path(problem.path), folder.absolute()
    return readable(str(path.relative_to(base) if path.is_relative_to(base) else path))


def _audio(clips: pd.DataFrame) -> str:
    return _table_of_facts(dict(_facts(clips)))


def _facts(clips: pd.DataFrame) -> Iterator[tuple[str, str]]:
    import numpy as np

    level = _decibels(clips["rms"])
    seconds, samples = clips["seconds"], clips["samples"].sum()
    yield "sampling rate", _tally(f"{sr} Hz" for sr in clips["sr"])
    yield "channels", _tally({0: "not known", 1: "mono", 2: "stereo"}.get(n, f"{n}") for n in clips["channels"])
    yield "format", _tally(clips["format"])
    yield "duration", f"{seconds.min():.2f} to {seconds.max():.2f} s, median {seconds.median():.2f} s"
    low, middle, high = np.percentile(level, (5, 50, 95))
    yield "level (RMS)", f"{middle:.1f} dBFS in the median, 5 % below {low:.1f}, 5 % above {high:.1f}"
    peak = _decibels(clips["peak"])
    yield "peak", f"{round(peak.max(), 1) + 0.0:.1f} dBFS at most, {peak.median():.1f} in the median"
    clipped = int((clips["clipped"] > 0).sum())
    yield "clipped", f"{clipped:,} clips ({CLIPPED_RUN} or more samples at full scale in a row)"
    yield "DC offset", f"{100 * clips['offset'].abs().max():.3f} % of full scale at most"
    yield (
        "silence",
        f"{100 * clips['silent'].sum() / seconds.sum():.0f} % of all sound ({1000 * FRAME_SECONDS:.0f} ms frames "
        f"{SILENCE_DB:.0f} dB below the clip's loudest)",
    )
    yield "at the ends", f"{clips['lead'].median():.2f} s before, {clips['trail'].median():.2f} s after (medians)"
    yield "exact zeros", f"{100 * clips['zeros'].sum() / samples:.0f} % of all samples"


def _outliers(clips: pd.DataFrame) -> str:
    """Name the clips at the ends of what was measured, and those unlike most in rate, channels or format."""
    shares = clips.assign(share=100 * clips["silent"] / clips["seconds"], level=_decibels(clips["rms"]))
    ends = {
        "shortest": ("seconds", True, "{:.2f} s"),
        "longest": ("seconds", False, "{:.2f} s"),
        "quietest": ("level", True, "{:.1f} dBFS"),
        "loudest": ("level", False, "{:.1f} dBFS"),
        "most silence": ("share", False, "{:.0f} %"),
    }
    facts = {}
    for what, (column, rising, style) in ends.items():
        ordered = shares.sort_values([column, "clip"], ascending=[rising, True], kind="stable").head(_NAMED)
        facts[what] = ", ".join(
            f"{clip} {style.format(value)}".replace(" ", _TOGETHER)
            for clip, value in zip(ordered["clip"], ordered[column], strict=True)
        )
    clipped = clips["clip"][clips["clipped"] > 0].tolist()
    if clipped:
        facts["clipped"] = _some(clipped)
    for column, what in (("sr", "other rates"), ("channels", "other channels"), ("format", "other formats")):
        usual = clips[column].mode()[0]
        if odd := clips["clip"][clips[column] != usual].tolist():
            facts[what] = _some(odd)
    return _table_of_facts(facts)


def _decibels(share: pd.Series) -> pd.Series:
    import numpy as np

    return 20 * np.log10(share)


def _tally(values: Iterator[str] | pd.Series) -> str:
    return ", ".join(f"{value} ({count:,} clips)" for value, count in Counter(values).most_common())


def _some(names: list[str]) -> str:
    return ", ".join(names[: 2 * _NAMED]) + (
        f", and {len(names) - 2 * _NAMED:,} more" if len(names) > 2 * _NAMED else ""
    )


def _table_of_facts(facts: dict[str, str]) -> str:
    wide = max(map(len, facts)) + 2
    filled = (
        textwrap.fill(
            said, WIDTH, initial_indent=f"{fact:<{wide}}", subsequent_indent=" " * wide, break_on_hyphens=False
        )
        for fact, said in facts.items()
    )
    return "\n".join(filled).replace(_TOGETHER, " ")


def _wrapped(lead: str, lines: Sequence[str]) -> str:
    return "\n".join(
        textwrap.fill(lead + readable(line), WIDTH, subsequent_indent="  ", break_on_hyphens=False) for line in lines
    )


def _verdict(health: Health) -> str:
    if wrong := compare.differences(health):
        return _wrapped("differs: ", wrong)
    if health.published is None:
        return "every clip can be used; nothing is known of what else there should be"
    return "as published: every clip is there and can be used"

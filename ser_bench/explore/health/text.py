"""The health of a corpus as text for a terminal: short tables, lists of facts and a verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tabulate import tabulate

from ser_bench.core.terminal import terminal_width
from ser_bench.core.text import escape_undecodable, plural, speaker_count, wrap_words
from ser_bench.explore.health.compare import clips_by_speaker, counts_by_gender, differences
from ser_bench.explore.health.copies import CONTRADICTIONS, KINDS
from ser_bench.explore.health.measure import CLIPPED_RUN, FRAME_SECONDS, SILENCE_DB

if TYPE_CHECKING:
    import pandas as pd

    from ser_bench.corpora.clip_table import Problem
    from ser_bench.explore.health import Health

_MAX_EXAMPLES = 3
_NO_BREAK = "\N{NO-BREAK SPACE}"
"""Joins words that belong on one line; printed as a space."""


def as_text(health: Health) -> str:
    """Describe a corpus: counts, copies, unusable files, measurements, warnings and a verdict.

    Parameters
    ----------
    health : Health

    Returns
    -------
    str
        Sections separated by empty lines.
    """
    sections = (
        _title(health),
        _class_table(health),
        _gender_table(health),
        _speaker_counts(health),
        _copy_list(health),
        _unused_files(health),
        _aligned(dict(_sound_facts(health.clips))),
        _aligned(dict(_unusual_clips(health.clips))),
        _wrapped("note: ", (*health.warnings, *health.copies.warnings)),
        _verdict(health),
    )
    return "\n\n".join(section for section in sections if section)


def _title(health: Health) -> str:
    clips, corpus = health.opened.clips, health.opened.corpus
    hours = health.clips["seconds"].sum() / 3600
    synthetic = " (synthetic speech)" if corpus.synthetic else ""
    part = f", {health.part}" if len(corpus.published) > 1 else ""
    speakers = speaker_count(len(set(clips["speaker"]) - {""}))
    size = f"{plural(len(clips), 'clip')} of {speakers}, {hours:.2f} h of sound"
    return f"{corpus.title}{synthetic}{part}: {size}\nin {escape_undecodable(str(health.opened.folder))}"


def _class_table(health: Health) -> str:
    counts = Counter(health.opened.clips["emotion"])
    published = health.published.counts if health.published else {}
    labels = [label for label in health.opened.corpus.emotions if label in counts or label in published]
    rows = [(label, counts[label], *((published.get(label, 0),) if published else ())) for label in labels]
    total = ("all", counts.total(), *((sum(published.values()),) if published else ()))
    return _table(("class", "clips", *(("published",) if published else ())), [*rows, total])


def _gender_table(health: Health) -> str:
    published = health.published.genders if health.published else {}
    counts = counts_by_gender(health)
    rows = []
    for gender in sorted({*counts, *published}):
        speakers, clips = counts.get(gender, (0, 0))
        rows.append((gender or "unknown", speakers, *((published.get(gender, 0),) if published else ()), clips))
    return _table(("gender", "speakers", *(("published",) if published else ()), "clips"), rows)


def _speaker_counts(health: Health) -> str:
    """Describe the clips per speaker; name present speakers whose count differs from the publication."""
    counts, published = clips_by_speaker(health)
    present = {name: count for name, count in counts.items() if count}
    if not present:
        return "clips per speaker: unknown"
    low, high = min(present.values()), max(present.values())
    line = f"clips per speaker: {low:,} each" if low == high else f"clips per speaker: {low:,} to {high:,}"
    known = [name for name in present if published[name] is not None]
    wrong = [(name, present[name], published[name]) for name in known if present[name] != published[name]]
    if wrong:
        return f"{line}\n\n{_table(('speaker', 'clips', 'published'), wrong)}"
    return f"{line}, as published" if known else line


def _copy_list(health: Health) -> str:
    rows = {}
    values = health.clips.set_index("clip")[list(CONTRADICTIONS)]
    for kind, pairs in health.copies.pairs.items():
        column = kind.partition(", another ")[2]
        examples = [
            f"{first} = {second}" + (f" ({values.at[first, column]}, {values.at[second, column]})" if column else "")
            for first, second in pairs
        ]
        rows[kind] = f"{len(pairs):,}" + (f": {_examples(examples)}" if pairs else "")
    return "pairs of clips that are copies of each other\n" + _aligned(rows)


def _unused_files(health: Health) -> str:
    """Name the files that were not used, grouped by reason."""
    groups: dict[str, list[Problem]] = {}
    for problem in (*health.broken, *health.opened.problems):
        groups.setdefault(problem.group, []).append(problem)
    lines = []
    for kind, problems in groups.items():
        names = _examples([_relative_path(problem, health.opened.folder) for problem in problems])
        single = len(problems) == 1
        lines.append(f"{names}: {problems[0].reason}" if single else f"{len(problems):,} files: {kind}: {names}")
    return _wrapped("not used: ", lines)


def _sound_facts(clips: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """Yield facts about all clips: rates, formats, durations, levels, clipping and silence."""
    level, peak = _decibels(clips["rms"]), _decibels(clips["peak"])
    seconds, samples = clips["seconds"], clips["samples"].sum()
    yield "sampling rate", _tally(f"{sr} Hz" for sr in clips["sr"])
    yield "channels", _tally({0: "unknown", 1: "mono", 2: "stereo"}.get(n, f"{n}") for n in clips["channels"])
    yield "format", _tally(clips["format"])
    yield "duration", f"{seconds.min():.2f} to {seconds.max():.2f} s, median {seconds.median():.2f} s"
    low, median, high = np.percentile(level, (5, 50, 95))
    yield "level (RMS)", f"median {median:.1f} dBFS, 5 % below {low:.1f}, 5 % above {high:.1f}"
    yield "peak", f"at most {round(peak.max(), 1) + 0.0:.1f} dBFS, median {peak.median():.1f}"
    clipped = int((clips["clipped"] > 0).sum())
    yield "clipped", f"{clipped:,} clips ({CLIPPED_RUN} or more samples in a row at full scale)"
    yield "DC offset", f"at most {100 * clips['offset'].abs().max():.3f} % of full scale"
    silent = 100 * clips["silent"].sum() / seconds.sum()
    frames = f"{1000 * FRAME_SECONDS:.0f} ms frames {SILENCE_DB:.0f} dB below the clip's loudest"
    yield "silence", f"{silent:.0f} % of all sound ({frames})"
    yield "at the ends", f"{clips['lead'].median():.2f} s before, {clips['trail'].median():.2f} s after (medians)"
    yield "bandwidth", f"median {clips['bandwidth'].median():,.0f} Hz, at most {clips['bandwidth'].max():,.0f} Hz"
    yield "exact zeros", f"{100 * clips['zeros'].sum() / samples:.0f} % of all samples"


def _unusual_clips(clips: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """Yield the names of extreme and clipped clips, and of clips with an unusual rate, channels or format."""
    table = clips.assign(share=100 * clips["silent"] / clips["seconds"], level=_decibels(clips["rms"]))
    extremes = {
        "shortest": ("seconds", True, "{:.2f} s"),
        "longest": ("seconds", False, "{:.2f} s"),
        "quietest": ("level", True, "{:.1f} dBFS"),
        "loudest": ("level", False, "{:.1f} dBFS"),
        "most silence": ("share", False, "{:.0f} %"),
    }
    for heading, (column, ascending, style) in extremes.items():
        rows = table.sort_values([column, "clip"], ascending=[ascending, True], kind="stable").head(_MAX_EXAMPLES)
        values = zip(rows["clip"], rows[column], strict=True)
        yield heading, ", ".join(f"{clip} {style.format(value)}".replace(" ", _NO_BREAK) for clip, value in values)
    if clipped := clips["clip"][clips["clipped"] > 0].tolist():
        yield "clipped", _shortened(clipped)
    for column, heading in (("sr", "other rates"), ("channels", "other channels"), ("format", "other formats")):
        usual = clips[column].mode()[0]
        if unusual := clips["clip"][clips[column] != usual].tolist():
            yield heading, _shortened(unusual)


def _verdict(health: Health) -> str:
    if lines := differences(health):
        return _wrapped("differs: ", lines)
    if health.published is None:
        unused = len(health.broken) + sum(problem.kind in ("clip", "row") for problem in health.opened.problems)
        contradict = len(health.copies.pairs) > len(KINDS)
        readable = "every clip can be read; copies contradict each other" if contradict else "every clip can be used"
        usable = f"{unused:,} cannot be used; the reasons are above" if unused else readable
        return f"{usable}; no publication to compare with"
    verdict = "as published: every clip is there and can be used"
    if health.opened.corpus.synthetic:
        return verdict
    if health.published.audio.is_known:
        return _wrapped("", [f"{verdict}; rate, durations and bandwidth are those of the published files"])
    known = "durations are" if health.published.audio.rate else "rates and durations are"
    return _wrapped("", [f"{verdict}; the published {known} not known here, so cut or padded clips pass"])


def _decibels(share: pd.Series) -> pd.Series:
    return 20 * np.log10(share)


def _tally(values: Iterable[str]) -> str:
    return ", ".join(f"{value} ({plural(count, 'clip')})" for value, count in Counter(values).most_common())


def _examples(names: Sequence[str]) -> str:
    return ", ".join(names[:_MAX_EXAMPLES]) + (", ..." if len(names) > _MAX_EXAMPLES else "")


def _shortened(names: Sequence[str]) -> str:
    shown = names[: 2 * _MAX_EXAMPLES]
    rest = len(names) - len(shown)
    return ", ".join(shown) + (f", and {rest:,} more" if rest else "")


def _relative_path(problem: Problem, folder: Path) -> str:
    path, base = Path(problem.path), folder.absolute()
    return escape_undecodable(str(path.relative_to(base) if path.is_relative_to(base) else path))


def _table(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    cells = [[f"{cell:,}" if isinstance(cell, int) else cell for cell in row] for row in rows]
    sides = ["left", *["right"] * (len(headers) - 1)]
    return tabulate(cells, headers=headers, tablefmt="simple", colalign=sides, disable_numparse=True)


def _aligned(facts: dict[str, str]) -> str:
    """Return the facts in two columns, wrapped to the width of the terminal."""
    indent = max(map(len, facts)) + 2
    blocks = (
        wrap_words(fact, terminal_width(), first=f"{name:<{indent}}", further=" " * indent)
        for name, fact in facts.items()
    )
    return "\n".join(line for block in blocks for line in block).replace(_NO_BREAK, " ")


def _wrapped(lead: str, lines: Iterable[str]) -> str:
    blocks = (wrap_words(lead + escape_undecodable(line), terminal_width(), further="  ") for line in lines)
    return "\n".join(line for block in blocks for line in block)

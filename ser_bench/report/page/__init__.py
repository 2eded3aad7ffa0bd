"""The page of a run, ``report.html``: one file that loads nothing else.

Each module prepares one group of sections and the templates lay them out. The templates escape every value, because
names, labels and errors come from users and plugins. Only the charts and the page's own style and script pass as
markup, and the page's policy forbids to load anything.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from ser_bench.metrics import METRICS
from ser_bench.report.analysis.failures import MIN_PROBABILITY
from ser_bench.report.analysis.intervals import DRAWS, MIN_SPEAKERS
from ser_bench.report.analysis.scores import page_metrics
from ser_bench.report.descriptions import normalisation_note, speaker_note
from ser_bench.report.findings.verdict import interval_notes, verdict
from ser_bench.report.formatting import capitalised
from ser_bench.report.page.confidence import confidence_report
from ser_bench.report.page.confusion import matrices
from ser_bench.report.page.failures import failure_tables
from ser_bench.report.page.headline import page_header
from ser_bench.report.page.leakage import leakage_report
from ser_bench.report.page.method import split_table
from ser_bench.report.page.missing import failed_fits, losses
from ser_bench.report.page.provenance import provenance
from ser_bench.report.page.scores import score_tables
from ser_bench.report.page.significance import comparison_table
from ser_bench.report.page.svg import figures
from ser_bench.report.page.transfer import transfer_report
from ser_bench.runs.results import SavedRun

if TYPE_CHECKING:
    import jinja2

SECTIONS = {
    "answer": "Highest UAR",
    "scores": "Scores",
    "charts": "Charts",
    "significance": "Significance",
    "confidence": "Confidence",
    "across": "Across corpora",
    "leakage": "Leakage",
    "errors": "Failures",
    "missing": "Missing results",
    "method": "Method",
    "provenance": "Provenance",
}
"""Anchors and names of the sections, in the order of the page; ``across`` only for a run of several corpora."""


_SUBJECTS = {
    "emotion": "Speech emotion recognition",
    "gender": "Gender recognition from speech",
    "emotion+gender": "Recognition of emotion and gender from speech",
}
"""What the page is about, by the target of the run."""


def render_page(run: SavedRun, pictures: Mapping[str, bytes], audio: Path | None = None) -> bytes:
    """Return the page of a run.

    Parameters
    ----------
    run : SavedRun
    pictures : mapping of str to bytes
        The SVG files of the charts by chart name; the page leaves out the others.
    audio : Path or None
        The corpus folder, to embed the hardest clips; None for a page without audio.

    Returns
    -------
    bytes
        HTML in UTF-8.
    """
    script, style = _read("page.js"), _read("page.css")
    transfer = transfer_report(run)
    values = {
        "sections": {anchor: name for anchor, name in SECTIONS.items() if anchor != "across" or transfer},
        "policy": _policy(script),
        "header": page_header(run),
        "scores": score_tables(run),
        "figures": figures(run, pictures, SECTIONS),
        "verdict": verdict(run),
        "interval_notes": [note.replace("`", "") for note in interval_notes(run)],
        "comparisons": comparison_table(run),
        "confidence": confidence_report(run),
        "transfer": transfer,
        "leakage": leakage_report(run),
        "matrices": matrices(run),
        "failures": failure_tables(run, audio),
        "failed_fits": failed_fits(run),
        "losses": losses(run),
        "warnings": run.info.warnings,
        "splits": split_table(run),
        "metrics": [(capitalised(title), METRICS[name].summary) for name, title in page_metrics(run).items()],
        "draws": DRAWS,
        "min_speakers": MIN_SPEAKERS,
        "min_probability": MIN_PROBABILITY,
        "transductive": bool(normalisation_note(run)),
        "subject": _SUBJECTS.get(run.info.target, _SUBJECTS["emotion"]),
        "classes": "emotions" if run.info.target == "emotion" else "classes",
        "one_rate": run.info.corpus.sample_rate is not None,
        "has_audio": not run.info.corpus.recorded,
        "speaker_note": speaker_note(run),
        "provenance": provenance(run),
    }
    return _templates(style, script).get_template("page.html").render(values).encode()


def _templates(style: str, script: str) -> jinja2.Environment:
    """Return the templates, which escape every value but the page's own style and script."""
    import jinja2
    from markupsafe import Markup

    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(lambda name: _read(f"templates/{name}")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["nobreak"] = _nobreak
    environment.globals |= {"style": Markup(style), "script": Markup(script)}
    return environment


def _nobreak(text: str) -> str:
    """Keep intervals and percentages on one line."""
    return re.sub(r" (?=%)|(?<=\d,) (?=[-+\d.]+\])", "\N{NO-BREAK SPACE}", text)


def _policy(script: str) -> str:
    """Return the Content-Security-Policy: the page's script, its styles, and data inside the page."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; img-src data:; "
        "media-src data:; base-uri 'none'; form-action 'none'"
    )


def _read(name: str) -> str:
    return resources.files(__name__).joinpath(name).read_text(encoding="utf-8")

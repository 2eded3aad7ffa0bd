"""``report.html``: everything a run says, on one page that needs nothing beside itself.

Modules gather what is shown, one per group of sections; the templates only lay it out. They escape
whatever they are given: names, labels and reasons come from users and plugins. The page's own style and
script and the charts are the only markup that is passed through, and the page's policy forbids every
load from elsewhere.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from ser_bench.report.analysis.intervals import DRAWS
from ser_bench.report.formatting import normalisation_note
from ser_bench.report.page.confusion import matrices
from ser_bench.report.page.failures import failure_tables
from ser_bench.report.page.headline import page_header
from ser_bench.report.page.leakage import leakage_report
from ser_bench.report.page.method import split_table
from ser_bench.report.page.missing import failed_fits, left_out
from ser_bench.report.page.provenance import provenance
from ser_bench.report.page.scores import score_table
from ser_bench.report.page.significance import comparison_table
from ser_bench.report.page.svg import figures
from ser_bench.report.page.transfer import transfer_table
from ser_bench.runs.results import SavedRun

if TYPE_CHECKING:
    import jinja2

SECTIONS = {
    "answer": "Answer",
    "scores": "Scores",
    "charts": "Charts",
    "comparisons": "Comparisons",
    "across": "Across corpora",
    "leakage": "Leakage audit",
    "errors": "Where it fails",
    "losses": "What is missing",
    "method": "Method",
    "provenance": "Provenance",
}
"""The page's sections in their order: each one's anchor and its name in the navigation; ``across`` where it applies."""


def render_page(run: SavedRun, pictures: Mapping[str, bytes], audio: Path | None = None) -> bytes:
    """Return the page of a run.

    ``pictures`` are charts as SVG by the names of their files; one that is not there is left out.
    ``audio`` is the corpus's folder, whose clips get players, None for a page without sound.
    """
    script, style = _read("page.js"), _read("page.css")
    across = transfer_table(run)
    shown = {
        "sections": {anchor: name for anchor, name in SECTIONS.items() if anchor != "across" or across},
        "across": across,
        "policy": _policy(script),
        "answer": page_header(run),
        "scores": score_table(run),
        "figures": figures(run, pictures, SECTIONS),
        "compared": comparison_table(run),
        "audit": leakage_report(run),
        "matrices": matrices(run),
        "failing": failure_tables(run, audio),
        "failed": failed_fits(run),
        "left_out": left_out(run),
        "splits": split_table(run),
        "draws": DRAWS,
        "transductive": bool(normalisation_note(run)),
        "provenance": provenance(run),
    }
    return _templates(style, script).get_template("page.html").render(shown).encode()


def _templates(style: str, script: str) -> jinja2.Environment:
    """Return the templates, which escape everything but our own style and script."""
    import jinja2
    from markupsafe import Markup

    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(lambda name: _read(f"templates/{name}")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"style": Markup(style), "script": Markup(script)}
    return environment


def _policy(script: str) -> str:
    """Return the Content-Security-Policy: our own script, styles and data inside the page, nothing else."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; img-src data:; "
        "media-src data:; base-uri 'none'; form-action 'none'"
    )


def _read(name: str) -> str:
    return resources.files(__name__).joinpath(name).read_text(encoding="utf-8")

"""The page of a run, ``report.html``: one file that loads nothing else.

Each module of :mod:`~ser_bench.report.page.sections` prepares a section, and the template of its name lays it out. The
templates escape every value, because names, labels and errors come from users and plugins. Only pictures and the page's
own style, script and data pass as markup, and the page's policy forbids to load anything.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ser_bench.core.text import escape_control
from ser_bench.report.page.data import page_data
from ser_bench.report.page.header import page_header
from ser_bench.report.page.sections import SECTIONS
from ser_bench.report.page.shades import shades
from ser_bench.report.page.svg import figures
from ser_bench.runs.results import SavedRun

if TYPE_CHECKING:
    import jinja2

_MAY_HOLD_CHARTS_ONLY = ("features", "charts")
"""Sections that are shown for a chart of a plugin alone."""

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
    from markupsafe import Markup

    script, style = _joined("script", ".js"), _joined("style", ".css")
    contents = {section.anchor: section.prepare(run, audio) for section in SECTIONS}
    possible = [s for s in SECTIONS if contents[s.anchor] is not None or s.anchor in _MAY_HOLD_CHARTS_ONLY]
    drawn = figures(run, pictures, [section.anchor for section in possible])
    shown = [section for section in possible if contents[section.anchor] is not None or drawn[section.anchor]]
    values = {
        **contents,
        "sections": [{"anchor": s.anchor, "name": s.name, "title": s.title(run)} for s in shown],
        "policy": _policy(script),
        "shades": shades(run),
        "header": page_header(run),
        "figures": drawn,
        "subject": _SUBJECTS.get(run.info.target, _SUBJECTS["emotion"]),
        "one_rate": run.info.corpus.sample_rate is not None,
        "has_audio": not run.info.corpus.recorded,
        "data": Markup(page_data(run)),
    }
    return _templates(style, script).get_template("page.html").render(values).encode()


@lru_cache(maxsize=1)
def _templates(style: str, script: str) -> jinja2.Environment:
    """Return the templates, compiled once, which escape every value but the page's own style and script."""
    import jinja2
    from markupsafe import Markup

    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(lambda name: _read(f"templates/{name}")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_without_control,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["nobreak"] = _nobreak
    environment.filters["breakable"] = _breakable
    environment.globals |= {"style": Markup(style), "script": Markup(script)}
    return environment


def _without_control(value: Any) -> Any:
    """Return a value whose text shows control and direction characters of a run's files as escapes."""
    from markupsafe import Markup

    if not isinstance(value, str) or isinstance(value, Markup) or value.isprintable():
        return value
    return "\N{NO-BREAK SPACE}".join(map(escape_control, value.split("\N{NO-BREAK SPACE}")))


def _nobreak(text: str) -> str:
    """Keep intervals and percentages on one line."""
    return re.sub(r" (?=%)|(?<=\d,) (?=[-+\d.]+\])", "\N{NO-BREAK SPACE}", text)


def _breakable(text: str) -> str:
    """Let a browser break long names with a colon, such as those of feature sets, after their punctuation."""
    from markupsafe import Markup

    if not re.search(r"\S:\S{12,}", text):
        return text
    return Markup("<wbr>").join(re.split(r"(?<=[:/_#=+])", text))


def _policy(script: str) -> str:
    """Return the Content-Security-Policy: the page's script, its styles, and data inside the page."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; img-src data:; "
        "media-src data:; base-uri 'none'; form-action 'none'"
    )


@cache
def _joined(folder: str, ending: str) -> str:
    """Join the files of a folder: ``base`` first, then by name, ``narrow`` and ``print`` last.

    The page carries neither indentation nor lines of comments. So no string in these files may span lines.
    """
    order = {"base": -1, "narrow": 1, "print": 2}
    files = [file for file in resources.files(__name__).joinpath(folder).iterdir() if file.name.endswith(ending)]
    files.sort(key=lambda file: (order.get(file.name.removesuffix(ending), 0), file.name))
    lines = (line.strip() for file in files for line in file.read_text(encoding="utf-8").splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))


def _read(name: str) -> str:
    return resources.files(__name__).joinpath(name).read_text(encoding="utf-8")

"""Public docstrings are complete, and wording and names are those of the style guide."""

from __future__ import annotations

import pytest

from tests import docstrings, language

MODULES = sorted((docstrings.ROOT / "ser_bench").rglob("*.py"))
CODE = sorted(p for p in (language.ROOT / "ser_bench").rglob("*") if p.suffix in (".py", ".html", ".js"))
GUIDES = [language.ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")]
DOCUMENTS = [*GUIDES, *sorted((language.ROOT / "docs").glob("**/*.md"))]


def test_public_docstrings_document_every_parameter_and_result():
    assert [fault for path in MODULES for fault in docstrings.faults(path)] == []


@pytest.mark.parametrize("paths", [CODE, DOCUMENTS], ids=["code", "documents"])
def test_wording_and_local_names_follow_the_style_guide(paths):
    assert [fault for path in paths for fault in language.faults(path)] == []

"""Configuration of the documentation: ``make docs``."""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from ser_bench.core.versions import __version__  # noqa: E402

project = "ser-bench"
author = "The ser-bench authors"
copyright = "The ser-bench authors, MIT licence"
release = version = __version__

extensions = ["myst_parser", "numpydoc", "sphinx.ext.autodoc", "sphinx_copybutton"]
exclude_patterns = ["_build"]
source_suffix = [".md", ".rst"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = "ser-bench"
numpydoc_show_class_members = False
autodoc_member_order = "bysource"
autodoc_typehints = "none"

PAGES_OF_FILES = {
    "../README.md": "index.md",
    "../CONTRIBUTING.md": "contributing.md",
    "../CHANGELOG.md": "changelog.md",
    "../SECURITY.md": "security.md",
    "../benchmarks/README.md": "benchmarks.md",
}
"""Files outside this folder that are pages of the documentation, too."""


def link_to_pages(app, docname, source):
    """Point links to files of the repository to the pages that include them; other such links become text."""
    text = source[0]
    for file, page in PAGES_OF_FILES.items():
        text = text.replace(f"]({file}", f"]({page}")
    source[0] = re.sub(r"\[([^\]]+)\]\(\.\./[^)]+\)", r"`\1`", text)


def setup(app):
    """Register the rewriting of links."""
    app.connect("source-read", link_to_pages)
    app.connect("include-read", lambda app, path, parent, content: rewrite_included(content))


def rewrite_included(content):
    """Point the links of an included file of the repository's root to pages of this folder."""
    text = content[0].replace("](docs/", "](")
    text = re.sub(r"\]\((\w+\.md)\)", lambda m: f"]({m[1].lower()})", text)
    content[0] = re.sub(r"!?\[([^\]]+)\]\((?!http|#|[\w/-]+\.md)[^)]+\)", r"\1", text)

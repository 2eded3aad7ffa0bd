"""Wording and local names that CONTRIBUTING.md asks to avoid: ``python -m tests.language [PATH]…`` lists them."""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

from tests.house import parsed

ROOT = Path(__file__).parents[1]

VAGUE = frozenset(
    (
        *("said", "told", "found", "place", "one", "other", "kept", "made", "asked"),
        *("how", "where", "what", "given", "here", "there", "things"),
    )
)
"""Local names that do not name their content."""

PHRASES = re.compile(
    r"\b((is|are|was|were|be|been) (told|said|asked)|tells? (of|that|whether|apart)|tell (them|it) apart"
    r"|cannot be told"
    r"|nobody|somebody|whatever|whoever|whichever|wherever|goes by|go by|lies? (in|beside|there|where|elsewhere|below)"
    r"|the ones? that|(?<!there )is no (?!longer)[a-z]+|of which|of these"
    r"|what (is|was|it) (not )?(there|known)|a stranger|beside (their|its) own|earlier versions?)\b",
    re.IGNORECASE,
)
"""Wording that reads oddly in a technical text; write the actor, the verb and the object."""


def faults(path: Path) -> Iterator[str]:
    """Yield the faults of a file's names and wording, as ``path:line: fault``."""
    name = path.relative_to(ROOT).as_posix()
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return
    if path.suffix == ".py":
        yield from (f"{name}:{line}: local name {word!r}" for line, word in _names(path))
        passages = _passages(text)
    else:
        passages = list(enumerate(text.splitlines(), 1))
    for line, passage in passages:
        for match in PHRASES.finditer(passage):
            yield f"{name}:{line + passage[: match.start()].count(chr(10))}: wording {match[0]!r}"


def _names(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id in VAGUE:
            yield node.lineno, node.id
        elif isinstance(node, ast.arg) and node.arg in VAGUE:
            yield node.lineno, node.arg


def _passages(text: str) -> list[tuple[int, str]]:
    """Return the comments and strings of a module, each with its first line."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    kinds = {tokenize.COMMENT, tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", -1)}
    return [(token.start[0], token.string) for token in tokens if token.type in kinds]


def main() -> int:
    """List the faults of the files or folders given, by default of the whole package; this file is exempt."""
    tops = [Path(word).absolute() for word in sys.argv[1:]] or [ROOT / "ser_bench"]
    suffixes = (".py", ".md", ".html", ".js", ".toml")
    paths = [
        p
        for top in tops
        for p in (sorted(top.rglob("*")) if top.is_dir() else [top])
        if p.suffix in suffixes and not {"_build", "corpus"} & set(p.parts) and p != Path(__file__).absolute()
    ]
    listed = [fault for path in paths for fault in faults(path)]
    print(*listed, sep="\n")
    print(f"{len(listed)} faults")
    return bool(listed)


if __name__ == "__main__":
    sys.exit(main())

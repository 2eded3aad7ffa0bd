"""Hints for words on the command line that no argument takes, such as ``ser-bench run ravdess``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import click


def usage_hint(error: click.ClickException) -> str:
    """Return what the user probably meant, or how to see the help of the command.

    Parameters
    ----------
    error : click.ClickException
        The error.

    Returns
    -------
    str
        One line; empty if the error belongs to no command.
    """
    context = getattr(error, "ctx", None)
    if not context:
        return ""
    extra = re.match(r"Got unexpected extra arguments? \(([^\s)]+)", error.format_message())
    meant = _option_of(extra[1], {parameter.name for parameter in context.command.params}) if extra else ""
    return f"did you mean {meant}?" if meant else f"see {context.command_path} --help"


def _option_of(word: str, options: set[str | None]) -> str:
    """Return the option that takes a name or a file, with it; empty if no option does."""
    from ser_bench import corpora, features, models, splits
    from ser_bench.core.names import nearest_name

    if "corpus" in options and (word.endswith((".csv", ".parquet")) or Path(word).is_dir()):
        return f"--corpus {word}"
    registries: dict[str, Iterable[str]] = {
        "corpus": corpora.CORPORA,
        "models": models.MODELS,
        "features": features.FEATURE_SETS,
        "splits": splits.SPLITS,
    }
    for option, names in registries.items():
        name = nearest_name(word, names) if option in options else ""
        if name.casefold() == word.casefold() != "":
            return f"--{option} {name}"
    return ""

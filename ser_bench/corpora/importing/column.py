"""A column of the manifest, with where its values come from and how certain that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

COLUMNS = ("speaker", "emotion", "gender", "text", "intensity", "person")
"""The columns of the manifest beside the path."""

Certainty = Literal["stated", "known", "likely", "guess", "unknown"]
"""``stated`` by the user or a table; ``known`` names of a published corpus; ``likely``; a ``guess``."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """Values of one column.

    Attributes
    ----------
    values
        Value by the file's name; a missing file is unknown.
    source
        Where the values stand, such as ``the second folder``.
    certainty
        How certain the source is.
    spellings
        What the paths or the table say, by the file's name, where it differs from the value.
    option
        The option that states a guess.
    problems
        Why a file cannot be used, by the file's name.
    warnings
        What the user should know.
    """

    values: Mapping[str, str]
    source: str
    certainty: Certainty
    spellings: Mapping[str, str] = field(default_factory=dict)
    option: str = ""
    problems: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


UNKNOWN = Column(values={}, source="", certainty="unknown")
"""A column without values."""


def joined(columns: list[Column]) -> Column:
    """Join columns; of two values for a file the first counts.

    Parameters
    ----------
    columns
        Columns of the same kind.

    Returns
    -------
    Column
        The least certain of them decides on the certainty.
    """
    filled = [column for column in columns if column.values or column.problems]
    if not filled:
        return Column(values={}, source="", certainty="unknown", warnings=sum((c.warnings for c in columns), ()))
    order: tuple[Certainty, ...] = ("stated", "known", "likely", "guess", "unknown")
    values: dict[str, str] = {}
    spellings: dict[str, str] = {}
    used = []
    for column in filled:
        added = {name: value for name, value in column.values.items() if name not in values}
        spellings |= {name: text for name, text in column.spellings.items() if name in added}
        values |= added
        used += [column] if added else []
    used = used or filled
    return Column(
        values=values,
        source="; ".join(dict.fromkeys(column.source for column in used)),
        certainty=max((column.certainty for column in used), key=order.index),
        spellings=spellings,
        option=next((column.option for column in used if column.option), ""),
        problems={name: reason for column in filled for name, reason in column.problems.items() if name not in values},
        warnings=sum((column.warnings for column in columns), ()),
    )

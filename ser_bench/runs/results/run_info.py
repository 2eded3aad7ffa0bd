"""What ``run.json`` must say for a report to be drawn from it: types and names, checked before anything is computed.

Run folders are passed on, so what stands in one may be anybody's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from ser_bench.metrics import ACCURACY, MACRO_F1, NAME_PATTERN, UAR

MOST = 10**12
"""No count of a run is larger."""


def _different(names: list[str]) -> list[str]:
    if len(set(names)) < len(names):
        raise ValueError("a name stands twice")
    return names


_Names = Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1), AfterValidator(_different)]
_Count = Annotated[int, Field(ge=0, le=MOST)]
_Facts = dict[str, Any]

METRIC_TITLES = {metric.name: metric.title for metric in (ACCURACY, UAR, MACRO_F1)}
"""The metrics of a run whose ``run.json`` names none."""


def _with_metric_columns(titles: dict[str, str]) -> dict[str, str]:
    if missing := set(METRIC_TITLES) - set(titles):
        raise ValueError(f"no {', '.join(sorted(missing))}")
    return titles


_Metrics = Annotated[
    dict[Annotated[str, Field(pattern=f"^{NAME_PATTERN}$")], str], AfterValidator(_with_metric_columns)
]


class _Said(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")


class _Corpus(_Said):
    name: str
    clips: _Count
    speakers: _Count
    labels: _Names
    title: str | None = None
    licence: str | None = None
    source: str | None = None
    citation: str | None = None
    sample_rate: _Count | None = None


class _ModelTable(_Said):
    base: str
    parameters: _Facts


class _Options(_Said):
    merge: dict[str, str] = {}
    model_tables: dict[str, _ModelTable] | None = None


class _LeftOut(_Said):
    path: str
    reason: str


class _Work(_Said):
    failed: _Count | None = None


class _Info(_Said):
    options: _Options
    corpus: _Corpus
    models: _Names
    splits: _Names
    features: str
    synthetic: bool
    metrics: _Metrics = METRIC_TITLES
    normalize: str
    target: str
    rows: dict[str, _Count]
    sha256: dict[str, str] = {}
    versions: _Facts = {}
    machine: _Facts | None = None
    features_of: _Facts | None = None
    work: _Work = _Work()
    dropped: list[_LeftOut] | None = None
    problems: list[_LeftOut] | None = None


def fault(info: Mapping[str, Any]) -> str:
    """Return what is wrong with the values of a ``run.json``; empty where a report can be drawn from them."""
    try:
        _Info.model_validate(dict(info))
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])[:60]
        return f"{where} is not what it should be"
    return ""

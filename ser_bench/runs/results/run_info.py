"""The content of ``run.json`` as one frozen model: the runner builds it, the reader validates with it, reports use it.

People pass run folders on, so a file may come from anyone; pydantic checks every type and range before use.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_serializer, field_validator, model_validator

from ser_bench.audio.conditions import CLEAN, Condition
from ser_bench.core.options import PATH_OPTIONS, ModelTable, Options, PretrainingTable
from ser_bench.core.private_paths import public_features, public_values, without_folder, without_folders
from ser_bench.corpora.pool import split_names
from ser_bench.metrics import ACCURACY, MACRO_F1, NAME_PATTERN, UAR

MOST = 10**12
"""Upper bound of every count."""

FINISHED_PATTERN = r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00)?$"
"""Pattern of a time in UTC; empty if it is unknown."""

COMMIT_PATTERN = r"^([0-9a-f]{40}(-dirty)?)?$"
"""Pattern of a commit of the code; empty if it is unknown, and with ``-dirty`` if the code was changed after it."""


def _without_duplicates(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(names)) < len(names):
        raise ValueError("each name may occur only once")
    return names


_Text = Annotated[str, Field(min_length=1)]
_UniqueNames = Annotated[tuple[_Text, ...], Field(min_length=1), AfterValidator(_without_duplicates)]
_Count = Annotated[int, Field(ge=0, le=MOST)]
_Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]


def _with_standard_metrics(titles: dict[str, str]) -> dict[str, str]:
    if missing := {metric.name for metric in (ACCURACY, UAR, MACRO_F1)} - titles.keys():
        raise ValueError(f"missing metric {', '.join(sorted(missing))}")
    return titles


_MetricName = Annotated[str, Field(pattern=f"^{NAME_PATTERN}$")]
_Metrics = Annotated[dict[_MetricName, str], AfterValidator(_with_standard_metrics)]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")


def _published(options: Options) -> Options:
    """Return options without folders of the machine; a corpus, split or feature set from a file keeps its name."""
    return options.model_copy(
        update={
            **dict.fromkeys(PATH_OPTIONS),
            "corpus": options.corpus and ",".join(map(without_folder, split_names(options.corpus))),
            "splits": options.splits and tuple(map(without_folder, options.splits)),
            "features": public_features(options.features),
            "pretraining": {public_features(name): _published_statement(t) for name, t in options.pretraining.items()},
            "model_tables": {name: _published_table(table) for name, table in options.model_tables.items()},
        }
    )


def _published_table(table: ModelTable) -> ModelTable:
    features = table.features and public_features(table.features)
    return table.model_copy(update={"parameters": public_values(table.parameters), "features": features})


def _published_statement(table: PretrainingTable) -> PretrainingTable:
    return table.model_copy(update={"licence": without_folders(table.licence), "source": without_folders(table.source)})


class CorpusInfo(_Record):
    """The corpus as the run used it; ``sample_rate`` in Hz is None where clips keep their own rates.

    ``corpora`` are the names of several corpora, and ``shared_speakers`` the speakers, as ``corpus/speaker``, of each
    person who has several names or is in several corpora.
    """

    name: _Text
    title: str
    licence: str
    source: str
    citation: str
    clips: _Count
    speakers: _Count
    emotions: dict[str, _Count]
    labels: _UniqueNames
    fingerprint: str
    sample_rate: _Count | None = None
    recorded: bool = False
    corpora: tuple[str, ...] = ()
    shared_speakers: dict[str, tuple[str, ...]] = {}


class ConditionInfo(_Record):
    """A recording condition under which the models were tested; see :class:`ser_bench.audio.conditions.ConditionKind`.

    ``kind`` and ``level`` make up ``name``; ``level`` is None for a kind without levels.
    """

    name: _Text
    kind: _Text
    family: _Text
    phrase: str
    level: Annotated[float, Field(allow_inf_nan=False)] | None = None
    unit: str = ""
    harder: str = "lower"
    common: bool = False
    audible: bool = True


def condition_info(condition: Condition) -> ConditionInfo:
    """Return what ``run.json`` says about a condition.

    Parameters
    ----------
    condition : Condition
        The condition.

    Returns
    -------
    ConditionInfo
    """
    kind = condition.kind
    return ConditionInfo(
        name=condition.name,
        kind=kind.name,
        family=kind.family,
        phrase=condition.phrase,
        level=condition.level,
        unit=kind.unit,
        harder=kind.harder,
        common=condition.common,
        audible=kind.audible,
    )


def _with_distinct_names(conditions: tuple[ConditionInfo, ...]) -> tuple[ConditionInfo, ...]:
    _without_duplicates((CLEAN, *(condition.name for condition in conditions)))
    return conditions


class MachineInfo(_Record):
    """The machine that wrote the run."""

    system: str
    processor: str
    cores: _Count | None


_SetName = Annotated[str, Field(min_length=1, max_length=1_000)]
_MOST_SETS = 1_000
MOST_CORPORA = 10_000
"""The most training corpora of a network."""
MOST_CHARACTERS = 2_000
"""The most characters of a licence or source."""
_Terms = Annotated[str, Field(max_length=MOST_CHARACTERS)]

_Exposures = dict[str, Literal["unknown", "heard"]]


class PretrainedInfo(_Record):
    """What the network behind a feature set was trained or tuned on; ``corpora`` is None where that is unknown.

    ``unheard`` are corpora of users that are not in it under any name. ``exposure`` has the corpora of the run that it
    has heard, or may have heard.
    """

    licence: _Terms = ""
    corpora: Annotated[tuple[_SetName, ...], Field(max_length=MOST_CORPORA)] | None = None
    complete: bool = True
    source: _Terms = ""
    unheard: Annotated[tuple[_SetName, ...], Field(max_length=MOST_CORPORA)] = ()
    exposure: _Exposures = {}


class Work(_Record):
    """Counts of fits, wall time and the workers' time in seconds, and the share of it inside fit and predict.

    ``all_fits_seconds`` is the time inside fit and predict of every fit of the run, those that an earlier run had
    computed included; ``reused_fits_seconds`` is the part of the earlier runs. Splits may share fits, which count once.
    """

    computed: _Count
    reused: _Count
    failed: _Count = 0
    jobs: _Count = 0
    wall_seconds: _Seconds = 0.0
    worker_seconds: _Seconds = 0.0
    fit_share: _Seconds | None = None
    all_fits_seconds: _Seconds = 0.0
    reused_fits_seconds: _Seconds = 0.0


class RunInfo(_Record):
    """What ``run.json`` says about a run.

    ``options`` never hold folders of the machine. ``metrics`` are titles by name. ``models`` are the resolved names,
    baselines included, and ``features_of`` maps each to its feature sets. ``full_parameters`` hold by model what quick
    effort replaced. ``stored_sets`` name the folders of the feature store that the run read. ``plugins`` are the
    versions of models, feature sets and kinds of conditions of a plugin by name. ``conditions`` are the recording
    conditions of the test beside ``clean``, in order. ``trained_under`` maps each model that trains on changed copies
    to the family of each condition.
    ``pretrained`` describes the sets with a pretrained network by name, and ``licences`` has the licence of each
    set that states one. ``exposure`` maps each model and split to whether its features have heard a tested corpus,
    where that is not "no".
    ``warnings`` say what a reader must know about the data. ``identity`` hashes all that decides the tables.
    ``commit`` is that of the code that wrote the run; reused fits have their own.
    """

    options: Options
    corpus: CorpusInfo
    synthetic: bool
    metrics: _Metrics
    models: _UniqueNames
    features_of: dict[str, str]
    full_parameters: dict[str, dict[str, Any]] = {}
    stored_sets: tuple[str, ...]
    conditions: Annotated[tuple[ConditionInfo, ...], AfterValidator(_with_distinct_names)] = ()
    trained_under: dict[str, dict[str, str]] = {}
    plugins: dict[str, str] = {}
    versions: dict[str, str]
    machine: MachineInfo
    started: str
    finished: str
    pretrained: Annotated[dict[_SetName, PretrainedInfo], Field(max_length=_MOST_SETS)] = {}
    licences: Annotated[dict[_SetName, _Terms], Field(max_length=_MOST_SETS)] = {}
    exposure: dict[str, _Exposures] = {}
    warnings: tuple[str, ...] = ()
    work: Work
    identity: str
    commit: Annotated[str, Field(pattern=COMMIT_PATTERN)] = ""

    @field_validator("options")
    @classmethod
    def _check_options(cls, options: Options) -> Options:
        if not options.splits:
            raise ValueError("splits: expected at least one name")
        return _published(options)

    @model_validator(mode="after")
    def _check_exposure(self) -> Self:
        if unknown := self.exposure.keys() - set(self.models):
            raise ValueError(f"exposure: unknown model {min(unknown)[:40]!r}")
        if unknown := {split for splits in self.exposure.values() for split in splits} - set(self.splits):
            raise ValueError(f"exposure: unknown split {min(unknown)[:40]!r}")
        return self

    @field_serializer("options")
    def _dump_options(self, options: Options) -> dict[str, Any]:
        return options.model_dump(mode="json", exclude=set(PATH_OPTIONS))

    @property
    def splits(self) -> tuple[str, ...]:
        """The names of the splits, in the order of tables and charts."""
        return self.options.splits or ()

    @property
    def features(self) -> str:
        """The feature sets asked for, or ``auto``."""
        return self.options.features

    @property
    def own_features(self) -> dict[str, str]:
        """The feature sets of each model whose table in the configuration names them."""
        tables = self.options.model_tables
        return {name: sets for name, sets in self.features_of.items() if name in tables and tables[name].features}

    @property
    def normalize(self) -> str:
        """The normalisation of the features: ``none`` or ``speaker``."""
        return self.options.normalize

    @property
    def target(self) -> str:
        """The target of the prediction: ``emotion``, ``gender`` or ``emotion+gender``."""
        return self.options.target

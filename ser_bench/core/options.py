"""Options of every command, validated once and frozen, from a TOML file and the command line.

:class:`Options` is the only declaration of an option: the command line and the Python functions derive theirs from
its fields. A configuration file holds options by name (``fit-timeout`` or ``fit_timeout``), and a table for each
model with other parameters or for each named variant::

    models = ["svm", "cnn1d", "cnn1d-deep"]     # next to tables: models.use = [...]

    [models.svm]
    C = 3.0

    [models.cnn1d-deep]
    base = "cnn1d"
    filters = [64, 128, 256]

    [models.lda-mfcc]                           # its own feature sets; --features does not replace them
    base = "lda"
    features = "functionals+mfcc"

    [merge]                                     # rename emotions
    calm = "neutral"

    [speakers]                                  # one person in two corpora
    "studio/anna" = "Anna"
    "phone/07" = "Anna"
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import PydanticCustomError

from ser_bench.core.errors import ConfigError, UnknownNameError
from ser_bench.core.places import expand_home
from ser_bench.core.toml_file import read_toml

Target = Literal["emotion", "gender", "emotion+gender"]
Normalization = Literal["none", "speaker"]
Part = Literal["speech", "song", "all"]
LabelColumns = Literal["refuse", "use"]
Conflicts = Literal["leave-out", "first"]
Effort = Literal["auto", "quick", "full"]

LEAVE_OUT, KEEP_FIRST = "leave-out", "first"
"""The values of ``conflicts``."""


def _split_names(value: Any) -> Any:
    """Turn ``"a, b"`` or a list of names into a tuple of distinct names in order."""
    if isinstance(value, str):
        names = [name.strip() for name in value.split(",") if name.strip()]
        if not names and value.strip():
            raise PydanticCustomError("names", "Input should be one or more names, joined by commas")
        value = names
    if isinstance(value, list | tuple) and all(isinstance(name, str) for name in value):
        return tuple(dict.fromkeys(value))
    return value


def _check_engine(value: str) -> str:
    """Return the name of an engine if it is valid."""
    if value != "local" and not re.fullmatch(r"(dask|tls)://\S+:\d+", value):
        raise PydanticCustomError("engine", "Input should be local, dask://HOST:PORT or tls://HOST:PORT")
    return value


Names = Annotated[tuple[str, ...], BeforeValidator(_split_names)]
Engine = Annotated[str, AfterValidator(_check_engine)]


def _option(default: Any, description: str, metavar: str = "", shown_default: str = "", **limits: Any) -> Any:
    """Return a field with what the command line shows: help text, metavar and, if it is computed, the default."""
    shown: dict[str, Any] = {"metavar": metavar, "shown_default": shown_default}
    return Field(default=default, description=description, json_schema_extra=shown, **limits)


PATH_OPTIONS = ("data_dir", "store", "out", "plugin")
"""The options that name files and folders of this machine."""


class ModelTable(BaseModel):
    """A ``[models.NAME]`` table of a configuration file.

    Attributes
    ----------
    base : str
        The model whose parameters are changed.
    parameters : dict
        The parameters that differ from the defaults.
    features : str or None
        The feature sets of the model, joined with ``+``, also under another option ``features``; None leaves it
        to the option.
    """

    model_config = ConfigDict(frozen=True)

    base: str
    parameters: dict[str, Any]
    features: str | None = None


class PretrainingTable(BaseModel):
    """A ``[pretraining.SET]`` table of a configuration file: what the network behind a feature set was trained on.

    Attributes
    ----------
    corpora : tuple of str or None
        The corpora of its training; empty for values without a network, None where that is unknown.
    complete : bool
        Whether ``corpora`` are all of them.
    unheard : tuple of str
        Corpora whose recordings are not in its training, under any name.
    licence, source : str
        Its licence, and where all this is stated.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    corpora: tuple[Annotated[str, Field(min_length=1, max_length=1_000)], ...] | None = None
    complete: bool = True
    unheard: tuple[Annotated[str, Field(min_length=1, max_length=1_000)], ...] = ()
    licence: Annotated[str, Field(max_length=1_000)] = ""
    source: Annotated[str, Field(max_length=1_000)] = ""


class Options(BaseModel):
    """Validated options of a command; the description of each field is the help text of its option."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)

    corpus: str | None = _option(
        None,
        "A known corpus, or the path of a CSV manifest with the columns path,speaker,emotion. Several corpora, joined "
        "by commas, are pooled on the emotions they share.",
        "NAME",
        "ravdess if its clips are found, else demo",
    )
    data_dir: Path | None = _option(
        None,
        "The folder of the corpus. For several corpora: one folder each, joined by commas, or one folder that holds "
        "them all by name.",
        "DIR",
        "$SER_BENCH_DATA/NAME, ./data/NAME, the user's cache folder",
    )
    part: Part = _option("speech", "The part of a corpus that has speech and song.")
    features: str = _option(
        "auto",
        "One feature set, several joined with +, or auto: each model's own. A model table may name others.",
        "SET",
    )
    emotions: Names = _option((), "Keep only these emotions.", "A,B,…")
    merge: dict[str, str] = _option({}, "Emotions to rename, as a table; configuration files and Python only.")
    speakers: dict[str, str] = _option(
        {},
        "Speakers who are one person, as a table from corpus/speaker to a shared name; configuration files and Python "
        "only.",
    )
    conflicts: Conflicts = _option(
        "leave-out",
        "Clips with identical samples but another speaker or label: leave out all of them, or keep the first by name.",
    )
    link_speakers: bool = _option(
        False, "Speakers who share identical or near-identical clips are one person, and stay in one fold."
    )
    label_columns: LabelColumns = _option(
        "refuse",
        "Columns of a feature table that hold the label or row numbers: refuse the table, or use them and mark the "
        "results.",
    )
    pretraining: dict[str, PretrainingTable] = _option(
        {},
        "What the networks behind feature sets were trained on, a table per set; configuration files and Python only.",
    )
    target: Target = _option("emotion", "The label to predict.")
    sample_rate: int | None = _option(
        None,
        "Resample every clip to this rate before features are computed.",
        "HZ",
        "the clips' own; for several corpora the lowest of them",
        ge=4000,
        le=384_000,
    )
    jobs: int | None = _option(None, "Worker processes on this machine.", "N", "all cores", ge=1)
    store: Path | None = _option(
        None, "The folder of the feature store and the fit cache.", "DIR", "in the user's cache folder"
    )
    seed: int = _option(0, "Random seed; the same seed gives the same predictions.", "N", ge=0, lt=2**32)
    models: Names = _option(("all",), "Classifiers to compare; the baselines are always included.", "all|NAME,…")
    splits: Names | None = _option(
        None, "Splits to compare.", "NAME,…", "actor,random-takes,random; actor,random where no take was repeated"
    )
    folds: int | None = _option(
        None,
        "Number of folds of the splits actor, random-takes and random.",
        "K",
        "6, fewer where there are fewer speakers",
        ge=2,
    )
    repeats: int = _option(1, "Number of repeats, each with another seed and other folds.", "N", ge=1)
    effort: Effort = _option(
        "auto",
        "quick: train networks for less time, and mark their results; full: train them to the end; auto: quick for the "
        "corpus demo, full for every other.",
    )
    normalize: Normalization = _option(
        "none", "speaker: standardise each speaker by all unlabelled clips of that speaker (transductive)."
    )
    conditions: Names = _option(
        ("clean",),
        "Recording conditions of the test, or families of them; models are trained once. clean is always included.",
        "all|NAME,…",
    )
    out: Path | None = _option(
        None, "The run folder.", "DIR", "results/<corpus>, with part, subset and target in the name"
    )
    plugin: Path | None = _option(
        None, "Register your own models, feature sets, splits, corpora, metrics or charts.", "FILE.py"
    )
    engine: Engine = _option(
        "local", "local, or the workers of a Dask scheduler: dask://HOST:PORT, tls://HOST:PORT.", "ENGINE"
    )
    fit_timeout: float | None = _option(None, "Stop a fit that takes longer.", "SECONDS", gt=0)
    fresh: bool = _option(False, "Ignore the fit cache and fit again.")
    model_tables: dict[str, ModelTable] = _option({}, "The [models.NAME] tables of a configuration file, by name.")

    @field_validator("models")
    @classmethod
    def _check_models(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        """Return the models if there is one."""
        if not names:
            raise PydanticCustomError("names", "Input should be one or more models; baselines are added to them")
        return names

    @field_validator("corpus", *PATH_OPTIONS)
    @classmethod
    def _expand_home(cls, value: Any) -> Any:
        """Return a path, or the names and paths of several corpora, without ``~``."""
        try:
            if isinstance(value, str):
                return ",".join(str(expand_home(Path(part))) if part[:1] == "~" else part for part in value.split(","))
            return value and expand_home(value)
        except ConfigError as error:
            raise PydanticCustomError("path", "{reason}", {"reason": str(error)}) from None


OPTION_NAMES = tuple(name.replace("_", "-") for name in Options.model_fields if name != "model_tables")
"""The keys of a configuration file, as the command line spells them."""

_MAX_SHOWN = 200
"""Longer values are cut in error messages."""


def load(path: Path | None, overrides: Mapping[str, Any]) -> Options:
    """Read a configuration file and validate its options.

    Parameters
    ----------
    path : Path or None
        The configuration file, if any.
    overrides : mapping of str
        Options that replace those of the file; values of None are ignored.

    Returns
    -------
    Options
        The validated options.

    Raises
    ------
    ConfigError
        If the file cannot be read, a key is unknown or a value is invalid.
    """
    values = _read(path) if path else {}
    replaced = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Options(**(values | replaced))
    except ValidationError as error:
        first = error.errors()[0]
        key = str(first["loc"][0]).replace("_", "-")
        source = f"{key} in {path}" if first["loc"][0] not in replaced else f"--{key}"
        if first["type"] == "extra_forbidden" and key == "pretraining":
            raise UnknownNameError(
                f"key in {source} for {first['loc'][1]}:", str(first["loc"][-1]), PretrainingTable.model_fields
            ) from None
        if first["type"] == "path":
            raise ConfigError(f"invalid value for {source}: {first['msg']}") from None
        expected = first["msg"].removeprefix("Input should be ").partition(", unable to parse")[0]
        expected = re.sub(r"^a valid tuple$", "a list", expected)
        expected = re.sub(r"^(greater|less) than", r"a number \1 than", expected)
        raise ConfigError(f"invalid value for {source}: expected {expected}, got {_shown(first['input'])}") from None


def find_config(name: str) -> Path:
    """Find a configuration file.

    Parameters
    ----------
    name : str
        The path of a file, or the name of a configuration of ser-bench, for example ``"quick"``.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ConfigError
        If neither exists.
    """
    path = Path(name)
    if path.is_file():
        return path
    package = Path(__file__).parents[1]
    included = {file.stem: file for top in (package.parent, package) for file in (top / "configs").glob("*.toml")}
    if len(path.parts) == 1 and path.stem in included:
        return included[path.stem]
    known = ", ".join(sorted(included))
    raise ConfigError(f"configuration file not found: {name}; give the path of a TOML file, or one of {known}")


def _read(path: Path) -> dict[str, Any]:
    """Return the options of a configuration file, keys with underscores, models' tables as ``model_tables``."""
    content = read_toml(path)
    tables: dict[str, Any] = {}
    if isinstance(content.get("models"), dict):
        tables = content.pop("models")
        if "use" in tables:
            content["models"] = tables.pop("use")
    options = {}
    for key, value in content.items():
        if key.replace("_", "-") not in OPTION_NAMES:
            raise UnknownNameError(f"key in {path}:", key, OPTION_NAMES)
        options[key.replace("-", "_")] = value
    for key in (*PATH_OPTIONS, "corpus"):
        if isinstance(value := options.get(key), str) and not value.isprintable():
            raise ConfigError(
                f"invalid value for {key} in {path}: {value!r} has a tab or a line break; write a path with "
                "backslashes in single quotes: 'C:\\temp'"
            )
    return options | {"model_tables": {name: _model_table(path, name, table) for name, table in tables.items()}}


def _model_table(path: Path, name: str, table: Any) -> ModelTable:
    """Return a validated ``[models.NAME]`` table."""
    if not isinstance(table, dict):
        raise ConfigError(
            f"invalid [models.{name}] in {path}: expected a table of parameters, got {_shown(table)}; "
            "choose models with models.use"
        )
    base, features = table.get("base", name), table.get("features")
    if not isinstance(base, str):
        raise ConfigError(
            f"invalid base of [models.{name}] in {path}: expected the name of a model, got {_shown(base)}"
        )
    if features is not None and not isinstance(features, str):
        raise ConfigError(
            f"invalid features of [models.{name}] in {path}: expected feature sets joined with +, such as "
            f'"functionals+mfcc", got {_shown(features)}'
        )
    parameters = {key: value for key, value in table.items() if key not in ("base", "features")}
    return ModelTable(base=base, parameters=parameters, features=features)


def _shown(value: Any) -> str:
    """Return a value for an error message."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):
        return "a value that cannot be shown"
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…"

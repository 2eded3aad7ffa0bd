"""The options as frozen typed values, from a TOML file and the command line; unknown keys are refused.

A configuration holds every option of the command line by its name (``fit-timeout`` or ``fit_timeout``),
and a table per model whose parameters differ or that is a named variant::

    models = ["svm", "cnn1d", "cnn1d-deep"]     # or, beside the tables: models.use = [...]

    [models.svm]
    C = 3.0

    [models.cnn1d-deep]
    base = "cnn1d"
    filters = [64, 128, 256]

    [merge]                                     # these emotions count as others
    calm = "neutral"
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from ser_bench.core.errors import ConfigError, UnknownNameError

Target = Literal["emotion", "gender", "emotion+gender"]
Normalization = Literal["none", "speaker"]
Part = Literal["speech", "song", "all"]


def _names(value: Any) -> Any:
    """Turn ``"a, b"`` into ``("a", "b")`` and a list into a tuple; each name once, in its order."""
    if isinstance(value, str):
        value = [name.strip() for name in value.split(",") if name.strip()]
    if isinstance(value, list | tuple) and all(isinstance(name, str) for name in value):
        return tuple(dict.fromkeys(value))
    return value


def _engine(value: str) -> str:
    if value != "local" and not re.fullmatch(r"(dask|tls)://\S+:\d+", value):
        raise PydanticCustomError("engine", "must be local, dask://HOST:PORT or tls://HOST:PORT")
    return value


Names = Annotated[tuple[str, ...], BeforeValidator(_names)]
Engine = Annotated[str, AfterValidator(_engine)]


class ModelTable(BaseModel):
    """What a ``[models.NAME]`` table says: the model it starts from and the parameters that differ."""

    model_config = ConfigDict(frozen=True)

    base: str
    parameters: dict[str, Any]


class Options(BaseModel):
    """Everything a command can be told. Fields have the names of the command line's options."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)

    corpus: str | None = None
    data_dir: Path | None = None
    part: Part = "speech"
    features: str = "auto"
    emotions: Names = ()
    merge: dict[str, str] = {}
    target: Target = "emotion"
    sample_rate: int | None = Field(default=None, ge=4000, le=384_000)
    jobs: int | None = Field(default=None, ge=1)
    store: Path | None = None
    seed: int = Field(default=0, ge=0, lt=2**32)
    models: Names = ("all",)
    splits: Names = ("actor", "random")
    folds: int = Field(default=6, ge=2)
    repeats: int = Field(default=1, ge=1)
    normalize: Normalization = "none"
    out: Path | None = None
    plugin: Path | None = None
    engine: Engine = "local"
    fit_timeout: float | None = Field(default=None, gt=0)
    fresh: bool = False
    model_tables: dict[str, ModelTable] = {}


OPTION_NAMES = tuple(name.replace("_", "-") for name in Options.model_fields if name != "model_tables")
"""The keys that a configuration may have, as the command line spells them."""

PATH_OPTIONS = ("data_dir", "store", "out", "plugin")
"""The options that name folders and files of this machine."""

_MOST_SHOWN = 200


def load(config: Path | None, given: Mapping[str, Any]) -> Options:
    """Return the options of a configuration file, overridden by those given on the command line.

    Values of None in ``given`` count as not given. Raises :class:`ConfigError`, in one or two lines,
    for a file that cannot be read, an unknown key or a value that cannot be.
    """
    said = _read(config) if config else {}
    said.update({name: value for name, value in given.items() if value is not None})
    try:
        return Options(**said)
    except ValidationError as error:
        first = error.errors()[0]
        name = "-".join(str(part) for part in first["loc"][:1]).replace("_", "-")
        raise ConfigError(f"--{name} {_shown(first['input'])}: {_lowered(first['msg'])}") from None


def find_config(name: str) -> Path:
    """Return the configuration file of that path, or the one of that name that ser-bench brings along."""
    path = Path(name)
    if path.is_file():
        return path
    here = Path(__file__).parents[1]
    for folder in (here / "configs", here.parent / "configs"):
        brought = folder / f"{path.stem}.toml"
        if len(path.parts) == 1 and brought.is_file():
            return brought
    raise ConfigError(f"there is no configuration file {name}")


def _read(path: Path) -> dict[str, Any]:
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror or error}") from None
    except ValueError as error:  # not UTF-8, not TOML, or a number of thousands of digits
        raise ConfigError(f"{path} is no TOML file: {error}") from None
    except RecursionError:
        raise ConfigError(f"{path} is no TOML file that can be read: it is nested too deeply") from None
    tables: dict[str, Any] = {}
    if isinstance(said.get("models"), dict):
        tables = said.pop("models")
        if "use" in tables:
            said["models"] = tables.pop("use")
    options = {}
    for key, value in said.items():
        if key.replace("_", "-") not in OPTION_NAMES:
            raise UnknownNameError(f"key in {path}:", key, OPTION_NAMES)
        options[key.replace("-", "_")] = value
    for key in PATH_OPTIONS:
        if isinstance(options.get(key), str):
            options[key] = _path(path, key, options[key])
    return options | {"model_tables": {name: _model_table(path, name, table) for name, table in tables.items()}}


def _path(config: Path, key: str, value: str) -> Path:
    try:
        return Path(value).expanduser()
    except RuntimeError:
        raise ConfigError(f"{config}: {key} {value!r} begins with the home folder of a user who is not known") from None


def _model_table(path: Path, name: str, table: Any) -> ModelTable:
    if not isinstance(table, dict):
        raise ConfigError(f"{path}: [models.{name}] must be a table of parameters; a choice of models is models.use")
    base = table.get("base", name)
    if not isinstance(base, str):
        raise ConfigError(f"{path}: the base of [models.{name}] must be a model's name")
    return ModelTable(base=base, parameters={key: value for key, value in table.items() if key != "base"})


def _shown(value: Any) -> str:
    try:
        text = repr(value)
    except (ValueError, RecursionError):
        return "(a value that cannot be shown)"
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…"


def _lowered(message: str) -> str:
    return message[:1].lower() + message[1:]

"""What a model is: a description, its parameters, and a function that builds a scikit-learn estimator."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo

from ser_bench.core.errors import ConfigError

SLOWER_AND_FASTER = (0.85, 1.17)
"""Speeds at which training clips sound like those of other speakers, with a longer and a shorter vocal tract."""


def _integer(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


Integer = Annotated[int, BeforeValidator(_integer)]
"""An integer, which a configuration may also write as 3.0."""

Counts = list[Annotated[int, Field(ge=1), BeforeValidator(_integer)]]
"""A list of integers of at least 1."""


def parameter(default: Any, description: str, *, tune: Iterable[Any] = (), **limits: Any) -> Any:
    """Declare a parameter of a model.

    Parameters
    ----------
    default : bool, int, float, str or list
        The default, unless the model states another.
    description : str
        One line for ``ser-bench models NAME``.
    tune : iterable
        The values that ``ser-bench tune`` draws from; a parameter without them is not tuned.
    **limits
        Limits of the value as in :func:`pydantic.Field`, such as ``ge=1``.

    Returns
    -------
    FieldInfo
    """
    return Field(default, description=description, json_schema_extra={"tune": list(tune)}, **limits)


class Parameters(BaseModel):
    """The parameters of a model: plain values with types, limits, defaults and descriptions.

    A model declares its own in a subclass, a line each with :func:`parameter`.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)


class LearnerParameters(Parameters):
    """Parameters of every model that learns from features."""

    speeds: list[Annotated[float, Field(gt=0)]] = parameter(
        [],
        "speeds at which training clips are added to the originals, such as 0.85 and 1.17",
        tune=([], [*SLOWER_AND_FASTER], [0.9, 1.1]),
    )
    conditions: list[str] = parameter(
        [], "recording conditions under which training clips are added to the originals, such as phone and white-10"
    )


class CalibrationParameters(Parameters):
    """Parameters of every model except baselines."""

    calibrate: bool = parameter(True, "whether probabilities are calibrated on held-out training clips")


@dataclass(frozen=True, kw_only=True)
class PairwiseCost:
    """The time of a model whose cost grows with pairs of clips.

    Parameters
    ----------
    seconds : float
        Measured seconds per pair of rows and column: of every two training rows, or of every training and test row.
    test_rows : bool
        Whether pairs are made of a training and a test row.
    reason, advice : str
        For the warning before a run. In ``advice``, ``{name}`` is the model's name and ``{time}`` the time of the
        alternative.
    advised_seconds : float
        Seconds that the alternative takes per training row and column.
    """

    seconds: float
    reason: str
    advice: str
    advised_seconds: float = 0.0
    test_rows: bool = False


@dataclass(frozen=True, kw_only=True)
class EstimatorClass:
    """A class whose instances a model file may hold.

    Parameters
    ----------
    path : str
        ``module:Class``.
    onnx, onnx_step : str
        ``module:function`` that writes the ONNX graph of a fitted classifier or of a step before it.
    not_exported : str
        Why there is no ONNX graph.
    """

    path: str
    onnx: str = ""
    onnx_step: str = ""
    not_exported: str = ""

    @property
    def name(self) -> str:
        """The class's name without its module, as model files hold it."""
        return self.path.partition(":")[2]


def _no_pairwise_cost(parameters: Mapping[str, Any]) -> PairwiseCost | None:
    return None


@dataclass(frozen=True, kw_only=True)
class Model:
    """A registered classifier.

    Parameters
    ----------
    name, summary : str
        For configurations and listings.
    kind : {"baseline", "classical", "network"}
        Networks need Keras; baselines are part of every run.
    features : str
        The feature sets that ``--features auto`` gives it, joined with ``+``.
    build : callable
        ``build(seed=..., **parameters)`` returns an unfitted estimator with ``fit(X, y)``, ``predict``,
        ``predict_proba`` and ``classes_``. The estimator takes string labels, does its own scaling, uses one thread
        and gives the same predictions for the same seed. It gets neither ``speeds`` nor ``conditions``.
    accepts : tuple of {"vector", "frames"}
        What ``X`` may be: ``vector`` is float32 of shape ``(n, d)``; ``frames`` is float32 of shape ``(n, t, d)``,
        padded with NaN behind each clip's end.
    schema : type of Parameters
        Declares the parameters.
    parameters : mapping
        The values that differ from the schema's defaults; once the model is made, every parameter's value.
    binds : tuple of {"blocks", "member_plans"}
        What ``build`` takes from the plan of a run beside its parameters. ``blocks`` is a list with the number of
        layers, and of columns per layer, of each feature set. ``member_plans`` are the members of an ensemble that are
        variants or have their own feature sets, by name.
    bound : mapping
        Their values, which are plain, for feature sets or members that need them; part of a fit's key.
    quick : mapping
        Values that replace the model's own under quick effort, for example fewer epochs.
    takes_groups : bool
        Whether ``fit`` also takes ``groups`` (a group per clip) and holds out some whole groups for early stopping. The
        groups are speakers if no test speaker is in training, else takes: repeated recordings, or single clips where
        takes are unknown. A changed copy is in the group of its clip. A ``fit`` that has the parameters also
        gets ``speakers`` (None, or the speaker of each clip if the groups are takes) and ``originals`` (False for
        copies). The fitted estimator then has ``history_``, a list per measure with one value per epoch, and
        ``held_out_``, a mask of the clips that it held out; ``refitted_`` is true if it was trained on them in the end,
        and ``held_out_proba_`` then holds their probabilities before that, for calibration.
        Without ``held_out_``, tables do not show on how many clips and speakers a network was trained.
    seeded : bool
        Whether the fit depends on the seed; one that does not is computed for one seed only.
    seeded_if : mapping
        Parameter values that make the fit depend on the seed, each by itself.
    pairwise_cost : callable
        Returns the cost of pairs of clips for given parameters, or None where time grows with the clips only.
    cost : float
        Usual fit time relative to other models; orders a run's plan and paces its progress bar.
    needs : tuple of str
        Distributions that must be installed; their versions are part of a fit's key.
    source : tuple of str
        Modules whose code decides the predictions; their text is part of a fit's key.
    version : str
        Changes with the code of a plugin and is part of a fit's key; empty for the package's own models.
    classes : tuple of EstimatorClass
        What a file of the trained model may hold, and how each class is exported to ONNX.

    Raises
    ------
    ConfigError
        If a value does not fit the schema.
    """

    name: str
    summary: str
    kind: Literal["baseline", "classical", "network"]
    features: str
    build: Callable[..., Any] = field(repr=False)
    accepts: tuple[Literal["vector", "frames"], ...] = ("vector",)
    schema: type[Parameters] = field(default=Parameters, repr=False)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    binds: tuple[Literal["blocks", "member_plans"], ...] = ()
    bound: Mapping[str, Any] = field(default_factory=dict)
    quick: Mapping[str, Any] = field(default_factory=dict)
    takes_groups: bool = False
    seeded: bool = True
    seeded_if: Mapping[str, Any] = field(default_factory=dict)
    pairwise_cost: Callable[[Mapping[str, Any]], PairwiseCost | None] = field(default=_no_pairwise_cost, repr=False)
    cost: float = 1.0
    needs: tuple[str, ...] = ("scikit-learn",)
    source: tuple[str, ...] = ()
    version: str = ""
    classes: tuple[EstimatorClass, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "parameters", self._validated(self.parameters))
        if self.quick:
            validated = self._validated({**self.parameters, **self.quick})
            object.__setattr__(self, "quick", {name: validated[name] for name in self.quick})

    @property
    def space(self) -> dict[str, Sequence[Any]]:
        """The values that tuning draws from, by parameter."""
        extras = {name: declared.json_schema_extra for name, declared in self._fields.items()}
        return {name: extra["tune"] for name, extra in extras.items() if isinstance(extra, dict) and extra["tune"]}  # type: ignore[misc]

    @property
    def speeds(self) -> tuple[float, ...]:
        """The speeds at which training clips are added to the originals."""
        return tuple(self.parameters.get("speeds", ()))

    @property
    def conditions(self) -> tuple[str, ...]:
        """The recording conditions under which training clips are added to the originals."""
        return tuple(self.parameters.get("conditions", ()))

    @property
    def is_seeded(self) -> bool:
        """Whether the fit with these parameters depends on the seed."""
        return self.seeded or any(self.parameters.get(name) == value for name, value in self.seeded_if.items())

    @property
    def is_external(self) -> bool:
        """Whether the model is defined outside this package, for example in a plugin."""
        build = self.build
        while isinstance(build, partial):  # its own module is functools
            build = build.func
        return bool(self.version) or build.__module__.partition(".")[0] != "ser_bench"

    def with_parameters(self, values: Mapping[str, Any]) -> Model:
        """Return the model with some values replaced; quick effort does not change these again.

        Parameters
        ----------
        values : mapping
            Values by parameter.

        Returns
        -------
        Model

        Raises
        ------
        ConfigError
            For an unknown parameter or a value that does not fit the schema.
        """
        quick = {name: value for name, value in self.quick.items() if name not in values}
        return dataclasses.replace(self, parameters={**self.parameters, **values}, quick=quick)

    def with_quick_effort(self) -> Model:
        """Return the model as quick effort trains it: the values of ``quick`` replace its own.

        Returns
        -------
        Model
        """
        return self.with_parameters(self.quick)

    @property
    def is_calibrated(self) -> bool:
        """Whether probabilities are calibrated on held-out training clips."""
        return bool(self.parameters.get("calibrate", False))

    def estimator(self, seed: int, parameters: Mapping[str, Any]) -> Any:
        """Build an unfitted estimator, calibrated if ``parameters`` say so.

        Parameters
        ----------
        seed : int
            Seed of everything random in the fit.
        parameters : mapping
            A value for each of the model's parameters.

        Returns
        -------
        estimator
        """
        common = {*LearnerParameters.model_fields, *CalibrationParameters.model_fields}
        own = {name: value for name, value in parameters.items() if name not in common}
        estimator = self.build(seed=seed, **own, **self.bound)
        if not parameters.get("calibrate", False):
            return estimator
        from ser_bench.models.calibration import FEWER_HELD_OUT_PARTS, HELD_OUT_PARTS, Calibrated

        parts = FEWER_HELD_OUT_PARTS if self.cost > _QUICK else HELD_OUT_PARTS
        return Calibrated(estimator, takes_groups=self.takes_groups, held_out_parts=parts)

    def allowed(self, name: str) -> str:
        """Describe the allowed values of a parameter.

        Parameters
        ----------
        name : str
            The parameter.

        Returns
        -------
        str
            Such as "an integer ≥ 1".
        """
        schema = CalibrationParameters if name in self._reserved else self.schema
        return _allowed(schema.model_json_schema()["properties"][name])

    def description(self, name: str) -> str:
        """Return the description of a parameter.

        Parameters
        ----------
        name : str
            The parameter.

        Returns
        -------
        str
        """
        return self._fields[name].description or ""

    @property
    def _reserved(self) -> dict[str, FieldInfo]:
        return {} if self.kind == "baseline" else dict(CalibrationParameters.model_fields)

    @property
    def _fields(self) -> dict[str, FieldInfo]:
        return dict(self.schema.model_fields) | self._reserved

    def _validated(self, values: Mapping[str, Any]) -> dict[str, Any]:
        if taken := self._reserved.keys() & self.schema.model_fields:
            raise ConfigError(f"model {self.name!r} declares the reserved parameter {min(taken)!r}; rename it")
        reserved = {name: value for name, value in values.items() if name in self._reserved}
        plain = self._checked(self.schema, {name: v for name, v in values.items() if name not in reserved})
        plain = dict(sorted(plain.items(), key=lambda item: item[0] in LearnerParameters.model_fields))
        return plain | (self._checked(CalibrationParameters, reserved) if self._reserved else {})

    def _checked(self, schema: type[Parameters], values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values of all parameters of a schema."""
        try:
            lists = {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
            plain = schema.model_validate(lists).model_dump()
        except ValidationError as error:
            first = error.errors()[0]
            name = str(first["loc"][0])
            if first["type"] == "extra_forbidden":
                raise ConfigError(f"model {self.name!r} has no parameter {name!r}; {self._nearest(name)}") from None
            raise self.invalid_value(name, self.allowed(name), values[name]) from None
        for name, value in plain.items():
            if isinstance(value, int) and abs(value) >= _INTEGER_LIMIT:
                raise self.invalid_value(name, f"an integer below {_INTEGER_LIMIT:,}", value)
        return plain

    def invalid_value(self, name: str, expected: str, value: Any) -> ConfigError:
        """Return the error for the value of a parameter.

        Parameters
        ----------
        name : str
            The parameter.
        expected : str
            What it may be.
        value : object
            What it is.

        Returns
        -------
        ConfigError
        """
        return ConfigError(f"invalid value for {name} of model {self.name!r}: expected {expected}, got {value!r}")

    def _nearest(self, name: str) -> str:
        known = list(self._fields)
        near = difflib.get_close_matches(name, [*known, *_TABLE_KEYS], n=1, cutoff=0.5)
        if near:
            return f"did you mean {near[0]!r}?"
        return f"it has {', '.join(known)}" if known else "it takes none"


_TABLE_KEYS = ("base", "features")
"""Keys of a table ``[models.NAME]`` that are no parameters."""

_QUICK = 1.0
"""Cost up to which calibration may take several fits."""

_INTEGER_LIMIT = 2**31
"""Libraries pass integers to C as 32 bits."""

_TYPES = {"boolean": "true or false", "integer": "an integer", "number": "a number", "string": "a text"}
_LIMITS = {"exclusiveMinimum": ">", "minimum": "≥", "exclusiveMaximum": "<", "maximum": "≤"}


def _allowed(schema: Mapping[str, Any]) -> str:
    """Say what a JSON schema allows."""
    if "anyOf" in schema:
        return " or ".join(_allowed(option) for option in schema["anyOf"])
    if "enum" in schema:
        return f"one of {', '.join(map(repr, schema['enum']))}"
    if "const" in schema:
        return repr(schema["const"])
    if schema["type"] == "array":
        return f"a list, each {_allowed(schema['items'])}"
    limits = " and ".join(f"{sign} {schema[key]:g}" for key, sign in _LIMITS.items() if key in schema)
    example = f" such as {schema['examples'][0]!r}" if "examples" in schema else ""
    return f"{_TYPES[schema['type']]}{' ' if limits else ''}{limits}{example}"

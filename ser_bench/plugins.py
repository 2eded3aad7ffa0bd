"""Extensions from one Python file: your own models, feature sets, splits, corpora, metrics and charts.

Every :class:`Model`, :class:`FeatureSet`, :class:`Split`, :class:`Corpus`, :class:`Metric` and :class:`Chart` that the
file assigns at its top level is registered under its name for this process. Workers receive the code that they need.
"""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

from ser_bench import corpora, features, models, splits
from ser_bench.core.errors import ConfigError
from ser_bench.corpora.base import Corpus
from ser_bench.features.base import FeatureSet
from ser_bench.metrics import METRICS, Metric
from ser_bench.models.base import Model
from ser_bench.report.charts.base import Chart
from ser_bench.runs.results.tables import FITS
from ser_bench.runs.workers.tasks import format_error
from ser_bench.splits.base import Split

Extension = Model | FeatureSet | Split | Corpus | Metric | Chart


@dataclass(frozen=True)
class _Kind:
    """A kind of extension: its class, its registry, and a function that adds what identifies the plugin's code."""

    cls: type
    registry: Callable[[], dict[str, Any]]
    identify: Callable[[Any, Path, str], Any] = lambda extension, path, version: extension


def _identify_model(model: Model, path: Path, version: str) -> Model:
    """Return the model with the plugin among the modules whose text is part of the key of its fits."""
    return replace(model, source=(*model.source, str(path.absolute())))


def _identify_feature_set(feature_set: FeatureSet, path: Path, version: str) -> FeatureSet:
    """Return the feature set with the plugin's version among the parameters of its store key."""
    return replace(feature_set, parameters={**feature_set.parameters, "plugin": version})


def _identify_metric(metric: Metric, path: Path, version: str) -> Metric:
    """Return the metric with the plugin's version, so that finished runs are scored again after a change."""
    if metric.name in set(FITS.columns) - set(METRICS):
        raise ConfigError(f"plugin {path}: invalid metric name {metric.name!r}, it is a column of fits.csv; rename it")
    return replace(metric, version=version)


def _charts() -> dict[str, Chart]:
    """Return the registry of charts, which imports matplotlib."""
    from ser_bench.report.charts.registry import CHARTS

    return CHARTS


KINDS: dict[str, _Kind] = {
    "model": _Kind(Model, lambda: models.MODELS, _identify_model),
    "feature set": _Kind(FeatureSet, lambda: features.FEATURE_SETS, _identify_feature_set),
    "split": _Kind(Split, lambda: splits.SPLITS),
    "corpus": _Kind(Corpus, lambda: corpora.CORPORA),
    "metric": _Kind(Metric, lambda: METRICS, _identify_metric),
    "chart": _Kind(Chart, _charts),
}
"""The kinds of extension, by the name for messages."""

_ORIGINS: dict[tuple[str, str], Path] = {}
"""The plugin of each registered kind and name, so that a plugin can be loaded again."""


def load(path: Path) -> list[str]:
    """Run a plugin file and register what it defines.

    A change of the file changes the keys of its models' fits and of its feature sets, so that no outdated result is
    reused.

    Parameters
    ----------
    path : Path
        The Python file.

    Returns
    -------
    list of str
        The names of the registered extensions.

    Raises
    ------
    ConfigError
        If the file cannot be run, defines no extension, or uses a registered name.
    """
    module, code = _run(path)
    extensions = [value for value in vars(module).values() if isinstance(value, Extension)]
    if not extensions:
        classes = ", ".join(kind.cls.__name__ for kind in KINDS.values())
        raise ConfigError(f"plugin {path} defines no extension; assign one of {classes} at its top level")
    for extension in extensions:
        _register(extension, path, hashlib.sha256(code).hexdigest()[:16])
    return [extension.name for extension in extensions]


def _run(path: Path) -> tuple[ModuleType, bytes]:
    """Run a plugin file; return its module and its code."""
    import cloudpickle

    try:
        code = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"cannot read the plugin {path}: {error.strerror or error}") from None
    name = f"ser_bench_plugin_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ConfigError(f"invalid plugin {path}: expected a file that ends in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # the plugin may raise any exception, or call sys.exit
        raise ConfigError(f"plugin {path} failed: {format_error(error)}") from error
    cloudpickle.register_pickle_by_value(module)
    return module, code


def _register(extension: Extension, path: Path, version: str) -> None:
    """Add an extension to the registry of its kind."""
    name, kind = next((name, kind) for name, kind in KINDS.items() if isinstance(extension, kind.cls))
    registry, origin = kind.registry(), (name, extension.name)
    if extension.name in registry and _ORIGINS.get(origin) != path.absolute():
        raise ConfigError(f"plugin {path}: the {name} {extension.name!r} is already registered; choose another name")
    registry[extension.name] = kind.identify(extension, path, version)
    _ORIGINS[origin] = path.absolute()

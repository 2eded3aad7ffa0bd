"""Your own models, feature sets, splits, metrics and corpora from one Python file, without touching the package.

Every :class:`Model`, :class:`FeatureSet`, :class:`Split`, :class:`Metric` and :class:`Corpus` that the file defines
at its top level is registered under its name for this process; what workers need of the file travels to them.
"""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

from ser_bench import corpora, features, models, splits
from ser_bench.core.errors import ConfigError
from ser_bench.corpora.base import Corpus
from ser_bench.features.base import FeatureSet
from ser_bench.metrics import METRICS, Metric
from ser_bench.models.base import Model
from ser_bench.runs.results.tables import FITS
from ser_bench.splits import Split

_ORIGINS: dict[str, Path] = {}
"""The file that each name came from, so that loading it again is no clash."""


def load(path: Path) -> list[str]:
    """Run a plugin file and register what it defines; return the names.

    A change of the file changes the keys of its models' fits and of its feature sets, so nothing stale
    is read. Raises :class:`ConfigError` where the file cannot be run, defines nothing, or takes a name
    that is already known.
    """
    module, text = _run(path)
    found = [
        thing for thing in vars(module).values() if isinstance(thing, Model | FeatureSet | Split | Metric | Corpus)
    ]
    if not found:
        raise ConfigError(f"the plugin {path} defines no Model, FeatureSet, Split, Metric or Corpus")
    for thing in found:
        _register(thing, path, hashlib.sha256(text).hexdigest()[:16])
    return [thing.name for thing in found]


def _run(path: Path) -> tuple[ModuleType, bytes]:
    import cloudpickle

    try:
        text = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"cannot read the plugin {path}: {error.strerror or error}") from None
    name = f"ser_bench_plugin_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ConfigError(f"the plugin {path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # whatever a stranger's file may raise
        raise ConfigError(f"the plugin {path} failed: {type(error).__name__}: {error}") from error
    cloudpickle.register_pickle_by_value(module)
    return module, text


def _register(thing: Model | FeatureSet | Split | Metric | Corpus, path: Path, version: str) -> None:
    if isinstance(thing, Model):
        _add(models.MODELS, replace(thing, source=(*thing.source, str(path.absolute()))), path)
    elif isinstance(thing, FeatureSet):
        _add(features.FEATURE_SETS, replace(thing, parameters={**thing.parameters, "plugin": version}), path)
    elif isinstance(thing, Split):
        _add(splits.SPLITS, thing, path)
    elif isinstance(thing, Metric):
        if thing.name in set(FITS.columns) - set(METRICS):
            raise ConfigError(f"the plugin {path} names a metric {thing.name!r}, which is another column of fits.csv")
        _add(METRICS, replace(thing, version=version), path)
    else:
        _add(corpora.CORPORA, thing, path)


def _add(registry: dict, thing: Model | FeatureSet | Split | Metric | Corpus, path: Path) -> None:
    if thing.name in registry and _ORIGINS.get(thing.name) != path.absolute():
        raise ConfigError(f"the plugin {path} takes the name {thing.name!r}, which is already known")
    registry[thing.name] = thing
    _ORIGINS[thing.name] = path.absolute()

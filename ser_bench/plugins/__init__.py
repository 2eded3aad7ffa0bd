"""Extensions from one Python file: your own models, feature sets, conditions, splits, corpora, metrics and charts.

A plugin defines every :class:`Model`, :class:`FeatureSet`, :class:`ConditionKind`, :class:`Split`, :class:`Corpus`,
:class:`Metric` and :class:`Chart` that the file assigns at its top level. Workers receive the code that they need. The
version of a plugin covers the file and its helper modules, so that no result of other code is reused.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import module_from_spec
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from ser_bench import corpora, features, models, splits
from ser_bench.audio import conditions
from ser_bench.audio.conditions.base import ConditionKind
from ser_bench.core.errors import ConfigError
from ser_bench.corpora.base import Corpus
from ser_bench.features.base import FeatureSet
from ser_bench.metrics import METRICS, Metric
from ser_bench.models.base import Model
from ser_bench.plugins.helper_modules import Helpers, find_helpers, new_helpers, version_of
from ser_bench.report.charts.base import Chart
from ser_bench.runs.results.tables import FITS
from ser_bench.runs.workers.tasks import format_error
from ser_bench.splits.base import Split

Extension = Model | FeatureSet | ConditionKind | Split | Corpus | Metric | Chart


@dataclass(frozen=True, eq=False)
class Plugin:
    """The extensions of a file.

    Parameters
    ----------
    path : Path
        The file.
    extensions : tuple
        What it defines, marked with the version of its code.
    """

    path: Path
    extensions: tuple[Extension, ...]


@dataclass(frozen=True)
class _WithHelpers:
    """A function of a plugin; a worker that holds other versions of its helper modules imports them anew.

    Unpickling reads the fields in this order, so that the helper modules are there before the function.
    """

    helpers: Helpers
    function: Callable[..., Any]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)


class _Loader(SourceFileLoader):
    """Loads a plugin from the content that its version is made of, and never from bytecode."""

    def __init__(self, name: str, path: Path, content: bytes) -> None:
        super().__init__(name, str(path))
        self._content = content

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self._content, self.path)


@dataclass(frozen=True)
class _Code:
    """The code of a plugin: its file, its helper modules with their versions, and the version of it all."""

    path: Path
    helpers: Helpers
    version: str

    def carrying(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that finds the helper modules of the plugin in a worker."""
        return _WithHelpers(self.helpers, function) if self.helpers.versions else function


@dataclass(frozen=True)
class _Kind:
    """A kind of extension: its class, its registry, and a function that adds what identifies the plugin's code."""

    cls: type
    registry: Callable[[], dict[str, Any]]
    identify: Callable[[Any, _Code], Any] = lambda extension, code: extension


def _identify_model(model: Model, code: _Code) -> Model:
    """Return the model with the plugin's version, which is part of the key of its fits."""
    return replace(model, build=code.carrying(model.build), version=code.version)


def _identify_feature_set(feature_set: FeatureSet, code: _Code) -> FeatureSet:
    """Return the feature set with the plugin's version among the parameters of its store key."""
    parameters = {**feature_set.parameters, "plugin": code.version}
    return replace(feature_set, compute=code.carrying(feature_set.compute), parameters=parameters)


def _identify_condition(kind: ConditionKind, code: _Code) -> ConditionKind:
    """Return the kind of condition with the plugin's version, which is part of the store key of changed clips."""
    families = {k.family for k in conditions.KINDS.values() if k.name != kind.name} | {kind.family}
    for name in (kind.name, *(condition.name for condition in kind.listed)):
        if name in {conditions.CLEAN, "all", *families} or _condition_of(name) not in ("", kind.name):
            raise ConfigError(
                f"plugin {code.path}: the condition {name!r} has the name of another; choose another name"
            )
    if kind.family in {conditions.CLEAN, "all"} or _condition_of(kind.family):
        raise ConfigError(f"plugin {code.path}: the family {kind.family!r} has the name of a condition; rename it")
    return replace(kind, change=code.carrying(kind.change), version=code.version)


def _condition_of(name: str) -> str:
    """Return the kind of condition that a name means; empty for none."""
    try:
        return name if name in conditions.KINDS else conditions.get(name).kind.name
    except ConfigError:
        return ""


def _identify_metric(metric: Metric, code: _Code) -> Metric:
    """Return the metric with the plugin's version, so that finished runs are scored again after a change."""
    if metric.name in set(FITS.columns) - set(METRICS):
        raise ConfigError(
            f"plugin {code.path}: invalid metric name {metric.name!r}, it is a column of fits.csv; rename it"
        )
    return replace(metric, version=code.version)


def _identify_chart(chart: Chart, code: _Code) -> Chart:
    """Return the chart with the plugin's version, so that finished runs are drawn again after a change."""
    return replace(chart, version=code.version)


def _charts() -> dict[str, Chart]:
    """Return the registry of charts, which imports matplotlib."""
    from ser_bench.report.charts.registry import CHARTS

    return CHARTS


KINDS: dict[str, _Kind] = {
    "model": _Kind(Model, lambda: models.MODELS, _identify_model),
    "feature set": _Kind(FeatureSet, lambda: features.FEATURE_SETS, _identify_feature_set),
    "condition": _Kind(ConditionKind, lambda: conditions.KINDS, _identify_condition),
    "split": _Kind(Split, lambda: splits.SPLITS),
    "corpus": _Kind(Corpus, lambda: corpora.CORPORA),
    "metric": _Kind(Metric, lambda: METRICS, _identify_metric),
    "chart": _Kind(Chart, _charts, _identify_chart),
}
"""The kinds of extension, by the name for messages."""

_ORIGINS: dict[tuple[str, str], Path] = {}
"""The plugin of each registered kind and name, so that a plugin can be loaded again."""

_IMPORTED: dict[Path, list[str]] = {}
"""The helper modules that running each plugin imported."""


def load(path: Path) -> list[str]:
    """Run a plugin file and register what it defines for the rest of this process.

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
    plugin = read(path)
    _register(plugin)
    return [extension.name for extension in plugin.extensions]


def read(path: Path) -> Plugin:
    """Run a plugin file, with its helper modules as they are now, and return what it defines.

    A change of the file or of a helper module changes the keys of its models' fits and of its feature sets. A plugin
    may import the extensions of ser-bench; it defines only its own.

    Parameters
    ----------
    path : Path
        The Python file.

    Returns
    -------
    Plugin

    Raises
    ------
    ConfigError
        If the file cannot be run, defines no extension or two of one name.
    """
    module, code = _run(path)
    extensions = [value for value in vars(module).values() if isinstance(value, Extension) and not _is_builtin(value)]
    extensions = list({id(extension): extension for extension in extensions}.values())
    if not extensions:
        classes = ", ".join(kind.cls.__name__ for kind in KINDS.values())
        raise ConfigError(f"plugin {path} defines no extension; assign one of {classes} at its top level")
    names = [(_kind_of(extension), extension.name) for extension in extensions]
    for kind, name in names:
        if names.count((kind, name)) > 1:
            raise ConfigError(f"plugin {path} defines the {kind} {name!r} twice; rename one")
    identified = (KINDS[_kind_of(extension)].identify(extension, code) for extension in extensions)
    return Plugin(path.absolute(), tuple(identified))


@contextmanager
def registered(plugin: Plugin) -> Iterator[None]:
    """Register the extensions of a plugin for the time of a block.

    Parameters
    ----------
    plugin : Plugin

    Yields
    ------
    None

    Raises
    ------
    ConfigError
        If the plugin uses a registered name.
    """
    registries: list[dict[Any, Any]] = [
        _ORIGINS,
        *(KINDS[_kind_of(extension)].registry() for extension in plugin.extensions),
    ]
    before = [dict(registry) for registry in registries]
    try:
        _register(plugin)
        yield
    finally:
        for registry, content in zip(registries, before, strict=True):
            registry.clear()
            registry.update(content)


def _run(path: Path) -> tuple[ModuleType, _Code]:
    """Run a plugin file; return its module and its code."""
    import cloudpickle

    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"cannot read the plugin {path}: {error.strerror or error}") from None
    if path.suffix != ".py":
        raise ConfigError(f"invalid plugin {path}: expected a file that ends in .py")
    name = f"ser_bench_plugin_{path.stem}"
    loader = _Loader(name, path, content)
    module = module_from_spec(ModuleSpec(name, loader, origin=str(path)))
    module.__file__ = str(path)
    imported = _IMPORTED.get(path.absolute(), [])
    with _fresh_imports(find_helpers(content, imported)):
        sys.modules[name] = module
        before = sys.modules.copy()
        try:
            loader.exec_module(module)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # the plugin may raise any exception, or call sys.exit
            raise ConfigError(f"plugin {path} failed: {format_error(error)}") from error
    cloudpickle.register_pickle_by_value(module)
    _IMPORTED[path.absolute()] = new_helpers(before)
    named = [name for value in vars(module).values() if isinstance(value, Model) for name in value.source]
    helpers = find_helpers(content, [*_IMPORTED[path.absolute()], *named])
    code = content + "".join(f"{name} {version}" for name, version in helpers.versions.items()).encode()
    return module, _Code(path, helpers, version_of(code)[:16])


@contextmanager
def _fresh_imports(helpers: Helpers) -> Iterator[None]:
    """Import helper modules as they are now; write no bytecode, since it would hide another change within a second."""
    writes = sys.dont_write_bytecode
    helpers.refresh()
    sys.dont_write_bytecode = True
    try:
        yield
    finally:
        sys.dont_write_bytecode = writes


def _kind_of(extension: Extension) -> str:
    return next(name for name, kind in KINDS.items() if isinstance(extension, kind.cls))


def _is_builtin(extension: Extension) -> bool:
    """Return whether an extension is one of ser-bench, which the plugin has imported."""
    kind = _kind_of(extension)
    return (kind, extension.name) not in _ORIGINS and KINDS[kind].registry().get(extension.name) is extension


def _register(plugin: Plugin) -> None:
    """Add the extensions of a plugin to the registries of their kinds."""
    for extension in plugin.extensions:
        kind = _kind_of(extension)
        registry, origin = KINDS[kind].registry(), (kind, extension.name)
        if extension.name in registry and _ORIGINS.get(origin) != plugin.path:
            raise ConfigError(
                f"plugin {plugin.path}: the {kind} {extension.name!r} is already registered; choose another name"
            )
        registry[extension.name] = extension
        _ORIGINS[origin] = plugin.path

"""Click options derived from the fields of :class:`ser_bench.core.options.Options`."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, get_args, get_origin

import click

from ser_bench.core import options as config
from ser_bench.core.errors import ConfigError
from ser_bench.core.options import Options
from ser_bench.core.places import expand_home

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


class _UserPath(click.Path):
    """A path of the command line; ``~`` in it is the home folder, as in a shell."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return super().convert(expand_home(Path(value)), param, ctx)
        except ConfigError as error:
            self.fail(str(error), param, ctx)


PATH = _UserPath(path_type=Path)
EXISTING_FOLDER = _UserPath(path_type=Path, exists=True, file_okay=False)


def option(name: str, *, help: str = "", default: str = "") -> Decorator:
    """Return the click option of a field; ``help`` and ``default`` replace the texts shown for one command."""
    field = Options.model_fields[name]
    shown = field.json_schema_extra
    assert isinstance(shown, dict)
    default = default or str(shown["shown_default"]) or _shown_default(field.default)
    text = (help or field.description or "") + (f" [default: {default}]" if default else "")
    flag = f"--{name.replace('_', '-')}"
    if field.annotation is bool:
        return click.option(flag, name, is_flag=True, default=None, help=text)
    return click.option(flag, name, type=_click_type(field.annotation), metavar=shown["metavar"] or None, help=text)


def options_from(*names: str) -> Decorator:
    """Return a decorator that adds the click options of several fields, in this order."""
    return _stack(*map(option, names))


def _stack(*decorators: Decorator) -> Decorator:
    """Return the decorators as one."""
    return lambda function: reduce(lambda f, decorate: decorate(f), reversed(decorators), function)


def _click_type(annotation: Any) -> Any:
    """Return the click type of a field's annotation."""
    if get_origin(annotation) is UnionType:
        (annotation,) = (part for part in get_args(annotation) if part is not NoneType)
    if get_origin(annotation) is Literal:
        return click.Choice(get_args(annotation))
    if annotation is Path:
        return PATH
    return annotation if annotation in (int, float) else str


def _shown_default(value: Any) -> str:
    """Return a default as the command line spells it; empty if there is none."""
    if isinstance(value, tuple):
        return ",".join(value)
    return "" if value is None or value is False else str(value)


corpus_options = options_from(
    "corpus", "data_dir", "part", "emotions", "sample_rate", "conflicts", "link_speakers", "label_columns"
)

open_option = click.option("--open", "open_page", is_flag=True, help="Open the page in the browser at the end.")

output_options = _stack(
    click.option("-q", "--quiet", is_flag=True, help="Print warnings and errors only."),
    click.option("-v", "--verbose", is_flag=True, help="Print details."),
)

common_options = _stack(
    options_from("jobs", "store"),
    click.option(
        "--config",
        "config_file",
        metavar="FILE.toml",
        help="Options by name; the command line wins over the file. Included configurations: default, quick, "
        "architectures, strong, strong-random, strong-onnx, robust, reference, tutorial-4-emotions.",
    ),
    options_from("plugin"),
    output_options,
)


def gather(config_file: str | None, values: dict[str, Any]) -> Options:
    """Return the options of a configuration file, overridden by those of the command line; load their plugin."""
    options = config.load(config.find_config(config_file) if config_file else None, values)
    load_plugin(options.plugin)
    return options


def load_plugin(path: Path | None) -> None:
    """Register what a plugin file defines until the command ends, if there is one."""
    if path:
        from ser_bench import plugins

        click.get_current_context().with_resource(plugins.registered(plugins.read(path)))

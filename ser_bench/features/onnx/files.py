"""Where the files of a chain are: beside their description, or in an installed package."""

from __future__ import annotations

import importlib.metadata
import os
from collections.abc import Iterable
from pathlib import Path, PurePosixPath, PureWindowsPath

from ser_bench.core.errors import ConfigError
from ser_bench.core.names import nearest_name
from ser_bench.core.places import expand_home

PACKAGE = "package:"
"""Prefix of files of installed packages."""

_MAX_SHOWN = 200
"""Longer names are cut in error messages."""


def find(text: str) -> tuple[Path, Path | None]:
    """Return the description and the network that a user names.

    Parameters
    ----------
    text : str
        Path of an ``.onnx`` or ``.toml`` file, or the name of a description of ser-bench.

    Returns
    -------
    tuple of (Path, Path or None)
        The TOML file, which may be absent, and the ONNX file if the user named one.

    Raises
    ------
    ConfigError
        If no such file exists.
    """
    path = expand_home(Path(text)).absolute()
    if is_file(path) and path.suffix.lower() in (".onnx", ".toml"):
        return (path, None) if path.suffix.lower() == ".toml" else (path.with_suffix(".toml"), path)
    included = _included()
    if len(Path(text).parts) == 1 and Path(text).stem in included and Path(text).suffix in ("", ".toml"):
        return included[Path(text).stem], None
    if is_file(path):
        raise ConfigError(f"onnx:{text} is not an .onnx or .toml file; give the path of one")
    if not text.strip():
        raise ConfigError(f"feature set onnx: names no file; write onnx:FILE or {_choices(included)}")
    if nearest := nearest_name(text, included):
        raise ConfigError(f"file not found: {text[:_MAX_SHOWN]}; did you mean onnx:{nearest}?")
    raise ConfigError(
        f"file not found: {text[:_MAX_SHOWN]}; give the path of an .onnx or .toml file, or {_choices(included)}"
    )


def _choices(included: Iterable[str]) -> str:
    """Name the descriptions of ser-bench for an error message."""
    return f"one of {', '.join(f'onnx:{name}' for name in sorted(included))}"


def is_file(path: Path) -> bool:
    """Return whether a file exists; False for a name that no file can have.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    bool
    """
    return os.path.isfile(path)  # noqa: PTH113  (never raises)


def _included() -> dict[str, Path]:
    """Return the descriptions of ser-bench by name."""
    package = Path(__file__).parents[2]
    folders = [top / "configs" / "networks" for top in (package.parent, package)]
    return {file.stem: file for folder in folders for file in folder.glob("*.toml")}


def locate(file: str, description: Path) -> Path:
    """Return the path of a network's file.

    Parameters
    ----------
    file : str
        The value of the key ``file``.
    description : Path
        The TOML file.

    Returns
    -------
    Path
        An absolute path.

    Raises
    ------
    ConfigError
        If the file is absent, or neither in the folder of the description nor in an installed package.
    """
    if file.startswith(PACKAGE):
        return _in_package(file.removeprefix(PACKAGE), description)
    _check_inside(file, f"{description}: file = {file!r}")
    path = description.absolute().parent / file
    if not is_file(path):
        raise ConfigError(f"{description} names a file that does not exist: {file}; copy it to {path.parent}")
    return path


def _check_inside(file: str, origin: str) -> None:
    """Raise :class:`ConfigError` for a path that leaves its folder, or is not of an ONNX file."""
    windows = PureWindowsPath(file)
    if windows.drive or windows.root or ".." in windows.parts or not file.isprintable():
        raise ConfigError(f"invalid {origin}; give a path below the folder of the description, without '..'")
    if windows.suffix.lower() != ".onnx":
        raise ConfigError(f"invalid {origin}; name an .onnx file")


def _in_package(name: str, description: Path) -> Path:
    """Return a file of an installed distribution; nothing is imported."""
    distribution, _, file = name.partition("/")
    origin = f"{description}: file = {PACKAGE + name!r}"
    _check_inside(file, origin)
    try:
        installed = importlib.metadata.distribution(distribution)
    except (importlib.metadata.PackageNotFoundError, ValueError):
        raise ConfigError(
            f"{description} needs the package {distribution!r}, which is not installed; "
            f"install it: pip install {distribution}"
        ) from None
    path = Path(str(installed.locate_file(PurePosixPath(file).as_posix()))).absolute()
    if not is_file(path):
        raise ConfigError(f"invalid {origin}; {distribution} {installed.version} has no such file")
    return path

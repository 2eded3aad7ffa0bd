"""Models on this machine: a folder, or a revision in the local cache of the Hugging Face hub; nothing is downloaded."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ser_bench.core.errors import ConfigError
from ser_bench.core.names import nearest_name

CONFIG = "config.json"
PREPROCESSOR = "preprocessor_config.json"
PROCESSOR = "processor_config.json"
WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"

_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?", re.ASCII)
_REVISION = re.compile(r"\w[\w./-]*", re.ASCII)
_COMMIT = re.compile(r"[0-9a-f]{40}")
_PICKLES = ("pytorch_model.bin", "pytorch_model.bin.index.json", "model.bin", "model.pt", "model.pth", "model.ckpt")


@dataclass(frozen=True)
class ModelFolder:
    """The folder of a model.

    Attributes
    ----------
    path : Path
        The absolute folder.
    label : str
        The name of the model without a folder of this machine.
    hub_name : str
        The name on the hub; empty for a folder of the user.
    commit : str
        The hash of the revision; empty for a folder of the user.
    """

    path: Path
    label: str
    hub_name: str = ""
    commit: str = ""


def hub_cache(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the folder in which the Hugging Face hub's client keeps models.

    Parameters
    ----------
    environment : mapping of str to str
        Environment variables: ``HF_HUB_CACHE``, ``HF_HOME`` and ``XDG_CACHE_HOME`` are read, in this order.

    Returns
    -------
    Path
        The folder, which may not exist.
    """
    if cache := environment.get("HF_HUB_CACHE") or environment.get("HUGGINGFACE_HUB_CACHE"):
        return _expanded(cache)
    if home := environment.get("HF_HOME"):
        return _expanded(home) / "hub"
    return _expanded(environment.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface" / "hub"


def locate(model: str, cache: Path | None = None) -> ModelFolder:
    """Return the folder of a model.

    Parameters
    ----------
    model : str
        A folder, or the name of a model on the hub with or without ``@REVISION``. A folder that exists comes first.
    cache : Path, optional
        The hub's cache; default :func:`hub_cache`.

    Returns
    -------
    ModelFolder

    Raises
    ------
    ConfigError
        If neither the folder nor the cache has the model.
    """
    folder = _expanded(model)
    if os.path.isdir(folder):  # noqa: PTH112  (never raises)
        folder = Path(os.path.abspath(folder))  # noqa: PTH100  (links stay: the hub's files are links)
        return ModelFolder(folder, folder.name or "model")
    if os.path.isfile(folder):  # noqa: PTH113  (never raises)
        raise ConfigError(f"ssl:{model} is a file; name the folder of the model, with {CONFIG} and {WEIGHTS}")
    name, at, revision = model.partition("@")
    if not _HUB_NAME.fullmatch(name) or "--" in name or ".." in name:
        raise ConfigError(f"no folder {model}; name a folder with {CONFIG} and {WEIGHTS}, or a model of the hub")
    if at and (not _REVISION.fullmatch(revision) or ".." in revision):
        raise ConfigError(f"invalid revision {revision!r} in ssl:{model}; expected a branch, a tag or a commit")
    return _from_cache(name, revision or "main", model, cache or hub_cache())


def _from_cache(name: str, revision: str, label: str, cache: Path) -> ModelFolder:
    """Return the folder of a revision in the hub's cache."""
    folder = cache / f"models--{name.replace('/', '--')}"
    commit = revision if _COMMIT.fullmatch(revision) else _commit_of(folder / "refs" / revision)
    snapshot = folder / "snapshots" / commit
    if not commit or not snapshot.is_dir():
        nearest = nearest_name(name, _cached_names(cache) - {name})
        hint = f"; did you mean {nearest!r}?" if nearest else "; ser-bench downloads no model"
        fetch = f"fetch it: {fetch_command(name, revision)}"
        bare = "models of the hub are named ORGANISATION/NAME; list well-known ones: ser-bench features --ledger"
        raise ConfigError(
            f"no folder {label}, and no model {name} (revision {revision}) in {cache}{hint}"
            f"\n{fetch if '/' in name else bare}"
        )
    return ModelFolder(Path(os.path.abspath(snapshot)), label, name, commit)  # noqa: PTH100


def _cached_names(cache: Path) -> set[str]:
    """Return the names of the models in the hub's cache."""
    try:
        folders = [folder.name for folder in cache.iterdir() if folder.name.startswith("models--")]
    except OSError:
        return set()
    return {name.removeprefix("models--").replace("--", "/") for name in folders}


def _commit_of(reference: Path) -> str:
    """Return the commit that a branch or tag of the cache points to; empty if there is none."""
    try:
        commit = reference.read_text(encoding="ascii")[:80].strip()
    except (OSError, ValueError):
        return ""
    return commit if _COMMIT.fullmatch(commit) else ""


def fetch_command(name: str, revision: str = "main") -> str:
    """Return the command that fetches what ser-bench reads of a model.

    Parameters
    ----------
    name : str
        The name on the hub.
    revision : str
        A branch, a tag or a commit.

    Returns
    -------
    str
    """
    at = "" if revision == "main" else f" --revision {revision}"
    return f"hf download {name} {CONFIG} {PREPROCESSOR} {WEIGHTS}{at}"


def weights_file(folder: ModelFolder) -> str:
    """Return the file that holds or names the weights of a model.

    Parameters
    ----------
    folder : ModelFolder
        The model.

    Returns
    -------
    str
        The name of the safetensors file, or of the index of several.

    Raises
    ------
    ConfigError
        If the folder has no safetensors file.
    """
    for name in (WEIGHTS, INDEX):
        if (folder.path / name).is_file():
            return name
    if pickles := [name for name in _PICKLES if (folder.path / name).is_file()]:
        raise ConfigError(
            f"ssl:{folder.label} has only pickled weights ({pickles[0]}), which can run code and are not read\n"
            f"{_converted(folder)}"
        )
    raise ConfigError(f"ssl:{folder.label} has no weights; {missing_file(folder, WEIGHTS)}")


def missing_file(folder: ModelFolder, name: str) -> str:
    """Return how to get a file that a model lacks.

    Parameters
    ----------
    folder : ModelFolder
        The model.
    name : str
        The missing file.

    Returns
    -------
    str
    """
    if not folder.hub_name:
        return f"put {name} into {folder.path}"
    revision = folder.label.partition("@")[2]
    return f"fetch them: {fetch_command(folder.hub_name, revision or 'main')}"


def _converted(folder: ModelFolder) -> str:
    """Return how to get the safetensors of a model that has pickled weights."""
    convert = "convert them on a machine where you trust them; see 'Frozen networks' in docs/pretrained.md"
    if not folder.hub_name:
        return convert
    name = folder.hub_name
    return (
        f"look for a revision with {WEIGHTS} at https://huggingface.co/{name}/discussions, fetch it: "
        f"{fetch_command(name, 'refs/pr/N')}, and name it: ssl:{name}@refs/pr/N; or {convert}"
    )


def _expanded(path: str) -> Path:
    """Return a path with the home folder for ``~``, if there is one."""
    return Path(os.path.expanduser(path))  # noqa: PTH111  (never raises)

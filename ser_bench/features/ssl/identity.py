"""Which network computed a value: the commit of the hub, or the SHA-256 of the files of a folder."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from ser_bench.core.errors import ConfigError
from ser_bench.core.files import open_regular
from ser_bench.features.ssl.description import Network


def identity(network: Network) -> dict[str, str]:
    """Return what identifies the values of a network.

    Parameters
    ----------
    network : Network
        The model.

    Returns
    -------
    dict of str to str
        ``commit`` of a model of the hub; ``sha256`` of a folder of the user, over configuration, preprocessor and
        weights.

    Raises
    ------
    ConfigError
        If a file cannot be read.
    """
    if network.folder.commit:
        return {"commit": network.folder.commit}
    return {"sha256": folder_digest(network.folder.path, network.files)}


def folder_digest(folder: Path, files: tuple[str, ...]) -> str:
    """Return the SHA-256 of some files of a folder, with their names.

    Parameters
    ----------
    folder : Path
        The folder.
    files : tuple of str
        Names of the files.

    Returns
    -------
    str
        64 hexadecimal digits.

    Raises
    ------
    ConfigError
        If a file cannot be read.
    """
    digest = hashlib.sha256()
    for name in files:
        path = folder / name
        try:
            state = path.stat()
            content = _file_digest(path, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns)
        except OSError as error:
            raise ConfigError(f"cannot read {path}: {error.strerror or error}") from None
        digest.update(f"{name}\0{content}\n".encode())
    return digest.hexdigest()


@lru_cache(maxsize=64)
def _file_digest(path: Path, *_identity: int) -> str:
    """Return the SHA-256 of a file; computed again only if it has changed, also under its old size and time."""
    with open_regular(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

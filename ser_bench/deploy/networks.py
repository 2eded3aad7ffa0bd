"""The feature sets of a model file on this machine: networks of users are found by name, and checked by their hash."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from ser_bench import features
from ser_bench.core.errors import ConfigError, ModelFileError
from ser_bench.core.toml_file import read_toml
from ser_bench.deploy.manifest import FeatureSetInfo
from ser_bench.features.base import FeatureSet

FOLDERS = "SER_BENCH_NETWORKS"
"""The environment variable with the folders of networks, joined as in ``PATH``."""

_LABEL = re.compile(r"(?!\.)[\w. -]{1,200}(/(?!\.)[\w.-]{1,200})?(@[\w.-]{1,100})?")
"""Name of a network in a model file: of a file without its folder, or ORGANISATION/NAME of a hub."""


def find_set(saved: FeatureSetInfo, file: Path, available: Mapping[str, FeatureSet]) -> FeatureSet:
    """Return a feature set of a model on this machine.

    A network is searched by its name, then beside the model file, then in the folders of ``$SER_BENCH_NETWORKS``.

    Parameters
    ----------
    saved : FeatureSetInfo
        The set in the manifest.
    file : Path
        The model file.
    available : mapping of str to FeatureSet
        The sets by name, for clips of the model's rate.

    Returns
    -------
    FeatureSet
        The set of that key; another set of that name if there is none.

    Raises
    ------
    ModelFileError
        If no set of that name is found.
    """
    prefix, _, text = saved.name.partition(":")
    if saved.name in features.FEATURE_SETS or prefix not in features.FAMILIES:
        return _registered(saved, file, available)
    label = text.partition("#")[0]
    if not _LABEL.fullmatch(label):
        raise ModelFileError(f"{file} is damaged: invalid name of a feature set: {saved.name[:100]!r}")
    others, reasons = [], []
    for name in dict.fromkeys((saved.name, *_names_in_folders(saved.name, file))):
        try:
            feature_set = available[name]
        except ConfigError as error:
            reasons.append(str(error))
            continue
        if features.set_key(feature_set) == saved.key:
            return feature_set
        others.append(feature_set)
    if others:
        return others[0]
    description = ", with the .toml file that describes it," if prefix == "onnx" else ""
    raise ModelFileError(
        f"{file} needs the network of {saved.name}: {reasons[-1].partition('; give the path')[0]}\n"
        f"copy the network{description} beside the model file, or name its folder in ${FOLDERS}"
    )


def _registered(saved: FeatureSetInfo, file: Path, available: Mapping[str, FeatureSet]) -> FeatureSet:
    if saved.name not in available:
        raise ModelFileError(
            f"{file} needs the feature set {saved.name!r} of a plugin; name its file with --plugin FILE.py"
        )
    return available[saved.name]


def _names_in_folders(name: str, file: Path) -> Iterator[str]:
    """Yield the names of the sets of a network in the folders that are searched, with the options of ``name``."""
    prefix, _, text = name.partition(":")
    label, hash_sign, options = text.partition("#")
    folders = filter(None, os.environ.get(FOLDERS, "").split(os.pathsep))
    for folder in (file.absolute().parent, *map(Path, folders)):
        for path in (*(folder / f"{label}{ending}" for ending in (".toml", ".onnx", "")), *_described(folder, label)):
            if path.exists() and not re.search(r"[+#,]", str(path)):
                yield f"{prefix}:{path}{hash_sign}{options}"


def _described(folder: Path, label: str) -> Iterator[Path]:
    """Yield the descriptions in a folder that state a name."""
    for path in sorted(folder.glob("*.toml"))[:100]:
        try:
            if read_toml(path).get("name") == label:
                yield path
        except ConfigError:
            continue

"""The registry of feature sets: names, joins, keys and what it imports."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from ser_bench import features
from ser_bench.core.errors import ConfigError, UnknownNameError
from ser_bench.features import FAMILIES, FEATURE_SETS, parse, set_key


def test_sets_join_in_the_order_given():
    assert [s.name for s in parse("mel + mfcc+chroma")] == ["mel", "mfcc", "chroma"]


def test_promised_dimensions():
    sizes = {name: FEATURE_SETS[name].dimension for name in ("mfcc", "chroma", "mel", "contrast", "tonnetz")}
    assert sizes == {"mfcc": 40, "chroma": 12, "mel": 128, "contrast": 7, "tonnetz": 6}


def test_error_for_an_unknown_set_names_the_nearest():
    with pytest.raises(UnknownNameError, match="did you mean 'functionals'"):
        parse("functional")


@pytest.mark.parametrize("text", ["", "mfcc+", "+mfcc"])
def test_empty_name_is_refused(text):
    with pytest.raises(ConfigError, match="a name is missing"):
        parse(text)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a/network.onnx", "a network has a prefix: onnx:a/network.onnx"),
        ("mfcc#pool=mean", "feature set 'mfcc' has no options"),
        ("something-else", "onnx:FILE"),
    ],
)
def test_error_for_a_name_says_how_to_write_it(name, message):
    with pytest.raises(ConfigError, match=re.escape(message)):
        parse(name)


def test_set_named_twice_is_refused():
    with pytest.raises(ConfigError, match="twice"):
        parse("mfcc+mel+mfcc")


def test_vectors_and_frames_cannot_be_joined():
    with pytest.raises(ConfigError, match=r"functionals \(vector\), logmel \(frames\)"):
        parse("functionals+logmel")


def test_keys_differ_between_sets():
    assert len({set_key(s) for s in FEATURE_SETS.values()}) == len(FEATURE_SETS)


@pytest.mark.parametrize("change", [{"version": 99}, {"parameters": {"x": 1}}, {"name": "other"}])
def test_key_depends_on_name_version_and_parameters(change):
    mfcc = FEATURE_SETS["mfcc"]
    assert set_key(replace(mfcc, **change)) != set_key(mfcc)


def test_key_does_not_depend_on_the_order_of_parameters():
    mfcc = FEATURE_SETS["mfcc"]
    turned = dict(reversed(list(mfcc.parameters.items())))
    assert set_key(replace(mfcc, parameters=turned)) == set_key(mfcc)


HEAVY = ("numpy", "numba", "scipy", "pandas", "librosa", "sklearn", "opensmile")


@pytest.fixture(scope="module")
def imported() -> list[list[str]]:
    """The heavy modules of a new process, after listing the sets and after computing all of them."""
    code = (
        f"import sys, ser_bench.features as f; HEAVY = {HEAVY}; "
        "show = lambda: print(*(m for m in HEAVY if m in sys.modules)); "
        "show(); import numpy as np; "
        "from tests.features.installed import INSTALLED; "
        "f.compute(INSTALLED.values(), np.ones(4000, 'float32'), 16000); show()"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return [line.split() for line in result.stdout.splitlines()]


def test_listing_sets_imports_no_heavy_library(imported):
    assert imported[0] == []


def test_computing_does_not_import_librosa(imported):
    assert "librosa" not in imported[1]


def test_every_module_of_a_set_is_registered():
    modules = {path.stem for path in (Path(features.__file__).parent / "sets").glob("*.py")} - {"__init__"}
    assert {name.replace("-", "_") for name in (*FEATURE_SETS, *FAMILIES)} == modules


def test_default_vector_comes_first_and_frames_come_last():
    kinds = [feature_set.kind for feature_set in FEATURE_SETS.values()]
    assert next(iter(FEATURE_SETS)) == features.DEFAULT
    assert kinds == sorted(kinds, reverse=True)


def test_groups_hold_every_column_once():
    for feature_set in FEATURE_SETS.values():
        assert sorted(c for group in feature_set.groups.values() for c in group) == sorted(feature_set.columns)

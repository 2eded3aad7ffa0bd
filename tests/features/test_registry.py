"""Names of feature sets: how they join, what is refused, what a key depends on."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from ser_bench.core.errors import ConfigError, UnknownNameError
from ser_bench.features import FEATURE_SETS, parse, set_key


def test_sets_join_in_the_order_given():
    assert [s.name for s in parse("mel + mfcc+chroma")] == ["mel", "mfcc", "chroma"]


def test_promised_dimensions():
    sizes = {name: FEATURE_SETS[name].dimension for name in ("mfcc", "chroma", "mel", "contrast", "tonnetz")}
    assert sizes == {"mfcc": 40, "chroma": 12, "mel": 128, "contrast": 7, "tonnetz": 6}


def test_unknown_set_names_the_nearest():
    with pytest.raises(UnknownNameError, match="did you mean 'functionals'"):
        parse("functional")


@pytest.mark.parametrize("text", ["", "mfcc+", "+mfcc"])
def test_empty_name_is_unknown(text):
    with pytest.raises(UnknownNameError):
        parse(text)


def test_set_named_twice_is_refused():
    with pytest.raises(ConfigError, match="twice"):
        parse("mfcc+mel+mfcc")


def test_vectors_do_not_join_frames():
    with pytest.raises(ConfigError, match=r"functionals \(vector\), logmel \(frames\)"):
        parse("functionals+logmel")


def test_keys_differ_between_sets():
    assert len({set_key(s) for s in FEATURE_SETS.values()}) == len(FEATURE_SETS)


@pytest.mark.parametrize("change", [{"version": 99}, {"parameters": {"x": 1}}, {"name": "other"}])
def test_key_changes_with_what_decides_the_values(change):
    mfcc = FEATURE_SETS["mfcc"]
    assert set_key(replace(mfcc, **change)) != set_key(mfcc)


def test_key_does_not_depend_on_the_order_of_parameters():
    mfcc = FEATURE_SETS["mfcc"]
    turned = dict(reversed(list(mfcc.parameters.items())))
    assert set_key(replace(mfcc, parameters=turned)) == set_key(mfcc)


def test_listing_sets_imports_nothing_heavy():
    code = (
        "import sys, ser_bench.features; "
        "print([m for m in ('numpy', 'numba', 'scipy', 'librosa', 'sklearn') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_computing_needs_no_librosa():
    code = (
        "import sys, numpy as np, ser_bench.features as f; "
        "f.compute(f.FEATURE_SETS.values(), np.ones(4000, 'float32'), 16000); "
        "print('librosa' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "False"

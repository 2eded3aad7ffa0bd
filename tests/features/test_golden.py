"""Feature values have not changed since the version of their set was raised."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.features.installed import PARAMETERS
from tests.golden import make_features

GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.fixture(scope="module")
def values():
    return make_features.values()


@pytest.mark.parametrize("name", PARAMETERS)
def test_values_have_not_changed(values, name):
    """An intended change raises the set's version and regenerates the file."""
    with np.load(GOLDEN / "features.npz") as golden:
        keys = [key for key in values if key.split("/")[1] == name]
        assert keys and set(keys) <= set(golden.files), "run tests/golden/make_features.py"
        for key in keys:
            expected = golden[key]
            np.testing.assert_allclose(values[key], expected, rtol=5e-3, atol=5e-3 * np.abs(expected).mean())

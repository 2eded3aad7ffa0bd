"""The feature sets that can be computed here; tests of the others are skipped with what to install."""

from __future__ import annotations

import pytest

from ser_bench.core.errors import MissingExtraError
from ser_bench.features import FEATURE_SETS, FeatureSet, check_installed


def missing(feature_set: FeatureSet) -> str:
    """Return what to install for a set; empty if it can be computed."""
    try:
        check_installed([feature_set])
    except MissingExtraError as error:
        return str(error)
    return ""


INSTALLED = {name: feature_set for name, feature_set in FEATURE_SETS.items() if not missing(feature_set)}
"""The sets that can be computed here, by name."""

PARAMETERS = [
    pytest.param(name, id=name, marks=pytest.mark.skipif(bool(reason), reason=reason))
    for name, reason in ((name, missing(feature_set)) for name, feature_set in FEATURE_SETS.items())
]
"""Every set's name, for ``pytest.mark.parametrize``; a test of a set that is not installed is skipped."""

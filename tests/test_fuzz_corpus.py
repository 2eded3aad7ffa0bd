"""Every seed input of the fuzz targets is read, or refused with an error of ser-bench; this needs no fuzzer."""

from __future__ import annotations

from functools import cache

import pytest

import fuzz
from fuzz import TARGETS, AbsentError, load, seeds

once = cache(load)


@pytest.mark.parametrize(
    "path", [p for name in TARGETS for p in seeds(name)], ids=lambda p: f"{p.parent.name}/{p.name}"
)
def test_a_seed_input_is_read_or_refused(path):
    try:
        read = once(path.parent.name)
    except AbsentError as reason:
        pytest.skip(str(reason))
    read(path.read_bytes())


def test_every_target_has_seed_inputs_and_every_folder_a_target():
    assert {folder.name for folder in (fuzz.HERE / "corpus").iterdir()} == set(TARGETS)
    assert all(seeds(name) for name in TARGETS)

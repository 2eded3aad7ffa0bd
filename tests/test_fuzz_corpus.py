"""Every kept input of the fuzzers is read, or refused by an error of ours; no fuzzer is needed for that."""

from __future__ import annotations

from functools import cache

import pytest

import fuzz
from fuzz import TARGETS, AbsentError, kept, load

once = cache(load)


@pytest.mark.parametrize("path", [p for name in TARGETS for p in kept(name)], ids=lambda p: f"{p.parent.name}/{p.name}")
def test_a_kept_input_is_read_or_refused(path):
    try:
        read = once(path.parent.name)
    except AbsentError as reason:
        pytest.skip(str(reason))
    read(path.read_bytes())


def test_every_target_keeps_inputs_and_none_is_left_over():
    assert {folder.name for folder in (fuzz.HERE / "corpus").iterdir()} == set(TARGETS)
    assert all(kept(name) for name in TARGETS)

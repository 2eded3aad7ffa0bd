"""Messages of native code: discarded, and written after all when something fails."""

import os

import pytest

from ser_bench.models.networks.compiled import quiet


def test_native_chatter_is_swallowed(capfd):
    with quiet():
        os.write(2, b"an irrelevant warning\n")
    os.write(2, b"afterwards\n")
    assert capfd.readouterr().err == "afterwards\n"


def test_chatter_is_replayed_when_the_block_fails(capfd):
    with pytest.raises(RuntimeError), quiet():
        os.write(2, b"the reason\n")
        raise RuntimeError
    assert capfd.readouterr().err == "the reason\n"

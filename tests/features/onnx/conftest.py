"""Networks of tests run in this process."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="module")
def probed_here():
    """Let the planning run networks in this process."""
    from tests.features import networks

    with networks.probed_here():
        yield

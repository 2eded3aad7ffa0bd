"""The coverage of prediction sets, as the user chooses it."""

from __future__ import annotations

from ser_bench.core.errors import ConfigError

COVERAGE = 0.9
"""Share of clips of new speakers whose prediction set holds the true label."""

EXPORTED = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
"""The coverages whose thresholds an ONNX file holds."""


def check_coverage(coverage: float) -> float:
    """Check a coverage.

    Parameters
    ----------
    coverage : float
        The share.

    Returns
    -------
    float
        The same.

    Raises
    ------
    ConfigError
        If it is not from 0.5 to below 1.
    """
    if not 0.5 <= coverage < 1:
        raise ConfigError(f"invalid value for --coverage: expected 0.5 to below 1, such as 0.9, got {coverage:g}")
    return coverage

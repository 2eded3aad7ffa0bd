"""ITU-T G.711 (11/88), pulse code modulation of voice frequencies: mu-law and A-law, as tables of 16-bit samples.

The decision and output values are those of the standard's tables 1 and 2. A 16-bit sample is first cut towards zero to
the standard's 14 bits (mu-law) or 13 bits (A-law) with sign, as libsndfile does.
"""

from __future__ import annotations

from functools import cache

import numpy as np

LAWS = ("mu", "A")
_FULL_SCALE = 1 << 15


def round_trip(samples: np.ndarray, law: str) -> np.ndarray:
    """Encode samples in 8 bits and decode them.

    Parameters
    ----------
    samples : ndarray of int16
        Samples at full scale.
    law : {"mu", "A"}
        The encoding law.

    Returns
    -------
    ndarray of int16
        The decoded samples.
    """
    decoded: np.ndarray = _round_trips(law)[samples.astype(np.intp) + _FULL_SCALE]
    return decoded


def magnitudes(law: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the values of the standard's tables.

    Parameters
    ----------
    law : {"mu", "A"}
        The encoding law.

    Returns
    -------
    decisions : ndarray of int64, shape (127,)
        The smallest magnitude of each level but the first, of 8,159 (mu-law) or 4,096 (A-law).
    outputs : ndarray of int64, shape (128,)
        The decoded magnitude of each level.
    """
    segment, step = np.divmod(np.arange(128), 16)
    if law == "mu":
        outputs = ((2 * step + 33) << segment) - 33
        decisions = ((2 * step + 32) << segment)[1:] - 33
    else:
        raised = np.maximum(segment - 1, 0)
        outputs = (2 * step + 1 + 32 * (segment > 0)) << raised
        decisions = ((2 * step + 32 * (segment > 0)) << raised)[1:]
    return decisions, outputs


@cache
def _round_trips(law: str) -> np.ndarray:
    """Return the decoded sample of each 16-bit sample."""
    scale = 4 if law == "mu" else 8
    samples = np.arange(-_FULL_SCALE, _FULL_SCALE)
    decisions, outputs = magnitudes(law)
    decoded = outputs[np.searchsorted(decisions, np.abs(samples) // scale, side="right")] * scale
    return np.where(samples < 0, -decoded, decoded).astype(np.int16)

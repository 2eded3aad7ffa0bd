"""Write features.npz: the values of every feature set on two demo clips and two synthetic sounds.

    python tests/golden/make_features.py

Run it from the root of the repository after an intended change, with a new version of the changed feature set, and with
every extra of ``test`` installed.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent


def clips() -> dict[str, tuple[np.ndarray, int]]:
    """Return samples and sampling rate by name of the clip."""
    from ser_bench.audio.synthesis.synthesiser import samples
    from ser_bench.audio.synthesis.utterances import Utterance
    from tests.features.feature_signals import voice

    utterances = [Utterance("S01", "angry", "strong", "A"), Utterance("S02", "sad", "normal", "B")]
    demo = {str(utterance): ((y / 32768).astype(np.float32), 16000) for utterance, y in samples(utterances)}
    plain = {
        "high": (voice(48000, 0.8, hz=310.0, seed=2), 48000),
        "short": (voice(22050, 0.15, hz=190.0, seed=3), 22050),
    }
    return demo | plain


def compared(features: np.ndarray) -> np.ndarray:
    """Return a vector unchanged, and the count, mean and standard deviation of frames."""
    if features.ndim == 1:
        return features
    return np.stack([np.full(features.shape[1], len(features)), features.mean(axis=0), features.std(axis=0)])


def values() -> dict[str, np.ndarray]:
    """Return the compared values of the installed sets by clip, set and version."""
    from ser_bench.features import compute
    from tests.features.installed import INSTALLED

    results = {}
    for clip, (y, sr) in clips().items():
        for name, features in compute(INSTALLED.values(), y, sr).items():
            results[f"{clip}/{name}/v{INSTALLED[name].version}"] = compared(features)
    return results


if __name__ == "__main__":
    sys.path.insert(0, str(HERE.parents[1]))
    np.savez_compressed(HERE / "features.npz", **values())

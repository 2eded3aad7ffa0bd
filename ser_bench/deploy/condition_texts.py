"""Sentences about the recording condition that a clip resembles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ser_bench.audio.conditions import CLEAN
from ser_bench.audio.descriptors import SNR_LIMITS
from ser_bench.core.text import plural
from ser_bench.deploy.training_audio import RATE_RATIO

if TYPE_CHECKING:
    from ser_bench.deploy.manifest import ConditionScore, ConditionsInfo
    from ser_bench.deploy.sounds import Resemblance

LOSS = 0.1
"""Loss of UAR against clean speech above which a prediction is not reliable."""
KIND = "condition"
"""The kind of the sentence among the differences of a clip."""

_SAME = {"high": ("band", "treble"), "snr": ("noise",), "clipped": ("clipping",)}
"""Differences from the training clips that a descriptor says too."""

_VALUES = {
    "low": ("its speech starts at", ",.0f", "Hz"),
    "high": ("its speech ends at", ",.0f", "Hz"),
    "tilt": ("relative to average speech, its spectrum changes by", ".1f", "dB per octave"),
    "snr": ("its SNR is about", ".0f", "dB"),
    "noise_tilt": ("its noise changes by", ".1f", "dB per octave"),
    "clipped": ("the share of its samples at the peak is", ".1f", "%"),
    "decay": ("its sound decays by", ".0f", "dB per second"),
}


def speech(condition: ConditionScore) -> str:
    """Name the speech under a condition.

    Parameters
    ----------
    condition : ConditionScore
        The condition.

    Returns
    -------
    str
        Such as ``speech on the telephone``.
    """
    return "clean speech" if condition.name == CLEAN else f"speech {condition.phrase}"


def uar(condition: ConditionScore) -> str:
    """Return the UAR under a condition.

    Parameters
    ----------
    condition : ConditionScore
        The condition.

    Returns
    -------
    str
        Such as ``UAR 62 %``.
    """
    return f"UAR {100 * condition.uar:.0f} %"


def resembles(resemblance: Resemblance, clean: ConditionScore, other_rates: Sequence[int]) -> str:
    """Say which condition other than clean speech a clip resembles, and the UAR there.

    Parameters
    ----------
    resemblance : Resemblance
        The condition, which the clip is like.
    clean : ConditionScore
        The score on clean speech.
    other_rates : sequence of int
        Rates of the tested clips in Hz that the clip does not have; empty where the rate does not matter.

    Returns
    -------
    str
        One sentence without a full stop.
    """
    condition = resemblance.condition
    score = f"sounds like {speech(condition)}: {uar(condition)} there, {100 * clean.uar:.0f} % on clean speech"
    rates = " and ".join(f"{rate:,}" for rate in other_rates[:3])
    return f"{score}; clips of {rates} Hz were tested, and this one has another rate" if other_rates else score


def unlike_all(resemblance: Resemblance, info: ConditionsInfo) -> str:
    """Say in what a clip differs from those under every tested condition.

    Parameters
    ----------
    resemblance : Resemblance
        The nearest condition, which the clip is not like.
    info : ConditionsInfo
        The tested conditions.

    Returns
    -------
    str
        One sentence without a full stop.
    """
    nearest, others = resemblance.condition, len(info.tested) - 1
    tested = f"clean speech and {plural(others, 'condition')}" if others else "clean speech only"
    return (
        f"unlike every recording condition that the model was tested under ({tested}): {_difference(resemblance)}; the "
        f"nearest, {speech(nearest)}, has {_usual(resemblance)} ({uar(nearest)})"
    )


def _difference(resemblance: Resemblance) -> str:
    """Name the descriptor that differs most, with its value."""
    subject, form, unit = _VALUES[resemblance.descriptor]
    return f"{subject} {_number(resemblance.value, resemblance.descriptor):{form}} {unit}"


def _usual(resemblance: Resemblance) -> str:
    """Return the values of clips under the condition."""
    name = resemblance.descriptor
    _, form, unit = _VALUES[name]
    low, high = (f"{_number(end, name):{form}}" for end in (resemblance.low, resemblance.high))
    if name == "snr" and resemblance.high >= SNR_LIMITS[1]:
        return f"at least {low} {unit}"
    return f"at most {high} {unit}" if name == "clipped" else f"{low} to {high} {unit}"


def _number(value: float, descriptor: str) -> float:
    return 100 * value if descriptor == "clipped" else value


def merged(
    differences: Mapping[str, str], resemblance: Resemblance | None, info: ConditionsInfo | None, sr: int | None
) -> tuple[dict[str, str], bool]:
    """Add the sentence about the condition to the differences from the training clips, without repetitions.

    Parameters
    ----------
    differences : mapping of str to str
        The sentences of :func:`ser_bench.deploy.training_audio.differences` by kind.
    resemblance : Resemblance or None
        The nearest condition; None where it is not known.
    info : ConditionsInfo or None
        The tested conditions.
    sr : int or None
        Sampling rate of the clip in Hz; None for a model that resamples clips.

    Returns
    -------
    texts : dict of str to str
        The sentences, that about the condition as :data:`KIND`.
    doubtful : bool
        Whether the condition makes the prediction unreliable.
    """
    if resemblance is None or info is None or (resemblance.like and resemblance.condition.name == CLEAN):
        return dict(differences), False
    condition, clean = resemblance.condition, info.tested[0]
    if not resemblance.like:
        repeated: Sequence[str] = _SAME.get(resemblance.descriptor, ())
        sentence, doubtful = unlike_all(resemblance, info), True
    else:
        repeated = ("rate", *(kind for kinds in _SAME.values() for kind in kinds))
        other_rates = _other_rates(condition, sr)
        sentence = resembles(resemblance, clean, other_rates)
        doubtful = clean.uar - condition.uar > LOSS or bool(other_rates)
    return {kind: text for kind, text in differences.items() if kind not in repeated} | {KIND: sentence}, doubtful


def _other_rates(condition: ConditionScore, sr: int | None) -> tuple[int, ...]:
    """Return the rates of the tested clips where the rate of a clip is unlike all of them."""
    rates = condition.sound.rates if condition.sound else []
    unlike = sr is not None and all(max(sr, rate) > RATE_RATIO * min(sr, rate) for rate in rates)
    return tuple(rates) if unlike else ()

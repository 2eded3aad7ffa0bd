"""What every recording condition guarantees for any clip, and how names become conditions."""

from __future__ import annotations

import pickle
import shutil
import subprocess
import sys
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from ser_bench.audio import conditions
from ser_bench.audio.conditions.base import Condition, ConditionKind
from ser_bench.core.errors import ConditionError, ConfigError, UnknownNameError
from tests.features.feature_signals import hard, padded, voice

CONTRACT = (
    *("phone", "phone-alaw", "wideband", "room-0.3", "room-0.6", "room-1.0", "mp3-64", "mp3-32", "mp3-16"),
    *("opus-24", "opus-12", "opus-6", "loss-5", "loss-10", "loss-20"),
    *(f"{noise}-{snr}" for noise in ("white", "pink", "speech", "babble", "hum") for snr in (20, 10, 0)),
    *("lowpass-4000", "tilt", "clipped", "quiet", "bits-8", "cut-start", "cut-end", "middle-1"),
    *("mp3-64", "mp3-32", "mp3-16", "opus-24", "opus-12", "opus-6", "loss-5", "loss-10", "loss-20"),
)
"""Names that scripts rely on."""
LISTED = conditions.listed()
RATES = (8000, 16000, 44100, 48000)
HARD = {name: signal for name, signal in hard().items() if name not in ("stereo mixed", "speech-like")}


HARDEST = [kind.listed[-1] for kind in conditions.KINDS.values()]


@pytest.fixture(params=LISTED.values(), ids=LISTED)
def condition(request) -> Condition:
    return available(request.param)


@pytest.fixture(params=HARDEST, ids=lambda condition: condition.name)
def hardest(request) -> Condition:
    return available(request.param)


def available(condition: Condition) -> Condition:
    if condition.kind.needs and not shutil.which(condition.kind.needs):
        pytest.skip(f"{condition.kind.needs} is not installed")
    return condition


@pytest.fixture(params=conditions.KINDS.values(), ids=conditions.KINDS)
def kind(request) -> ConditionKind:
    return request.param


@cache
def clip(sr: int, seed: int = 0) -> np.ndarray:
    """A second of speech-like sound, with treble, between silences, which must not be modified."""
    speech = voice(sr, 1.0, seed=seed)
    speech += 0.002 * np.random.default_rng(seed).standard_normal(len(speech), dtype=np.float32)
    y = padded(speech, sr, 0.1)
    y.flags.writeable = False
    return y


def test_a_changed_clip_is_mono_finite_audible_and_as_long_as_before(condition):
    for sr in RATES:
        changed, rate = condition.apply(clip(sr), sr)
        assert changed.dtype == np.float32
        assert changed.ndim == 1
        assert np.isfinite(changed).all()
        assert np.std(changed) > 1e-5
        assert 0 < rate <= max(RATES)
        seconds = len(changed) / rate
        if condition.family == "cuts":
            assert 0.3 < seconds < 1.2
        else:
            assert seconds == pytest.approx(1.2, abs=1.5 / rate)
    assert not np.array_equal(changed, clip(48000))


def test_equal_samples_give_equal_changes_and_another_clip_another(condition):
    first, again = (condition.apply(y, 16000)[0] for y in (clip(16000), clip(16000).copy()))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, condition.apply(clip(16000, seed=1), 16000)[0])


def test_hard_clips_are_changed_or_refused_with_a_reason(hardest):
    for name, (y, sr) in HARD.items():
        try:
            changed, rate = hardest.apply(y, sr)
        except ConditionError as error:
            assert len(str(error).splitlines()) == 1, name
        else:
            assert len(changed) >= 1, name
            assert np.isfinite(changed).all(), name
            assert rate > 0, name


def test_the_name_seeds_the_random_generator():
    draws = []
    for name in ("first", "second", "first"):
        kind = ConditionKind(name=name, family="f", summary="s", source="s", phrase="p", change=_draw)
        draws.append(kind.at().apply(clip(8000), 8000)[0].tolist())
    assert draws[0] == draws[2] != draws[1]


def _draw(y: np.ndarray, sr: int, rng: np.random.Generator) -> tuple[np.ndarray, int]:
    return rng.standard_normal(3), sr


def test_a_kind_describes_itself(kind):
    assert kind.summary
    assert kind.source
    assert kind.phrase
    assert ("{level}" in kind.phrase) == bool(kind.levels)
    assert bool(kind.unit) == bool(kind.levels)
    assert all(kind.lowest <= level <= kind.highest for level in kind.levels)
    assert list(kind.levels) == sorted(kind.levels, reverse=kind.harder == "lower")
    assert kind.harder in ("lower", "higher")
    assert kind.name.replace("-", "").isalnum()
    assert kind.name == kind.name.lower()
    assert not kind.summary.endswith(".")


def test_a_kind_survives_pickling(kind):
    copy = pickle.loads(pickle.dumps(kind))
    assert replace(copy, change=kind.change) == kind
    if kind.needs and not shutil.which(kind.needs):
        pytest.skip(f"{kind.needs} is not installed")
    changed = [k.listed[0].apply(clip(16000), 16000)[0] for k in (kind, copy)]
    assert np.array_equal(*changed)


def test_names_are_unique_and_lead_back_to_their_condition():
    kinds, families = list(conditions.KINDS), conditions.families()
    assert not {*kinds, *LISTED} & {*families, "all", conditions.CLEAN}
    assert all(conditions.get(name) == condition for name, condition in LISTED.items())
    assert len(LISTED) == sum(len(kind.listed) for kind in conditions.KINDS.values())


def test_the_names_that_scripts_rely_on_are_listed():
    assert [name for name in CONTRACT if name not in LISTED] == []


def test_levels_between_the_listed_ones_are_taken():
    assert conditions.get("white-7.5").level == 7.5
    assert conditions.get("room-0.45").name == "room-0.45"
    assert conditions.get("white--5").name == "white--5"


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("wite-10", UnknownNameError, "unknown condition 'wite-10'; did you mean 'white-10'"),
        ("nois", UnknownNameError, "unknown condition 'nois'; did you mean 'noise'"),
        ("whit", UnknownNameError, "unknown condition 'whit'; did you mean 'white'"),
        ("xyzxyz", UnknownNameError, "unknown condition 'xyzxyz'; known: amr, babble, bits, clipped, codecs, "),
        ("clean", ConfigError, "'clean' is the clip as recorded: expected a change, such as white-20"),
        ("white", ConfigError, "invalid condition 'white': expected a number of dB SNR after white-, such as white-20"),
        ("white-loud", ConfigError, "invalid condition 'white-loud': expected a number of dB SNR"),
        ("white-nan", ConfigError, "invalid condition 'white-nan': expected a number of dB SNR"),
        ("white-500", ConfigError, "invalid condition 'white-500': expected -20 to 60 dB SNR"),
        ("phone-3", UnknownNameError, "unknown condition 'phone-3'"),
        ("noise", ConfigError, "'noise' is a family of conditions: expected one condition, such as white-20"),
        ("", UnknownNameError, "unknown condition ''"),
    ],
)
def test_an_invalid_name_is_an_error_that_says_what_is_expected(name, error, message):
    with pytest.raises(error) as caught:
        conditions.get(name)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("samples", "error", "message"),
    [
        (np.full(800, np.nan), ValueError, "NaN or infinite values"),
        (np.zeros(0), ValueError, "expected mono samples"),
        (np.zeros((2, 800)), ValueError, r"got shape \(2, 800\)"),
        (np.array([3e38, -3e38] * 400), ConditionError, "too loud"),
    ],
)
def test_samples_that_would_crash_an_encoder_are_an_error(samples, error, message):
    for name in ("mp3-32", "dc", "loss-5") if error is ValueError else ("dc",):
        with pytest.raises(error, match=message):
            conditions.get(name).apply(samples.astype(np.float32), 16_000)


def test_families_kinds_and_all_stand_for_their_listed_conditions():
    def names(*words: str) -> list[str]:
        return [condition.name for condition in conditions.parse(words)]

    assert names("all") == list(LISTED)
    assert names("clean") == []
    assert names("rooms", "room-0.3", "clean") == ["room-0.3", "room-0.6", "room-1.0"]
    assert names("room") == names("rooms")
    assert names("cut-end", "white-10", "white-7.5", "white-20") == ["white-20", "white-10", "white-7.5", "cut-end"]


def test_the_registry_imports_no_library():
    code = (
        "import sys, ser_bench.audio.conditions as c; c.parse(['all', 'white-7.5'])\n"
        "print([m for m in ('numpy', 'scipy', 'soundfile', 'librosa', 'soxr') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

"""The rule-based synthesiser: expression, pitch, and samples that are the same on every machine."""

import numpy as np
import pytest

from ser_bench.audio.synthesis import expression, portable, synthesiser
from ser_bench.audio.synthesis.controls import HOP, SR, utterance_controls
from ser_bench.audio.synthesis.synthesiser import samples
from ser_bench.audio.synthesis.utterances import EMOTIONS, SPEAKERS, Utterance, all_utterances


def _above_1_khz(y):
    """Return the energy from 1 to 4 kHz relative to that below 1 kHz."""
    power = np.abs(np.fft.rfft(y, 2**16)) ** 2
    kilohertz = 2**16 // 16
    return power[kilohertz : 4 * kilohertz].sum() / power[:kilohertz].sum()


def test_every_row_of_the_emotion_table_has_every_parameter():
    rows = [expression.NEUTRAL, *expression.EMOTION.values(), *expression.SPREAD.values()]
    assert {len(row) for row in rows} == {len(expression.PARAMETERS)}
    assert set(expression.EMOTION) == set(EMOTIONS)


def test_the_pitch_of_a_vowel_matches_the_controls():
    """Autocorrelation of the samples finds the period of the controls."""
    utterance = Utterance("S07", "calm", "normal", "A")
    ((_, y),) = samples([utterance])
    source = utterance_controls(utterance).source
    frame = int(np.argmax(source[1] * (np.arange(source.shape[1]) > 40)))
    vowel = y[frame * HOP - 400 : frame * HOP + 400].astype(float)
    similarity = np.correlate(vowel, vowel, "full")[len(vowel) - 1 :]
    lag = 40 + int(np.argmax(similarity[40:267]))
    assert SR / lag == pytest.approx(source[0, frame], rel=0.08)


def test_anger_is_louder_and_brighter_than_sadness_in_most_speakers():
    """The literature's first finding survives the speakers' styles: level, and energy above 1 kHz."""
    loudness, brightness = {}, {}
    for emotion in ("angry", "sad"):
        utterances = list(all_utterances(SPEAKERS[:8], [emotion], ["strong"], ["A"]))
        clips = [y.astype(float) for _, y in samples(utterances)]
        loudness[emotion] = np.array([y.std() for y in clips])
        brightness[emotion] = np.array([_above_1_khz(y) for y in clips])
    assert (loudness["angry"] > loudness["sad"]).mean() > 0.8
    assert (brightness["angry"] > brightness["sad"]).mean() > 0.8


def test_an_utterance_does_not_depend_on_the_rest_of_its_batch():
    utterance = Utterance("S07", "happy", "strong", "B")
    ((_, alone),) = samples([utterance])
    y = dict(samples([Utterance("S12", "sad", "normal", "A"), utterance]))[utterance]
    assert np.array_equal(y, alone)


def test_rounding_errors_do_not_change_a_sample(monkeypatch):
    """Errors of another machine's library (here 1e-14, many times larger) leave every 16-bit sample alone."""
    utterances = list(all_utterances(["S03"], ["fearful"], sentences=["B"]))
    before = [y for _, y in samples(utterances)]
    rng = np.random.default_rng(0)

    def perturbed(function):
        def wrapped(*args):
            value = np.asarray(function(*args))
            return value * (1 + 1e-14 * rng.uniform(-1, 1, value.shape))

        return wrapped

    for module, name in [
        (portable, "exp"),
        (portable, "cos_turns"),
        (portable, "upsample"),
        (synthesiser, "_filtered"),
    ]:
        monkeypatch.setattr(module, name, perturbed(getattr(module, name)))
    assert all(np.array_equal(a, b) for a, (_, b) in zip(before, samples(utterances), strict=True))


def test_portable_functions_equal_those_of_numpy():
    x = np.linspace(-40, 40, 1001)
    turns = np.linspace(0, 0.5, 1001)
    xp, fp = np.array([-30.0, -1.0, 0.5, 22.0]), np.array([[1.0, -2.0, 5.0, 3.0], [0.0, 1.0, 2.0, 4.0]])
    np.testing.assert_allclose(portable.exp(x), np.exp(x), rtol=1e-14)
    np.testing.assert_allclose(portable.cos_turns(turns), np.cos(2 * np.pi * turns), atol=1e-14)
    np.testing.assert_allclose(portable.interpolate(x, xp, fp), [np.interp(x, xp, row) for row in fp], atol=1e-13)
    np.testing.assert_allclose(portable.upsample(fp, 8)[0], np.interp(np.arange(24) / 8, np.arange(4), fp[0]))


def test_random_numbers_have_their_distribution_and_depend_on_the_key():
    u, z = portable.uniforms((1, 2), 20000), portable.normals((1, 2), 20000)
    assert 0 <= u.min() < u.max() < 1
    assert u.mean() == pytest.approx(0.5, abs=0.01)
    assert z.mean() == pytest.approx(0, abs=0.03)
    assert z.std() == pytest.approx(1, abs=0.03)
    assert not np.array_equal(u[:9], portable.uniforms((2, 1), 9))

"""Which tested recording condition a clip resembles, and what predictions say about it."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from ser_bench import audio
from ser_bench.audio import conditions
from ser_bench.audio.descriptors import NAMES, VERSION
from ser_bench.core.errors import ModelFileError
from ser_bench.core.progress import NoProgress
from ser_bench.deploy import condition_sample, condition_texts, sounds
from ser_bench.deploy.manifest import ConditionScore, ConditionsInfo, ConditionSound
from ser_bench.deploy.sounds import Resemblance

CENTRES = {
    "clean": [6.5, 14.0, 0.0, 45.0, -2.0, -4.0, 240.0],
    "phone": [7.6, 11.8, 0.0, 45.0, -1.0, -4.0, 240.0],
    "white-10": [6.3, 14.5, 1.0, 11.0, 0.0, -4.0, math.nan],
}
WIDTHS = np.array([0.2, 0.05, 1.0, 1.0, 0.3, 0.01, 20.0])


def clips(name: str, count: int = 40, seed: int = 0) -> np.ndarray:
    """Vectors of descriptors around the centre of a condition."""
    noise = np.random.default_rng([seed, len(name)]).standard_normal((count, len(NAMES)))
    return np.array(CENTRES[name]) + noise * WIDTHS


def score(name: str, uar: float, **changes) -> ConditionScore:
    """A tested condition with the descriptors of its clips."""
    vectors = clips(name) if name in CENTRES else clips("clean")
    saved = {"clips": 40, "rates": [8000 if name == "phone" else 48000], **sounds.fit(vectors).to_saved()}
    known = None if name == "clean" else conditions.get(name)
    fields = {
        "name": name,
        "family": known.family if known else "",
        "phrase": known.phrase if known else "",
        "heard": False,
        "clips": 40,
        "uar": uar,
        "low": None,
        "high": None,
        "recognisable": True,
        "sound": ConditionSound(**saved),
    }
    return ConditionScore(**fields | changes)


INFO = ConditionsInfo(
    descriptors=VERSION, tested=[score("clean", 0.668), score("phone", 0.62), score("white-10", 0.254)]
)


def resemblance(name: str, like: bool = True, descriptor: str = "high", **values) -> Resemblance:
    tested = {tested.name: tested for tested in INFO.tested}
    return Resemblance(tested[name], like, descriptor, **{"value": 3620.0, "low": 15_000.0, "high": 21_000.0} | values)


def test_clips_resemble_their_own_condition():
    detector = sounds.detector(INFO)
    for name in CENTRES:
        nearest = [detector.nearest(clip) for clip in clips(name, 20, seed=1)]
        assert {clip.condition.name for clip in nearest} == {name}
        assert all(clip.like for clip in nearest)


def test_a_clip_unlike_every_condition_names_the_descriptor_in_its_unit():
    clip = np.array(CENTRES["clean"])
    clip[NAMES.index("high")] = math.log2(5000)
    only_clean = sounds.detector(INFO.model_copy(update={"tested": INFO.tested[:1]}))
    nearest = only_clean.nearest(clip)
    assert (nearest.condition.name, nearest.like, nearest.descriptor) == ("clean", False, "high")
    assert nearest.value == pytest.approx(5000)
    assert nearest.low < 2**14 < nearest.high


def test_a_clip_that_another_condition_explains_little_better_counts_as_clean():
    phone, clean = np.array(CENTRES["phone"]), np.array(CENTRES["clean"])
    detector = sounds.detector(INFO)
    names = [detector.nearest(clean + share * (phone - clean)).condition.name for share in np.linspace(0, 1, 200)]
    first = names.index("phone")
    assert set(names[:first]) == {"clean"}
    assert set(names[first:]) == {"phone"}
    score_of = {name: sounds.fit(clips(name)).log_likelihoods for name in ("clean", "phone")}
    before = (clean + np.linspace(0, 1, 200)[first - 1] * (phone - clean))[np.newaxis]
    assert score_of["phone"](before) - score_of["clean"](before) <= sounds.EVIDENCE


def test_descriptors_that_a_clip_or_a_condition_does_not_tell_do_not_count():
    clip = np.array(CENTRES["white-10"])
    assert sounds.detector(INFO).nearest(clip).condition.name == "white-10"
    clip[-1] = 900.0
    assert sounds.detector(INFO).nearest(clip).condition.name == "white-10"


def test_a_sample_gives_median_spread_and_a_limit_that_nearly_all_clips_keep():
    sound = sounds.fit(clips("phone", 400))
    np.testing.assert_allclose(sound.centre, CENTRES["phone"], atol=3 * WIDTHS.max() / 20)
    assert sound.spread[NAMES.index("snr")] >= 1.5
    assert np.mean(sound.distances(clips("phone", 400, seed=2)) <= sound.limit) > 0.97
    assert 1.5 <= sound.limit <= 3


def test_of_two_conditions_that_sound_alike_the_first_is_recognised():
    vectors = {"clean": clips("clean"), "phone": clips("phone"), "phone-alaw": clips("phone", seed=1)}
    vectors["cut-end"] = clips("clean", seed=3)
    order = ["phone", "phone-alaw", "cut-end"]
    assert sounds.recognisable(vectors, order) == ["clean", "phone"]


def test_rates_above_that_of_the_model_are_not_heard():
    y = np.random.default_rng(0).standard_normal(48_000).astype(np.float32)
    high = NAMES.index("high")
    assert sounds.in_units("high", sounds.vector(y, 48_000)[high]) == pytest.approx(24_000)
    assert sounds.in_units("high", sounds.vector(y, 48_000, 16_000)[high]) == pytest.approx(8000)


@pytest.mark.parametrize(("name", "value"), [("low", 6.5), ("clipped", -1.0), ("snr", 12.0)])
def test_numbers_have_a_unit(name, value):
    expected = {"low": 2**6.5, "clipped": 0.0999, "snr": 12.0}[name]
    assert sounds.in_units(name, value) == pytest.approx(expected)


@pytest.mark.parametrize(
    "saved",
    [
        {"centre": {}, "spread": {}},
        {"centre": {"snr": 1.0}, "spread": {"high": 1.0}},
        {"centre": {"pitch": 1.0}, "spread": {"pitch": 1.0}},
    ],
)
def test_descriptors_that_do_not_fit_together_are_refused(saved):
    broken = score("clean", 0.5).sound.model_copy(update=saved)
    info = INFO.model_copy(update={"tested": [score("clean", 0.5, sound=broken)]})
    with pytest.raises(ModelFileError, match="descriptors of the condition 'clean' are inconsistent"):
        sounds.detector(info)


@pytest.mark.parametrize(
    "info",
    [
        None,
        INFO.model_copy(update={"descriptors": VERSION + 1}),
        INFO.model_copy(update={"tested": [score("clean", 0.5, sound=None), score("phone", 0.5)]}),
        INFO.model_copy(update={"tested": []}),
    ],
)
def test_without_descriptors_of_clean_clips_nothing_is_said(info):
    assert sounds.detector(info) is None
    assert condition_texts.merged({"noise": "a"}, None, info, 48_000) == ({"noise": "a"}, False)


def merged(nearest: Resemblance, sr: int | None = None, info: ConditionsInfo = INFO) -> tuple[dict[str, str], bool]:
    kinds = ("rate", "band", "treble", "noise", "clipping", "level", "duration")
    return condition_texts.merged({kind: kind for kind in kinds}, nearest, info, sr)


def test_a_clip_like_clean_speech_has_no_sentence():
    texts, doubtful = merged(resemblance("clean"))
    assert "condition" not in texts
    assert len(texts) == 7
    assert not doubtful


def test_a_clip_like_a_tested_condition_has_its_score_and_no_sentence_that_repeats_it():
    texts, doubtful = merged(resemblance("phone"))
    assert texts == {
        "level": "level",
        "duration": "duration",
        "condition": "sounds like speech on the telephone: UAR 62 % there, 67 % on clean speech",
    }
    assert not doubtful


def test_a_condition_that_costs_more_than_10_points_makes_a_prediction_unreliable():
    texts, doubtful = merged(resemblance("white-10"))
    expected = "sounds like speech in white noise at 10 dB SNR: UAR 25 % there, 67 % on clean speech"
    assert (texts["condition"], doubtful) == (expected, True)


def test_another_rate_than_that_of_the_tested_clips_is_named():
    texts, doubtful = merged(resemblance("phone"), 48_000)
    assert doubtful
    assert texts["condition"].endswith("; clips of 8,000 Hz were tested, and this one has another rate")
    assert not merged(resemblance("phone"), 8000)[1]


def test_a_clip_unlike_all_names_what_differs_and_the_nearest_score():
    texts, doubtful = merged(resemblance("phone", like=False, low=3400.0, high=4000.0, value=5000.0))
    assert texts["condition"] == (
        "unlike every recording condition that the model was tested under (clean speech and 2 conditions): its speech "
        "ends at 5,000 Hz; the nearest, speech on the telephone, has 3,400 to 4,000 Hz (UAR 62 %)"
    )
    assert doubtful
    assert {"band", "treble"}.isdisjoint(texts)
    assert {"noise", "clipping", "rate"} <= texts.keys()


def test_a_model_that_was_tested_on_clean_speech_only_says_so():
    only_clean = INFO.model_copy(update={"tested": INFO.tested[:1]})
    nearest = resemblance("clean", like=False, descriptor="snr", value=12.3, low=41.0, high=49.0)
    texts, _ = merged(nearest, info=only_clean)
    assert texts["condition"] == (
        "unlike every recording condition that the model was tested under (clean speech only): its SNR is about 12 dB; "
        "the nearest, clean speech, has at least 41 dB (UAR 67 %)"
    )
    assert "noise" not in texts


@pytest.mark.parametrize("descriptor", NAMES)
def test_every_descriptor_has_a_sentence(descriptor):
    nearest = resemblance("clean", like=False, descriptor=descriptor, value=0.034, low=0.0, high=0.001)
    assert "inf" not in condition_texts.unlike_all(nearest, INFO)


@pytest.fixture(scope="module")
def samples(corpus):
    """Return the demo clips, as measured under some conditions."""
    paths = sorted(str(path) for path in corpus.parent.rglob("*.wav"))
    chosen = [conditions.get(name) for name in ("phone", "phone-alaw", "white-0", "middle-1")]
    return condition_sample.measure(paths, chosen, None, 1, NoProgress())


def test_clips_are_measured_under_every_condition(samples):
    assert list(samples) == ["clean", "phone", "phone-alaw", "white-0", "middle-1"]
    assert samples["phone"].rates == (8000,)
    assert samples["clean"].vectors.shape[1] == len(NAMES)


def test_the_description_of_a_sample_is_that_of_a_model_file(samples):
    described = condition_sample.describe(samples, ["phone", "phone-alaw", "white-0", "middle-1"])
    parts = {name: ConditionSound(**part["sound"]) for name, part in described.items()}
    assert parts["phone"].rates == [8000]
    chosen = [name for name, part in described.items() if part["recognisable"]]
    assert {"clean", "phone", "white-0"} <= set(chosen)
    assert "phone-alaw" not in chosen
    assert condition_sample.describe({}, []) == {}


def test_a_clip_that_is_gone_is_left_out(corpus, tmp_path):
    paths = [str(tmp_path / "gone.wav"), str(next(corpus.parent.rglob("*.wav")))]
    measured = condition_sample.measure(paths, [], None, 1, NoProgress())
    assert len(measured["clean"].vectors) == 1


def test_the_descriptors_of_a_clip_do_not_depend_on_its_sample(samples, corpus):
    first = sorted(corpus.parent.rglob("*.wav"))[0]
    np.testing.assert_array_equal(samples["clean"].vectors[0], sounds.vector(*audio.load(first)))
    assert dataclasses.is_dataclass(samples["clean"])

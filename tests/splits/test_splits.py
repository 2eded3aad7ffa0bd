"""Splits: what every split promises, for corpora of many shapes, and what each one promises besides."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from ser_bench.core.errors import SplitError, UnknownNameError
from ser_bench.core.options import Options
from ser_bench.runs import plan
from ser_bench.splits import SPLITS, FoldSettings, default_splits, make_folds
from ser_bench.splits.base import Split
from tests.conftest import clip_table


def ravdess_like() -> pd.DataFrame:
    """Return a table with RAVDESS's names, two takes and two corpora, so that every split is possible."""
    rows = [
        {
            "clip": f"03-01-{e:02d}-01-{t:02d}-{take:02d}-{a:02d}",
            "corpus": "first" if a <= 14 else "second",
            "speaker": f"{a:02d}",
            "gender": "male" if a % 2 else "female",
            "text": str(t),
            "label": f"emotion {e}",
        }
        for a in range(1, 25)
        for e in range(1, 5)
        for t in (1, 2)
        for take in (1, 2)
    ]
    return pd.DataFrame(rows)


@st.composite
def corpora(draw: st.DrawFn) -> pd.DataFrame:
    """Draw an uneven corpus: clips are missing here and there, and one speaker may have far more."""
    table = clip_table(
        speakers=draw(st.integers(2, 12)),
        texts=draw(st.integers(2, 4)),
        repetitions=draw(st.integers(1, 3)),
        genders=draw(st.sampled_from([("male", "female"), ("female",), ("",), ("male", "male", "female")])),
    )
    kept = table.sample(frac=draw(st.floats(0.6, 1.0)), random_state=draw(st.integers(0, 99)))
    return kept.sample(frac=1.0, random_state=0)


@pytest.mark.parametrize("name", SPLITS)
def test_every_split_keeps_its_promises(name):
    """Conformance: no clip on both sides, none tested twice, the same for the same seed, in any row order."""
    clips = ravdess_like()
    speaker = dict(zip(clips["clip"], clips["speaker"], strict=True))
    folds = make_folds(name, clips, FoldSettings(seed=3))
    tested = [clip for fold in folds for clip in fold.test]
    assert len(tested) == len(set(tested))
    assert set(tested) <= set(clips["clip"])
    for fold in folds:
        assert not set(fold.train) & set(fold.test)
        if SPLITS[name].speaker_independent:
            assert not {speaker[c] for c in fold.train} & {speaker[c] for c in fold.test}
    assert make_folds(name, clips.sample(frac=1.0, random_state=1), FoldSettings(seed=3)) == folds


@pytest.mark.parametrize(
    "name", [*("actor", "random", "random-takes", "loso", "text", "actor-text"), *("emobox", "within", "loco")]
)
def test_cross_validation_tests_every_clip_once(name):
    clips = ravdess_like()
    tested = [clip for fold in make_folds(name, clips) for clip in fold.test]
    assert sorted(tested) == sorted(clips["clip"])


@given(clips=corpora(), folds=st.integers(2, 6), seed=st.integers(0, 5))
@settings(max_examples=60, deadline=None)
def test_actor_and_random_train_on_equally_many_clips(clips, folds, seed):
    chosen = FoldSettings(folds=folds, seed=seed)
    if clips["speaker"].nunique() < folds:
        with pytest.raises(SplitError, match="fewer with --folds"):
            make_folds("actor", clips, chosen)
        return
    try:
        actor, random = make_folds("actor", clips, chosen), make_folds("random", clips, chosen)
    except SplitError:  # clips of one class are left to train on
        reject()
    assert [len(f.train) for f in actor] == [len(f.train) for f in random]


@given(clips=corpora(), folds=st.integers(2, 6))
@settings(max_examples=40, deadline=None)
def test_random_folds_hold_each_class_in_proportion(clips, folds):
    label = dict(zip(clips["clip"], clips["label"], strict=True))
    share = clips["label"].value_counts(normalize=True)
    for fold in make_folds("random", clips, FoldSettings(folds=folds)):
        counts = pd.Series([label[c] for c in fold.test]).value_counts()
        for name, expected in share.items():
            assert abs(counts.get(name, 0) - expected * len(fold.test)) < 2


@given(clips=corpora(), folds=st.integers(2, 6), seed=st.integers(0, 5))
@settings(max_examples=60, deadline=None)
def test_actor_folds_balance_genders(clips, folds, seed):
    if clips["speaker"].nunique() < folds:
        return
    gender = dict(zip(clips["speaker"], clips["gender"], strict=True))
    speaker = dict(zip(clips["clip"], clips["speaker"], strict=True))
    try:
        held = [{speaker[c] for c in f.test} for f in make_folds("actor", clips, FoldSettings(folds=folds, seed=seed))]
    except SplitError:  # a few clips of one class are left to train on
        reject()
    for each in set(gender.values()):
        counts = [sum(gender[s] == each for s in speakers) for speakers in held]
        assert max(counts) - min(counts) <= 1


@pytest.mark.parametrize("name", SPLITS)
def test_repeats_redraw_the_folds_of_a_split_that_says_so(name):
    """Repeats of the same folds would differ in the seeds of the models only, so their spread would say little."""
    clips = ravdess_like()
    first, second = (make_folds(name, clips, FoldSettings(folds=4, repeat=r)) for r in (0, 1))
    assert (first != second) == SPLITS[name].redrawn


def test_the_first_repeat_has_the_folds_of_earlier_versions():
    clips = clip_table(speakers=12)
    held = [sorted({key[1:3] for key in fold.test}) for fold in make_folds("actor", clips)]
    assert held == [["03", "06"], ["09", "10"], ["02", "07"], ["04", "05"], ["00", "11"], ["01", "08"]]


@pytest.mark.parametrize("repeat", [0, 1])
def test_random_folds_have_the_sizes_of_the_actor_folds_in_every_repeat(repeat):
    clips = clip_table(speakers=7, repetitions=2)
    chosen = FoldSettings(folds=3, repeat=repeat)
    sizes = {name: [len(f.test) for f in make_folds(name, clips, chosen)] for name in ("actor", "random")}
    assert sizes["actor"] == sizes["random"]


def test_seeds_redraw_the_actor_folds():
    clips = clip_table(speakers=12)
    assert make_folds("actor", clips, FoldSettings(seed=0)) != make_folds("actor", clips, FoldSettings(seed=1))


def test_loso_holds_out_one_speaker_a_fold():
    clips = clip_table(speakers=5)
    speaker = dict(zip(clips["clip"], clips["speaker"], strict=True))
    assert [len({speaker[c] for c in f.test}) for f in make_folds("loso", clips)] == [1] * 5


@pytest.mark.parametrize("name", ["text", "actor-text"])
def test_held_out_sentences_are_not_trained_on(name):
    clips = clip_table(texts=3)
    text = dict(zip(clips["clip"], clips["text"], strict=True))
    for fold in make_folds(name, clips, FoldSettings(folds=4)):
        assert not {text[c] for c in fold.train} & {text[c] for c in fold.test}


def test_many_sentences_are_held_out_in_groups():
    assert len(make_folds("text", clip_table(texts=25), FoldSettings(folds=5))) == 5


def test_emobox_tests_the_published_actors_in_its_first_fold():
    clips = ravdess_like()
    speaker = dict(zip(clips["clip"], clips["speaker"], strict=True))
    assert {speaker[c] for c in make_folds("emobox", clips)[0].test} == {"01", "11", "20", "21"}


@pytest.mark.parametrize(("name", "share"), [("random-80-20", 0.20), ("random-75-25", 0.25), ("random-90-10", 0.10)])
def test_hold_outs_test_the_share_in_their_name(name, share):
    clips = clip_table(speakers=10)
    (fold,) = make_folds(name, clips)
    assert len(fold.test) == round(share * len(clips))
    assert len(fold.train) + len(fold.test) == len(clips)


@pytest.mark.parametrize("repeat", [0, 1])
@pytest.mark.parametrize(("ending", "folds"), [("80-20", 5), ("75-25", 4), ("90-10", 10)])
def test_the_twin_of_a_hold_out_tests_the_same_clips_on_new_speakers_with_equal_training(ending, folds, repeat):
    clips = clip_table(speakers=20, texts=10)
    (hold_out,) = make_folds(f"random-{ending}", clips, FoldSettings(repeat=repeat))
    twin = make_folds(f"actor-twin-{ending}", clips, FoldSettings(repeat=repeat))
    assert len(twin) == folds
    assert sorted(clip for fold in twin for clip in fold.test) == sorted(hold_out.test)
    assert np.mean([len(fold.train) for fold in twin]) == pytest.approx(len(hold_out.train), rel=0.005)


def test_actor_80_20_holds_out_a_fifth_of_the_speakers_of_both_genders():
    clips = clip_table(speakers=20)
    (fold,) = make_folds("actor-80-20", clips)
    held = clips[clips["clip"].isin(fold.test)].drop_duplicates("speaker")
    assert held["gender"].value_counts().to_dict() == {"male": 2, "female": 2}


@pytest.mark.parametrize(
    ("name", "clips", "reason"),
    [
        ("actor", clip_table(speakers=3), "there are 3\nuse fewer"),
        ("loso", clip_table(speakers=1), "two speakers"),
        ("actor-twin-80-20", clip_table(speakers=4), "split actor-twin-80-20: 5 folds need as many speakers"),
        ("text", clip_table(texts=1), "two sentences"),
        ("actor-text", clip_table(texts=1), "two sentences"),
        ("emobox", clip_table(), "RAVDESS"),
        ("random", clip_table(speakers=1, texts=1, emotions=("sad", "happy")), "6 folds of 2 clips"),
        ("actor-80-20", clip_table(speakers=1), "two speakers"),
        ("random-90-10", clip_table(speakers=1, texts=1, emotions=("sad", "happy")), "without test clips"),
        ("loso", clip_table(speakers=2, texts=1).iloc[[0, -1]], "two clips of each emotion from each"),
    ],
)
def test_a_split_that_cannot_be_says_why(name, clips, reason):
    with pytest.raises(SplitError, match=reason):
        make_folds(name, clips)


def masks(*pairs: tuple[str, str]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return folds from the speakers that train and those that test."""
    speakers = clip_table(speakers=4, texts=1)["speaker"]
    return [(speakers.isin(train.split()).to_numpy(), speakers.isin(test.split()).to_numpy()) for train, test in pairs]


BROKEN = {
    "returns no fold": masks(),
    r"fold 2: 3 clips \(.*\) are both in training and in test": masks(("s00 s01", "s02"), ("s00 s01", "s01")),
    "expected masks of type bool and shape": [(np.array([0, 1, 2]), np.array([3]))],
    "expected masks of type bool and shape .*, got int64": [tuple(m.astype(int) for m in masks(("s00", "s01"))[0])],
    "fold 1: it is without test clips": masks(("s00 s01", "")),
    r"3 clips \(.*\) are in the test of several folds": masks(("s00 s01", "s02"), ("s00", "s02")),
}


@pytest.mark.parametrize("reason", BROKEN)
def test_folds_that_break_a_promise_are_refused(reason, monkeypatch):
    """A split, of a plugin for example, is believed only as far as its folds show it."""
    clips = clip_table(speakers=4, texts=1)
    split = Split(name="mine", summary="", masks=lambda clips, settings: BROKEN[reason], speaker_independent=False)
    monkeypatch.setitem(SPLITS, "mine", split)
    with pytest.raises(SplitError, match=f"^split mine.*{reason}"):
        make_folds("mine", clips)


@pytest.mark.parametrize("independent", [True, False])
def test_a_split_that_shares_speakers_must_not_state_new_ones(independent, monkeypatch):
    clips = clip_table(speakers=4, texts=2)
    by_text = [((clips["text"] == "text 0").to_numpy(), (clips["text"] == "text 1").to_numpy())]
    split = Split(name="mine", summary="", masks=lambda clips, settings: by_text, speaker_independent=independent)
    monkeypatch.setitem(SPLITS, "mine", split)
    if not independent:
        assert len(make_folds("mine", clips)) == 1
        return
    message = r"4 speakers \(s00, s01, s02 and 1 more\) are both .*\n.*speaker_independent=False"
    with pytest.raises(SplitError, match=message):
        make_folds("mine", clips)


@pytest.mark.parametrize("name", ["actor", "loso", "actor-80-20", "actor-text"])
def test_splits_by_speaker_need_the_speakers(name):
    clips = clip_table(speakers=6, texts=3).assign(speaker="")
    with pytest.raises(SplitError, match=r"needs the speaker of every clip; \d+ of \d+ clips have none"):
        make_folds(name, clips)
    assert len(make_folds("random", clips)) == 6


def test_unknown_speakers_have_random_splits_by_default():
    assert default_splits(clip_table(speakers=6).assign(speaker="")) == ("random",)


def test_an_unknown_split_names_the_nearest():
    with pytest.raises(UnknownNameError, match="did you mean 'actor'"):
        make_folds("acter", clip_table())


# --- Several corpora --------------------------------------------------------------------------------


def three_corpora() -> pd.DataFrame:
    """Return three corpora of 6, 4 and 2 speakers."""
    sizes = {"a": 6, "b": 4, "c": 2}
    tables = [clip_table(speakers=size).assign(corpus=name) for name, size in sizes.items()]
    marked = [t.assign(**{c: t["corpus"] + "/" + t[c] for c in ("clip", "speaker")}) for t in tables]
    return pd.concat(marked, ignore_index=True)


def corpora_of(keys: tuple[str, ...]) -> str:
    return "+".join(sorted({key.split("/")[0] for key in keys}))


def sides(name: str) -> list[tuple[str, str]]:
    """Return which corpora train and which test in each fold."""
    return [(corpora_of(fold.train), corpora_of(fold.test)) for fold in make_folds(name, three_corpora())]


def test_cross_has_every_pair_of_corpora():
    assert sides("cross") == [("a", "b"), ("a", "c"), ("b", "a"), ("b", "c"), ("c", "a"), ("c", "b")]


def test_loco_holds_out_one_corpus_at_a_time():
    assert sides("loco") == [("b+c", "a"), ("a+c", "b"), ("a+b", "c")]


def test_cross_to_a_corpus_trains_on_all_others():
    assert sides("cross:b") == [("a+c", "b")]


def test_a_manifest_s_path_stands_for_its_corpus():
    options = Options(corpus="x/a.csv,x/c.csv", splits=("cross:somewhere/b.csv",))
    (fold,) = plan.make_folds("cross:somewhere/b.csv", three_corpora(), options)
    assert (corpora_of(fold.train), corpora_of(fold.test)) == ("a+c", "b")


def test_within_stays_inside_each_corpus_and_takes_fewer_folds_where_speakers_are_few():
    assert sides("within") == [("a", "a")] * 6 + [("b", "b")] * 4 + [("c", "c")] * 2


def test_several_corpora_are_asked_for_by_name():
    with pytest.raises(SplitError, match=r"needs several corpora.*generated\n.*--corpus ravdess,emodb"):
        make_folds("cross", clip_table())
    with pytest.raises(SplitError, match=r"two speakers in every corpus, lone has 1"):
        lone = clip_table(speakers=1).assign(corpus="lone", clip=lambda t: "lone/" + t["clip"])
        make_folds("within", pd.concat([clip_table(), lone], ignore_index=True))
    with pytest.raises(SplitError, match="finds no clip of emodb"):
        make_folds("cross:emodb", three_corpora())


@pytest.mark.parametrize("name", ["actor", "actor-80-20", "loso", "within"])
def test_a_speaker_with_two_genders_is_one_speaker(name):
    clips = ravdess_like()
    clips.loc[clips["speaker"].isin(["01", "02"]) & (clips["text"] == "2"), "gender"] = ""
    clips.loc[clips["speaker"].eq("03") & (clips["text"] == "2"), "gender"] = "female"
    speaker = dict(zip(clips["clip"], clips["speaker"], strict=True))
    folds = make_folds(name, clips, FoldSettings(folds=24 if name == "actor" else 6))
    if name in ("actor", "loso"):
        assert len(folds) == 24
    for fold in folds:
        assert not {speaker[clip] for clip in fold.train} & {speaker[clip] for clip in fold.test}
        assert {speaker[clip] for clip in fold.test}


@pytest.mark.parametrize("name", ["cross", "loco", "cross:second", "within", "actor", "loso"])
def test_a_person_in_two_corpora_is_never_on_both_sides(name):
    clips = ravdess_like().replace({"speaker": {"24": "01"}})
    speaker = dict(zip(clips["clip"], clips["speaker"], strict=True))
    for fold in make_folds(name, clips):
        assert not {speaker[clip] for clip in fold.train} & {speaker[clip] for clip in fold.test}


def test_corpora_with_the_same_speakers_cannot_be_crossed():
    clips = clip_table(speakers=2)
    clips["corpus"] = ["first" if text == "text 0" else "second" for text in clips["text"]]
    with pytest.raises(SplitError, match="every speaker of a training corpus is in the tested corpus"):
        make_folds("cross", clips)

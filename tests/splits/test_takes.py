"""Repeated takes: which clips they are, and random folds that keep them together."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ser_bench.core.errors import SplitError
from ser_bench.splits import SPLITS, FoldSettings, default_splits, make_folds, take_numbers
from tests.conftest import clip_table


def groups(clips: pd.DataFrame) -> list[list[str]]:
    """Return the clips of every take that was repeated."""
    takes = clips.groupby(take_numbers(clips))["clip"].apply(sorted)
    return sorted(names for names in takes if len(names) > 1)


def test_takes_agree_in_speaker_sentence_emotion_and_intensity():
    clips = clip_table(speakers=2, emotions=("happy", "sad"), repetitions=2)
    assert len(groups(clips)) == len(clips) // 2
    assert groups(clips)[0] == ["s00-happy-0-0", "s00-happy-0-1"]
    assert groups(clips.assign(intensity=clips["clip"].str[-1])) == []
    assert groups(clips.assign(corpus=clips["clip"].str[-1])) == []
    assert groups(clip_table()) == []


def test_takes_of_an_unknown_sentence_are_nearly_identical_clips():
    clips = clip_table(speakers=2, emotions=("happy", "sad"), texts=1, repetitions=3).assign(text="")
    assert groups(clips) == []
    firsts = clips["clip"][clips["clip"].str[-1] != "2"].tolist()  # near-identical to each other, across classes too
    near = [tuple(firsts) if clip in firsts else () for clip in clips["clip"]]
    heard = clips.assign(near_identical=near)
    assert groups(heard)[0] == ["s00-happy-0-0", "s00-happy-0-1"]
    assert [len(names) for names in groups(heard)] == [2] * 4


@st.composite
def odd_corpora(draw: st.DrawFn) -> pd.DataFrame:
    """Draw a corpus with takes of any number of clips, with sentences that may be unknown, and few or many classes."""
    clips = clip_table(
        speakers=draw(st.integers(1, 8)),
        emotions=("neutral", "happy", "sad")[: draw(st.integers(2, 3))],
        texts=draw(st.integers(1, 4)),
        repetitions=draw(st.integers(1, 4)),
    )
    chance = np.random.default_rng(draw(st.integers(0, 99)))
    clips = clips[chance.random(len(clips)) < draw(st.floats(0.5, 1.0))]
    huge = (clips["speaker"] == "s00") & (clips["emotion"] == "happy") & draw(st.booleans())
    clips = clips.assign(text=clips["text"].mask(huge, "text 0"))
    return clips.assign(text=clips["text"].mask(chance.random(len(clips)) < draw(st.sampled_from([0.0, 0.2])), ""))


@given(clips=odd_corpora(), folds=st.integers(2, 6), repeat=st.integers(0, 2))
@settings(max_examples=100, deadline=None)
def test_random_takes_keeps_takes_together_in_folds_of_the_sizes_of_random(clips, folds, repeat):
    chosen = FoldSettings(folds=folds, repeat=repeat)
    take = dict(zip(clips["clip"], take_numbers(clips), strict=True))
    counts = pd.Series(take).value_counts()
    try:
        together = make_folds("random-takes", clips, chosen)
    except SplitError as error:
        assert counts.max() == 1 or len(counts) < folds or "single training class" in str(error) or len(clips) < folds
        return
    apart = make_folds("random", clips, chosen)
    assert len(together) == len(apart)
    for fold, other in zip(together, apart, strict=True):
        assert not {take[c] for c in fold.train} & {take[c] for c in fold.test}
        if min(len(f.test) for f in apart) >= counts.max():  # else a take fills more than a fold
            assert abs(len(fold.test) - len(other.test)) <= counts.max()


@given(repetitions=st.integers(2, 3), folds=st.integers(2, 6), seed=st.integers(0, 9))
@settings(max_examples=40, deadline=None)
def test_random_takes_holds_each_class_in_proportion(repetitions, folds, seed):
    clips = clip_table(texts=3, repetitions=repetitions)
    label = dict(zip(clips["clip"], clips["label"], strict=True))
    for fold in make_folds("random-takes", clips, FoldSettings(folds=folds, seed=seed)):
        counts = pd.Series([label[c] for c in fold.test]).value_counts()
        for name in ("neutral", "happy", "sad"):
            assert abs(counts.get(name, 0) - len(fold.test) / 3) < 2 * repetitions


def test_repeats_redraw_random_takes():
    clips = clip_table(repetitions=2)
    first, second = (make_folds("random-takes", clips, FoldSettings(folds=4, repeat=r)) for r in (0, 1))
    assert first != second
    assert not SPLITS["random-takes"].speaker_independent


def test_the_numbers_of_takes_do_not_matter():
    clips = clip_table(repetitions=2)
    renumbered = clips.assign(take=1000 - take_numbers(clips))
    assert make_folds("random-takes", clips) == make_folds("random-takes", renumbered)


def test_the_default_splits_have_random_takes_where_there_are_takes():
    assert default_splits(clip_table()) == ("actor", "random")
    assert default_splits(clip_table(repetitions=2)) == ("actor", "random-takes", "random")
    assert default_splits(clip_table(repetitions=2).assign(text="")) == ("actor", "random")


def test_random_takes_keeps_takes_together_for_other_targets():
    clips = clip_table(repetitions=2)
    clips = clips.assign(label=clips["gender"])
    take = dict(zip(clips["clip"], take_numbers(clips), strict=True))
    for fold in make_folds("random-takes", clips, FoldSettings(folds=4)):
        assert not {take[c] for c in fold.train} & {take[c] for c in fold.test}


@pytest.mark.parametrize(("text", "reason"), [({}, "no clip has another take"), ({"text": ""}, "takes are unknown")])
def test_random_takes_is_refused_without_takes(text, reason):
    with pytest.raises(SplitError, match=f"{reason}.*\nuse the split random instead"):
        make_folds("random-takes", clip_table().assign(**text))

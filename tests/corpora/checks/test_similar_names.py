"""Tests of speakers who are probably one person, and of labels that are probably one."""

from __future__ import annotations

import pandas as pd
import pytest

from ser_bench.corpora import CORPORA
from ser_bench.corpora.checks.similar_names import similar_labels_warning, similar_speakers, similar_speakers_warning


def clips_of(speakers, genders=None, corpus="mine"):
    genders = genders or [""] * len(speakers)
    return pd.DataFrame({"speaker": list(speakers), "gender": genders, "corpus": corpus}).astype(str)


@pytest.mark.parametrize(
    "names",
    [("s1", "S1"), ("01", "1"), ("spk_1", "spk1"), ("1", "1.0"), ("a", "\u0430"), ("s-07", "S7"), ("s1", "\uff531")],
)
def test_names_that_differ_in_writing_are_similar(names):
    assert similar_speakers(clips_of([*names, "other"])) == [tuple(sorted(names))]


@pytest.mark.parametrize("names", [("1", "10"), ("1_2", "12"), ("OAF", "YAF"), ("F1", "M1"), ("Lan", "Lân")])
def test_other_names_are_different(names):
    assert not similar_speakers(clips_of(names))


def test_known_genders_tell_people_apart():
    assert not similar_speakers(clips_of(["s1", "S1"], ["female", "male"]))
    assert similar_speakers(clips_of(["s1", "S1"], ["female", ""]))


@pytest.mark.parametrize("corpus", [corpus for corpus in CORPORA.values() if corpus.published], ids=lambda c: c.name)
def test_published_speakers_are_different(corpus):
    assert not similar_speakers(clips_of(corpus.published_in("all").speakers))


def test_equal_names_of_two_corpora_are_different():
    pool = pd.concat([clips_of(["a/1"], corpus="a"), clips_of(["b/01"], corpus="b")])
    assert not similar_speakers(pool)


def test_the_warning_counts_clips_and_says_how_to_join():
    warning = similar_speakers_warning(clips_of(["s1", "S1", "s1", "s2"]))
    assert "S1 (1 clip) and s1 (2 clips)" in warning
    assert '[speakers] "mine/S1" = "mine/s1"' in warning
    assert not similar_speakers_warning(clips_of(["s1", "s2"]))


def test_declared_persons_are_compared_over_corpora():
    pool = pd.concat([clips_of(["person/Anna", "person/Ben"], corpus="a"), clips_of(["person/anna"], corpus="b")])
    assert similar_speakers(pool) == [("person/Anna", "person/anna")]
    assert "give them one name in the column person" in similar_speakers_warning(pool)
    one = pd.concat([clips_of(["person/Anna"], corpus="a"), clips_of(["person/Anna"], corpus="b")])
    assert not similar_speakers(one)


def test_labels_that_differ_in_writing_are_named():
    warning = similar_labels_warning(pd.DataFrame({"emotion": ["very happy", "very_happy", "sad", "sad"]}))
    assert "very happy (1 clip) and very_happy (1 clip)" in warning
    assert '[merge] "very happy" = "very_happy"' in warning


@pytest.mark.parametrize("corpus", CORPORA.values(), ids=lambda corpus: corpus.name)
def test_published_labels_are_different(corpus):
    assert not similar_labels_warning(pd.DataFrame({"emotion": list(corpus.counts)}))

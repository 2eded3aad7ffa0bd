"""The audit: counts of what training and test clips share, by hand on small tables."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from ser_bench.runs.leakage import leakage_rows
from ser_bench.splits import make_folds, take_numbers
from tests.conftest import clip_table


def audit(split: str, repetitions: int = 1, **facts):
    clips = clip_table(speakers=6, texts=3, repetitions=repetitions)
    clips = clips.assign(key=clips["clip"]).assign(**facts)
    clips = clips.assign(take=take_numbers(clips))
    planned = [
        SimpleNamespace(split=split, repeat=0, fold_number=number, fold=fold)
        for number, fold in enumerate(make_folds(split, clips))
    ]
    return leakage_rows(planned, clips.set_index("clip", drop=False))


def test_actor_shares_the_sentences_and_no_speaker():
    rows = audit("actor")
    assert (rows["shared_speakers"] == 0).all()
    assert (rows["test_clips_of_known_speakers"] == 0).all()
    assert (rows["shared_texts"] == 3).all()
    assert (rows["test_clips_of_known_texts"] == rows["test_clips"]).all()


def test_random_shares_both():
    rows = audit("random")
    assert (rows["shared_speakers"] == rows["test_speakers"]).all()
    assert (rows["test_clips_of_known_speakers"] == rows["test_clips"]).all()
    assert (rows["train_clips"] + rows["test_clips"] == 54).all()


def test_a_held_out_sentence_is_not_shared():
    assert (audit("text")["shared_texts"] == 0).all()
    assert (audit("actor-text")[["shared_texts", "shared_speakers"]] == 0).all(axis=None)


def test_counts_of_unknown_sentences_are_missing():
    rows = audit("actor", text="")
    assert rows[["test_texts", "shared_texts", "test_clips_of_known_texts"]].isna().all(axis=None)
    assert (rows["test_clips_of_uncertain_texts"] == rows["test_clips"]).all()


def test_sentences_known_for_half_of_the_clips_are_uncertain_for_the_others():
    texts = clip_table(speakers=6, texts=3)["text"]
    rows = audit("actor", text=texts.where(np.arange(len(texts)) % 2 == 0, ""))
    assert (rows["test_clips_of_known_texts"] + rows["test_clips_of_uncertain_texts"] == rows["test_clips"]).all()
    assert (rows["test_clips_of_uncertain_texts"] > 0).all()


def test_a_sentence_that_is_certainly_new_is_not_uncertain():
    assert (audit("text")["test_clips_of_uncertain_texts"] == 0).all()


def test_counts_of_unknown_speakers_are_missing():
    rows = audit("random", speaker="")
    counts = ["train_speakers", "test_speakers", "shared_speakers", "test_clips_of_known_speakers"]
    assert rows[counts].isna().all(axis=None)


def test_clips_of_unknown_speakers_are_no_takes_of_one_another():
    assert audit("random", repetitions=2, speaker="")["test_clips_of_known_takes"].isna().all()


def test_classes_without_training_clips_are_named():
    clips = clip_table(speakers=6, texts=3)
    labels = clips["label"].mask(clips["speaker"] == clips["speaker"].iloc[0], "new")
    assert sorted(audit("actor", label=labels)["untrained_classes"]) == ["", "", "", "", "", '["new"]']
    assert set(audit("random", label=labels)["untrained_classes"]) == {""}


@pytest.mark.parametrize(("split", "leaks"), [("random", True), ("actor", False)])
def test_altered_copies_across_a_fold_are_counted(split, leaks):
    """Clips of one speaker that all sound alike leak under random and stay together under actor."""
    clips = clip_table(speakers=6, texts=3)
    names = clips.groupby("speaker")["clip"].apply(tuple)
    rows = audit(split, near_identical=[names[speaker] for speaker in clips["speaker"]])
    assert (rows["near_identical_clips"].sum() > 0) == leaks


def test_repeated_takes_in_training_are_counted():
    """With two takes of everything, five in six test clips of a sixth have their other take in training."""
    counts = {split: audit(split, repetitions=2) for split in ("actor", "random-takes", "random")}
    shares = {s: rows["test_clips_of_known_takes"].sum() / rows["test_clips"].sum() for s, rows in counts.items()}
    assert (shares["actor"], shares["random-takes"]) == (0, 0)
    assert shares["random"] == pytest.approx(5 / 6, abs=0.08)
    assert (audit("random")["test_clips_of_known_takes"] == 0).all()


def test_takes_of_unknown_sentences_are_unknown_without_audio():
    assert audit("random", repetitions=2, text="")["test_clips_of_known_takes"].isna().all()

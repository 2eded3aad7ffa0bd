"""Targets that need the gender of every speaker."""

from __future__ import annotations

import pytest

from ser_bench import corpora
from ser_bench.core.errors import CorpusError
from ser_bench.runs.data import refuse_unknown_genders


def opened(folder, rows):
    for name in ("a.wav", "b.wav"):
        (folder / name).touch()
    (folder / "mine.csv").write_text(f"path,speaker,emotion,gender\n{rows}", encoding="utf-8")
    return corpora.open_corpus(str(folder / "mine.csv"))


@pytest.mark.parametrize("target", ["gender", "emotion+gender"])
def test_speakers_without_a_gender_are_named_with_their_lines(tmp_path, target):
    corpus = opened(tmp_path, "a.wav,x,sad,f\nb.wav,y,happy,\n")
    message = r"unknown for speaker y in b\.wav \(line 3 of mine\.csv\)\nfill in the column gender, or delete the rows"
    with pytest.raises(CorpusError, match=message):
        refuse_unknown_genders(corpus, target)
    refuse_unknown_genders(corpus, "emotion")


def test_a_corpus_without_genders_is_named(tmp_path):
    with pytest.raises(CorpusError, match="which this corpus does not have"):
        refuse_unknown_genders(opened(tmp_path, "a.wav,x,sad,\nb.wav,y,happy,\n"), "gender")

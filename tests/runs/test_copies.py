"""Clips with identical samples: one counts, or none where speaker or label differ."""

from __future__ import annotations

import pytest

from ser_bench.corpora.clip_table import clip_table
from ser_bench.runs.extraction.copies import CopyRule, drop_copies, keep_equal_rows

FIRST = CopyRule("first")


def clips(*rows: str):
    """Return a clip table and digests from rows such as ``a s1 happy female 1``; the last word is the digest."""
    columns = ("clip", "speaker", "emotion", "gender", "digest")
    table = [dict(zip(columns, row.split(), strict=True)) for row in rows]
    return clip_table(table), [row["digest"] for row in sorted(table, key=lambda row: row["clip"])]


def losses(distinct) -> list[tuple[str, str, str]]:
    return [(problem.kind, problem.path, problem.reason) for problem in distinct.problems]


def test_the_first_of_equal_clips_counts():
    table, digests = clips("a s1 sad male 1", "b s1 sad male 1", "c s1 happy male 2")
    distinct = drop_copies(table, digests, CopyRule())
    assert distinct.clips["clip"].tolist() == ["a", "c"]
    assert losses(distinct) == [("clip", "b", "holds the same samples as a")]
    assert distinct.warnings == ()


def test_copies_with_other_emotions_are_all_left_out():
    table, digests = clips("a s1 sad male 1", "b s1 happy male 1", "c s1 sad male 1", "d s1 sad male 2")
    distinct = drop_copies(table, digests, CopyRule())
    assert distinct.clips["clip"].tolist() == ["d"]
    assert losses(distinct) == [
        ("clip", "a", "holds the same samples as b, whose emotion is happy, not sad"),
        ("clip", "b", "holds the same samples as a, whose emotion is sad, not happy"),
        ("clip", "c", "holds the same samples as b, whose emotion is happy, not sad"),
        ("class", "happy", "its only clip is a copy of another clip"),
    ]
    assert distinct.warnings == (
        "3 clips have identical samples but another emotion; all of them are left out. "
        "To keep the first by name, use --conflicts first",
    )


def test_copies_of_another_speaker_are_left_out_and_the_lost_speaker_is_named():
    table, digests = clips(
        "a s1 sad male 1", "b s2 sad female 1", "c s1 sad male 2", "d s2 sad female 2", "e s1 sad male 3"
    )
    distinct = drop_copies(table, digests, CopyRule())
    assert distinct.clips["clip"].tolist() == ["e"]
    assert losses(distinct)[0] == ("clip", "a", "holds the same samples as b, whose speaker is s2, not s1")
    assert losses(distinct)[4:] == [("speaker", "s2", "all its 2 clips are copies of another clip")]
    assert "another speaker (speakers: s1 and s2)" in distinct.warnings[0]


def test_an_unknown_speaker_contradicts_nobody():
    table, digests = clips("a ? sad male 1", "b s2 sad male 1", "c s2 sad male 2")
    distinct = drop_copies(table.assign(speaker=table["speaker"].replace("?", "")), digests, CopyRule())
    assert losses(distinct) == [("clip", "b", "holds the same samples as a")]
    assert not distinct.warnings


def test_the_first_by_name_counts_where_the_user_asks():
    table, digests = clips("a s1 sad male 1", "b s2 happy male 1")
    distinct = drop_copies(table, digests, FIRST)
    assert distinct.clips["clip"].tolist() == ["a"]
    assert [kind for kind, *_ in losses(distinct)] == ["clip", "class", "speaker"]
    assert "the first by name counts" in distinct.warnings[0]


@pytest.mark.parametrize(("labels", "kept"), [(("gender",), 1), (("emotion",), 0), (("emotion", "gender"), 0)])
def test_only_the_target_and_the_speaker_must_agree(labels, kept):
    table, digests = clips("a s1 sad male 1", "b s1 happy male 1")
    assert len(drop_copies(table, digests, CopyRule(labels=labels)).clips) == kept


def test_equal_rows_of_features_count_unless_speaker_and_label_are_equal():
    table, digests = clips(
        "a s1 sad male 1", "b s1 happy male 1", "c s2 sad male 1", "d s1 sad male 1", "e s1 sad male 2"
    )
    distinct = keep_equal_rows(table, digests, CopyRule())
    assert distinct.clips["clip"].tolist() == ["a", "b", "c", "e"]
    assert losses(distinct) == [("clip", "d", "holds the same features as a")]
    assert "3 of 4 rows have the features of a row with another speaker or emotion" in distinct.warnings[0]

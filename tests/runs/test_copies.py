"""Clips with identical samples: one counts, or none where speaker or label differ."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from ser_bench import features
from ser_bench.core.options import Options
from ser_bench.corpora import open_corpus
from ser_bench.corpora.clip_table import clip_table
from ser_bench.corpora.pool import open_corpora
from ser_bench.runs import runner
from ser_bench.runs.extraction import extract
from ser_bench.runs.extraction.copies import CopyRule, drop_copies, keep_equal_rows, name_pairs
from ser_bench.runs.extraction.linking import link_speakers
from ser_bench.store import FeatureStore

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
        ("class", "happy", "every clip is a copy of another clip: 1 clip"),
    ]
    assert distinct.warnings == (
        "3 clips have identical samples but another emotion; all of them are left out. "
        "--conflicts first keeps the first by name",
    )


def test_copies_of_another_speaker_are_left_out_and_the_lost_speaker_is_named():
    table, digests = clips(
        "a s1 sad male 1", "b s2 sad female 1", "c s1 sad male 2", "d s2 sad female 2", "e s1 sad male 3"
    )
    distinct = drop_copies(table, digests, CopyRule())
    assert distinct.clips["clip"].tolist() == ["e"]
    assert losses(distinct)[0] == ("clip", "a", "holds the same samples as b, whose speaker is s2, not s1")
    assert losses(distinct)[4:] == [("speaker", "s2", "every clip is a copy of another clip: 2 clips")]
    assert "another speaker (speakers: s1 and s2, 2 times)" in distinct.warnings[0]


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


def test_lost_classes_are_those_of_the_target():
    table, digests = clips("a s1 sad male 1", "b s2 sad female 1", "c s1 sad male 2", "d s2 happy female 3")
    distinct = drop_copies(table, digests, CopyRule(labels=("emotion", "gender")))
    assert [name for kind, name, _ in losses(distinct) if kind == "class"] == ["sad-female"]


def test_equal_rows_of_features_count_unless_speaker_and_label_are_equal():
    table, digests = clips(
        "a s1 sad male 1", "b s1 happy male 1", "c s2 sad male 1", "d s1 sad male 1", "e s1 sad male 2"
    )
    distinct = keep_equal_rows(table, digests, CopyRule())
    assert distinct.clips["clip"].tolist() == ["a", "b", "c", "e"]
    assert losses(distinct) == [("clip", "d", "holds the same features as a")]
    assert "3 of 4 rows have the features of a row with another speaker or emotion" in distinct.warnings[0]


@pytest.fixture(scope="module")
def shared_voices(tmp_path_factory):
    """A manifest of three speakers: c's clips are b's at another level, one of them with identical samples."""
    folder = tmp_path_factory.mktemp("voices")
    lines = ["path,speaker,emotion,gender"]
    for number, (speaker, emotion) in enumerate((s, e) for s in "ab" for e in ("happy", "sad")):
        y = speech_like(number)
        soundfile.write(folder / f"{speaker}-{emotion}.wav", y, 16000)
        lines.append(f"{speaker}-{emotion}.wav,{speaker},{emotion},female")
        if speaker == "b":
            soundfile.write(folder / f"c-{emotion}.wav", y if emotion == "sad" else 0.3 * y, 16000)
            lines.append(f"c-{emotion}.wav,c,{emotion},female")
    (folder / "voices.csv").write_text("\n".join(lines))
    return folder / "voices.csv"


def speech_like(seed: int) -> np.ndarray:
    """Return 1.5 s of noise whose level and spectrum change as in speech, float32."""
    rng = np.random.default_rng(seed)
    parts = [np.convolve(rng.standard_normal(2400), rng.standard_normal(32), "same") for _ in range(10)]
    return (0.01 * np.concatenate([np.hanning(2400) * part for part in parts])).astype(np.float32)


def extracted(manifest, store, **rule):
    opened = open_corpus(str(manifest))
    return extract(opened, features.parse("mfcc"), FeatureStore(store), jobs=1, copies=CopyRule(**rule))


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return tmp_path_factory.mktemp("store")


def test_near_identical_clips_of_two_speakers_are_named_and_not_joined(shared_voices, store):
    done = extracted(shared_voices, store)
    assert done.clips["speaker"].tolist() == ["a", "a", "b", "c"]
    assert done.clips["near_identical"].tolist() == [(), (), ("c-happy.wav",), ("b-happy.wav",)]
    assert done.warnings == (
        "2 clips have identical samples but another speaker (speakers: b and c); all of them are left out. "
        "--conflicts first keeps the first by name, and --link-speakers makes such speakers one person",
        "1 pair of near-identical clips of two speakers (speakers: b and c), such as b-happy.wav and c-happy.wav; "
        "if these are one person, --link-speakers keeps all clips of both in one fold",
    )


def test_linked_speakers_are_one_person_and_lose_no_clip_but_the_copy(shared_voices, store):
    done = extracted(shared_voices, store, link_speakers=True)
    assert done.clips["clip"].tolist() == ["a-happy.wav", "a-sad.wav", "b-happy.wav", "b-sad.wav", "c-happy.wav"]
    assert done.clips["speaker"].tolist() == ["a", "a", "b", "b", "b"]
    assert done.shared_speakers == {"voices/b": ("voices/b", "voices/c")}
    assert done.warnings == (
        "speakers who share clips count as one person, as --link-speakers asks: voices/b and voices/c",
    )


def test_linked_speakers_join_declared_persons(shared_voices):
    opened = open_corpus(str(shared_voices), speakers={"voices/a": "Anna", "voices/b": "Anna"})
    linked = link_speakers(opened.clips, opened, [("b-sad.wav", "c-sad.wav")])
    assert set(linked.clips["speaker"]) == {"Anna"}
    assert linked.shared == {"voices/Anna": ("voices/a", "voices/b", "voices/c")}


def test_speakers_of_two_corpora_are_linked(shared_voices, tmp_path):
    (tmp_path / "other.csv").write_text(
        shared_voices.read_text().replace(",a,", ",x,").replace("\n", f"\n{shared_voices.parent}/")
    )
    opened = open_corpora([str(shared_voices), str(tmp_path / "other.csv")])
    clips = opened.clips
    linked = link_speakers(clips, opened, [("voices/a-sad.wav", clips["clip"][clips["speaker"] == "other/x"].iloc[0])])
    assert linked.shared == {"other/x": ("other/x", "voices/a")}
    assert set(linked.clips["speaker"]) >= {"person/other/x", "voices/b", "other/b"}


def test_linked_speakers_are_in_one_fold(shared_voices, store, tmp_path):
    options = Options(
        corpus=str(shared_voices),
        link_speakers=True,
        **{"models": ("majority",), "features": "mfcc", "splits": ("actor",), "folds": 2, "jobs": 1},
        **{"store": store, "out": tmp_path},
    )
    saved = runner.run(options).saved
    folds = saved.predictions.drop_duplicates("clip").set_index("clip")["fold"]
    assert folds["b-happy.wav"] == folds["b-sad.wav"] == folds["c-happy.wav"] != folds["a-sad.wav"]
    assert saved.info.corpus.shared_speakers == {"voices/b": ("voices/b", "voices/c")}
    assert saved.audit["near_identical_clips"].sum() == 0
    assert "voices/b and voices/c" in " ".join(saved.info.warnings)


def test_pairs_of_speakers_are_named_by_how_often_they_share_a_clip():
    assert name_pairs([("b", "a"), ("c", "d"), ("a", "b")]) == " (speakers: a and b, 2 times; c and d)"
    assert name_pairs([("a", f"b{i}") for i in range(10)]).endswith("a and b7; 2 more)")
    assert name_pairs([]) == ""

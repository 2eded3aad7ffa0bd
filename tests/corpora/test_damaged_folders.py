"""Damaged corpus folders: several files of one clip, wrong folders, odd names, unreadable files."""

from __future__ import annotations

import os
import sys
from collections import Counter
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ser_bench import corpora
from ser_bench.cli import call
from ser_bench.corpora.checks.completeness import misplaced_clips_warning, missing_clips_warning
from ser_bench.runs.extraction import extract
from ser_bench.splits import make_folds
from ser_bench.store import FeatureStore

CLIP = "03-01-03-01-01-01-01.wav"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SER_BENCH_DATA", raising=False)


def noise(seconds: float, sr: int = 16000) -> np.ndarray:
    return (0.1 * np.random.default_rng(0).standard_normal(int(seconds * sr))).astype(np.float32)


def put(path: Path, seconds: float = 0.5, sr: int = 16000, **style: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, noise(seconds, sr), sr, **style)
    return path


def truncated(path: Path) -> Path:
    whole = put(path).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    return path


WORSE = {
    "unusable (truncated": truncated,
    "unusable (empty file": lambda path: path.write_bytes(b""),
    "this file is lossy": lambda path: put(path, format="WAV", subtype="ULAW"),
    "16000 Hz, not 8000 Hz": lambda path: put(path, sr=8000),
    "0.50 s long, not 0.20 s": lambda path: put(path, 0.2),
    "16 bits per sample, not 8": lambda path: put(path, subtype="PCM_U8"),
}


@pytest.mark.parametrize("reason", WORSE)
@pytest.mark.parametrize("order", ["better first", "worse first"])
def test_the_better_of_several_files_is_used_with_a_reason(tmp_path, reason, order):
    better, worse = (tmp_path / "a" / CLIP, tmp_path / "b" / CLIP)[:: 1 if order == "better first" else -1]
    put(better)
    worse.parent.mkdir(exist_ok=True)
    WORSE[reason](worse)
    opened = corpora.open_corpus("ravdess", tmp_path)
    (problem,) = opened.problems
    assert (opened.clips["path"].tolist(), problem.path) == ([str(better)], str(worse))
    assert problem.reason.startswith(f"same clip as {better.relative_to(tmp_path)}, which is used: ")
    assert reason in problem.reason


def test_the_file_nearest_to_the_top_is_used_among_equally_good_ones(tmp_path):
    put(tmp_path / "a" / "b" / CLIP)
    loud = tmp_path / "z" / CLIP
    loud.parent.mkdir()
    soundfile.write(loud, 2 * noise(0.5), 16000)
    opened = corpora.open_corpus("ravdess", tmp_path)
    assert opened.clips["path"].tolist() == [str(loud)]
    assert "nearer to the top" in opened.problems[0].reason


def test_lossy_versions_of_lossless_clips_are_skipped_without_decoding(tmp_path, monkeypatch):
    """CREMA-D has a folder of MP3 files beside the one of WAV files."""
    monkeypatch.setattr("ser_bench.corpora.duplicates._decode", pytest.fail)
    stems = [f"03-01-05-01-01-01-{actor:02d}" for actor in range(1, 5)]
    for stem in stems:
        put(tmp_path / "AudioWAV" / f"{stem}.wav")
        put(tmp_path / "AudioMP3" / f"{stem}.mp3")
    opened = corpora.open_corpus("ravdess", tmp_path)
    assert {Path(path).suffix for path in opened.clips["path"]} == {".wav"}
    reasons = [f"a lossy version of AudioWAV/{stem}.wav, which is used" for stem in stems]
    assert [problem.reason for problem in opened.problems] == reasons


def test_a_copy_of_the_worse_file_has_the_reason_of_the_worse_file(tmp_path):
    better = put(tmp_path / "c" / CLIP)
    worse = [put(tmp_path / folder / CLIP, 0.2) for folder in "abd"]
    opened = corpora.open_corpus("ravdess", tmp_path)
    assert opened.clips["path"].tolist() == [str(better)]
    assert [problem.path for problem in opened.problems] == [str(path) for path in worse]
    assert {problem.reason.partition(": ")[2] for problem in opened.problems} == {"0.50 s long, not 0.20 s"}


def test_a_file_with_an_additional_tag_is_a_copy(tmp_path):
    plain = put(tmp_path / CLIP)
    tagged = tmp_path / "tagged" / CLIP
    tagged.parent.mkdir()
    body = plain.read_bytes() + b"LIST\x04\x00\x00\x00INFO"
    tagged.write_bytes(body[:4] + (len(body) - 8).to_bytes(4, "little") + body[8:])
    opened = corpora.open_corpus("ravdess", tmp_path)
    assert opened.clips["path"].tolist() == [str(plain)]
    assert [problem.reason for problem in opened.problems] == [f"a copy of {CLIP}, which is used"]


def test_clips_without_other_files_are_not_decoded(tmp_path, monkeypatch):
    put(tmp_path / CLIP)
    put(tmp_path / "copy" / CLIP)
    monkeypatch.setattr("ser_bench.audio.read", lambda path: pytest.fail(f"{path} was decoded"))
    assert len(corpora.open_corpus("ravdess", tmp_path).clips) == 1


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("ravdess", ["Actor_01/03-01-03-01-01-01-01.wav"], ["Actor_05/x/03-01-03-01-01-01-12.wav"]),
        ("savee", ["DC/a01.wav", "KL/KL_a02.wav"], ["DC/JE_a01.wav"]),
        ("tess", ["OAF_Fear/OAF_dog_fear.wav", "OAF_Pleasant_surprise/OAF_dog_ps.wav"], ["YAF_fear/OAF_back_fear.wav"]),
        ("tess", ["OAF_neutral/OA_bite_neutral.wav"], ["OAF_sad/OAF_bite_angry.wav"]),
        ("emodb", ["DC/03a01Fa.wav"], []),
    ],
)
def test_a_clip_in_a_wrong_folder_causes_a_warning_and_its_name_is_used(tmp_path, name, right, wrong):
    touch(tmp_path, *right, *wrong)
    opened = corpora.open_corpus(name, tmp_path)
    assert (len(opened.clips), opened.problems) == (len(right + wrong), ())
    warning = "1 clip is in a folder that contradicts the file name, for example {}; the file name is used"
    assert misplaced_clips_warning(opened) == (warning.format(wrong[0]) if wrong else "")


def test_clips_in_wrong_folders_share_one_warning(tmp_path):
    touch(tmp_path, *(f"Actor_05/03-01-03-01-01-01-{actor:02d}.wav" for actor in range(1, 7)))
    warning = misplaced_clips_warning(corpora.open_corpus("ravdess", tmp_path))
    assert warning.startswith(
        "5 clips are in a folder that contradicts the file name, for example Actor_05/03-01-03-01-01-01-01.wav"
    )


def test_missing_clips_cause_a_warning(tmp_path, capsys):
    put(tmp_path / "ravdess" / CLIP)
    words = ["--corpus", "ravdess", "--data-dir", "ravdess", "--jobs", "1", "--features", "mfcc"]
    assert call(["extract", *words]) == 0
    assert "warning: ravdess: found 1 of 1,440 published clips; ser-bench corpora --check" in capsys.readouterr().err
    opened = corpora.open_corpus("ravdess", tmp_path / "ravdess")
    assert "1 of 192 published" in missing_clips_warning(opened, "speech", ["happy"])
    assert "1 of 2,452 published" in missing_clips_warning(opened, "all")


def test_a_manifest_has_no_missing_clips(tmp_path):
    put(tmp_path / "a.wav")
    (tmp_path / "ravdess.csv").write_text("path,speaker,emotion\na.wav,x,sad\nb.wav,y,sad\n")
    assert missing_clips_warning(corpora.open_corpus("./ravdess.csv", tmp_path), "speech") == ""


def test_broken_links_are_reported_when_their_clips_are_read(tmp_path, capsys):
    put(tmp_path / "data" / CLIP)
    (tmp_path / "data" / "03-01-04-01-01-01-01.wav").symlink_to(tmp_path / "nowhere.wav")
    (tmp_path / "data" / "03-01-05-01-01-01-01.wav").symlink_to("03-01-05-01-01-01-01.wav")
    (tmp_path / "data" / "03-01-06-01-01-01-01.wav").symlink_to(tmp_path / "data" / CLIP)
    words = ["--corpus", "ravdess", "--data-dir", "data", "--jobs", "1", "--features", "mfcc", "--conflicts", "first"]
    assert call(["extract", *words]) == 0
    out, err = capsys.readouterr()
    assert "1 clip with mfcc" in out
    assert err.count("cannot be opened") == 2
    assert "holds the same samples" in err


def test_a_folder_named_like_a_clip_is_searched(tmp_path):
    touch(tmp_path, f"{CLIP}/03-01-04-01-01-01-01.wav")
    assert corpora.open_corpus("ravdess", tmp_path).clips["emotion"].tolist() == ["sad"]


def forbid(monkeypatch, folder: Path) -> None:
    scandir = os.scandir

    def guarded(path="."):
        if Path(path) == folder:
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)


def test_an_unreadable_folder_is_a_problem(tmp_path, monkeypatch):
    touch(tmp_path, CLIP, "Actor_02/03-01-03-01-01-01-02.wav")
    forbid(monkeypatch, tmp_path / "Actor_02")
    opened = corpora.open_corpus("ravdess", tmp_path)
    assert len(opened.clips) == 1
    assert [(p.path, p.reason) for p in opened.problems] == [
        (str(tmp_path / "Actor_02"), "cannot read the folder: Permission denied")
    ]


def test_an_unreadable_folder_without_other_clips_is_an_error(tmp_path, monkeypatch, capsys):
    touch(tmp_path, "data/x/notes.txt")
    forbid(monkeypatch, tmp_path / "data" / "x")
    assert call(["extract", "--corpus", "ravdess", "--data-dir", "data"]) == 2
    assert "cannot read the folder: Permission denied" in capsys.readouterr().err


def test_an_unreadable_file_is_skipped_with_its_reason(tmp_path, monkeypatch, capsys):
    from ser_bench.store import file_hashes as index

    put(tmp_path / "data" / CLIP)
    closed = put(tmp_path / "data" / "03-01-04-01-01-01-01.wav")
    hashed = index._hashed
    monkeypatch.setattr(
        index,
        "_hashed",
        lambda path: "cannot be opened: Permission denied" if path == str(closed) else hashed(path),
    )
    assert call(["extract", "--corpus", "ravdess", "--data-dir", "data", "--features", "mfcc", "--jobs", "1"]) == 0
    out, err = capsys.readouterr()
    assert "1 left out" in out
    assert f"{closed}: cannot be opened: Permission denied" in err


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="file names are text there")
def test_file_names_that_are_not_utf_8_survive_a_run(tmp_path, capsys):
    below = os.fsencode(tmp_path) + b"/M\xe4nner"
    rng = np.random.default_rng(0)
    for actor, emotion in product((1, 2, 3, 4), ("03", "04")):
        folder = below + b"/Fr\xfch"
        os.makedirs(folder, exist_ok=True)  # noqa: PTH103  (bytes)
        clip = Path(os.fsdecode(folder)) / f"03-01-{emotion}-01-01-01-{actor:02d}.wav"
        with clip.open("wb") as opened:
            soundfile.write(opened, 0.1 * rng.standard_normal(4000), 16000, format="WAV")
    Path(os.fsdecode(below + b"/\xff.wav")).write_bytes(b"")
    words = ["--corpus", "ravdess", "--data-dir", os.fsdecode(below), "--features", "mfcc", "--jobs", "1"]
    assert call(["run", *words, "--models", "chance", "--splits", "actor", "--folds", "2", "--out", "out"]) == 0
    out, err = capsys.readouterr()
    assert "/M\\udce4nner" in out
    assert "\\udcff.wav: unrecognised file name; expected the RAVDESS code" in err
    assert "Fr\\udcfch/03-01-03-01-01-01-01.wav" in (tmp_path / "out" / "clips.csv").read_text(encoding="utf-8")
    assert 'clip,\\udcff.wav,"unrecognised' in (tmp_path / "out" / "losses.csv").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def songs(tmp_path_factory) -> corpora.OpenCorpus:
    """The published songs, as empty files."""
    folder = tmp_path_factory.mktemp("songs")
    touch(
        folder,
        *(
            f"Actor_{a:02d}/03-02-{e:02d}-{i:02d}-{t:02d}-{r:02d}-{a:02d}.wav"
            for a, e, i, t, r in product(range(1, 25), range(1, 7), (1, 2), (1, 2), (1, 2))
            if a != 18 and (e, i) != (1, 2)
        ),
    )
    return corpora.open_corpus("ravdess", folder, part="song")


def test_the_songs_have_their_published_size(songs):
    published = songs.corpus.published_in("song")
    assert Counter(songs.clips["emotion"]) == published.counts
    assert Counter(songs.clips["speaker"]) == published.speakers
    assert Counter(songs.clips.drop_duplicates("speaker")["gender"]) == published.genders
    assert (published.clips, missing_clips_warning(songs, "song")) == (1012, "")


@pytest.mark.parametrize("split", ["actor", "random", "loso", "text"])
def test_splits_work_on_songs_without_the_missing_actor(songs, split):
    clips = songs.clips.assign(label=songs.clips["emotion"])
    tested = [clip for fold in make_folds(split, clips) for clip in fold.test]
    assert sorted(tested) == clips["clip"].tolist()


def test_a_pipe_named_like_a_clip_is_a_problem(tmp_path):
    put(tmp_path / "clips" / CLIP)
    pipe = tmp_path / "clips" / CLIP.replace("-01.wav", "-02.wav")
    os.mkfifo(pipe)
    done = extract(corpora.open_corpus("ravdess", tmp_path / "clips"), (), FeatureStore(tmp_path / "store"), jobs=1)
    problem = next(problem for problem in done.problems if problem.kind == "clip")
    assert (problem.path, problem.reason) == (str(pipe), "cannot be opened: not a regular file")


def test_a_manifest_may_have_the_name_of_a_known_corpus(tmp_path):
    put(tmp_path / "a.wav")
    (tmp_path / "ravdess.csv").write_text("path,speaker,emotion\na.wav,x,sad\n", encoding="utf-8")
    assert len(corpora.open_corpus(str(tmp_path / "ravdess.csv")).clips) == 1

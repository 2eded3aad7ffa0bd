"""Corpora: what every one promises, their file names, manifests, and how a corpus is found."""

from __future__ import annotations

import json
from collections import Counter
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from ser_bench import corpora
from ser_bench.cli import call
from ser_bench.core.errors import CorpusError, UnknownNameError
from ser_bench.core.labels import EMOTIONS
from ser_bench.corpora import manifest
from ser_bench.corpora.clip_table import CLIP_COLUMNS


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    """Work in an empty folder without data, wherever the tests were started."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SER_BENCH_DATA", raising=False)


@pytest.mark.parametrize("corpus", corpora.CORPORA.values(), ids=lambda c: c.name)
def test_every_corpus_keeps_its_promises(corpus, tmp_path):
    """Conformance: described in full, canonical labels, and an empty folder is refused with a hint."""
    assert all((corpus.title, corpus.licence, corpus.source, corpus.citation, corpus.clips, corpus.speakers))
    assert set(corpus.emotions) <= set(EMOTIONS)
    assert corpus.hint or corpus.make
    assert corpus.synthetic or corpus.bibtex.startswith("@")
    with pytest.raises(CorpusError):
        corpora.list_clips(corpus, tmp_path)


def touch(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")


CODED = [corpus for corpus in corpora.CORPORA.values() if not corpus.synthetic]
"""The published corpora, which all have coded file names."""

PUBLISHED = {
    "ravdess": {"clips": 1440, "speakers": 24, "men": 12, "texts": 2, "neutral": 96, "angry": 192},
    "emodb": {"clips": 535, "speakers": 10, "men": 5, "texts": 10, "neutral": 79, "angry": 127, "disgust": 46},
    "savee": {"clips": 480, "speakers": 4, "men": 4, "texts": 102, "neutral": 120, "angry": 60, "surprised": 60},
    "tess": {"clips": 2800, "speakers": 2, "men": 0, "texts": 200, "neutral": 400, "surprised": 400},
    "cremad": {"clips": 7442, "speakers": 91, "men": 48, "texts": 12, "neutral": 1087, "angry": 1271},
}
"""What the corpora's papers and sites say; SAVEE's texts are 3 common ones, 12 of each emotion and 27 of neutral."""


def whole(name: str) -> list[str]:
    """Return the file names of a corpus as published, or as many of them as are regular."""
    texts = ("a01", "a02", "a04", "a05", "a07", "b01", "b02", "b03", "b09", "b10")
    twelve = ("IEO", "TIE", "IOM", "IWW", "TAI", "MTI", "IWL", "ITH", "DFA", "ITS", "TSI", "WSI")
    return {
        "ravdess": lambda: [
            f"Actor_{a:02d}/03-01-{e:02d}-{i:02d}-{t:02d}-{r:02d}-{a:02d}.wav"
            for a, e, i, t, r in product(range(1, 25), range(1, 9), (1, 2), (1, 2), (1, 2))
            if (e, i) != (1, 2)
        ],
        "emodb": lambda: [
            f"wav/{s}{t}{e}a.wav"
            for s, t, e in product(("03", "08", "09", *map(str, range(10, 17))), texts, "WLEAFTN")
            if (s, e) != ("08", "E")
        ],
        "savee": lambda: [
            f"AudioData/{s}/{e}{n:02d}.wav"
            for s, e in product(("DC", "JE", "JK", "KL"), ("a", "d", "f", "h", "n", "sa", "su"))
            for n in range(1, 31 if e == "n" else 16)
        ],
        "tess": lambda: [
            f"{s}_{e}/{s}_{chr(97 + w // 26)}{chr(97 + w % 26)}_{e}.wav"
            for s, w, e in product(
                ("OAF", "YAF"), range(200), ("angry", "disgust", "fear", "happy", "neutral", "ps", "sad")
            )
        ],
        "cremad": lambda: [
            f"AudioWAV/{a}_{t}_{e}_{level}.wav"
            for a, t, e in product(range(1001, 1092), twelve, ("ANG", "DIS", "FEA", "HAP", "NEU", "SAD"))
            for level in (("LO", "MD", "HI") if t == "IEO" and e != "NEU" else ("XX",))
        ],
    }[name]()


@pytest.mark.parametrize("corpus", CODED, ids=lambda c: c.name)
def test_what_was_published_of_a_corpus_s_size_is_declared(corpus):
    """Also for the next corpus: add it to PUBLISHED, and to ``whole`` how its names are made."""
    said = PUBLISHED[corpus.name]
    labels = {label: count for label, count in said.items() if label in EMOTIONS}
    assert {label: corpus.counts[label] for label in labels} == labels
    assert (corpus.clips, corpus.speakers) == (said["clips"], said["speakers"])
    assert sum(corpus.counts.values()) == said["clips"]
    told = corpus.published_in("speech")
    assert (told.counts, len(told.speakers)) == (corpus.counts, said["speakers"])
    assert told.genders.get("male", 0) == said["men"]
    assert sum(told.genders.values()) == said["speakers"]
    by_speaker = list(told.speakers.values())
    assert None in by_speaker or sum(by_speaker) == said["clips"]
    assert set(told.speakers) == {corpus.reader.parse(Path(name))["speaker"] for name in whole(corpus.name)}


@pytest.mark.parametrize("corpus", CODED, ids=lambda c: c.name)
def test_every_published_code_is_read(corpus, tmp_path):
    said, names = PUBLISHED[corpus.name], [Path(name) for name in whole(corpus.name)]
    assert corpus.reader.parse(Path(corpus.reader.example.split(",")[0])) is not None
    rows = [corpus.reader.parse(name) for name in names]
    assert None not in rows
    assert {row["emotion"] for row in rows} == set(corpus.emotions)
    assert set(corpus.reader.codes["emotion"].values()) == set(corpus.counts)
    assert len({row["clip"] for row in rows}) == len(names)
    assert len({row["speaker"] for row in rows}) == said["speakers"]
    assert len({row["text"] for row in rows}) == said["texts"]
    if corpus.name != "cremad":
        genders = corpus.reader.genders_in(tmp_path)
        assert sum(genders[speaker] == "male" for speaker in {row["speaker"] for row in rows}) == said["men"]
    if corpus.name in ("ravdess", "savee", "tess"):  # the other two are not full crossings of their codes
        assert Counter(row["emotion"] for row in rows) == corpus.counts


@pytest.mark.parametrize("corpus", CODED, ids=lambda c: c.name)
def test_no_two_corpora_read_the_same_names(corpus):
    for name in whole(corpus.name)[::7]:
        assert [other.name for other in CODED if other.reader.parse(Path(name))] == [corpus.name]


@pytest.mark.parametrize(
    ("name", "file", "said"),
    [
        (
            "ravdess",
            "03-02-06-01-02-01-12",
            {"speaker": "12", "text": "dogs", "intensity": "normal", "emotion": "fearful", "part": "song"},
        ),
        ("emodb", "03a01Wa", {"speaker": "03", "text": "a01", "emotion": "angry"}),
        ("emodb", "08b10Lb", {"speaker": "08", "text": "b10", "emotion": "boredom"}),
        ("emodb", "16a07Eb", {"emotion": "disgust"}),
        ("emodb", "10a02Ac", {"emotion": "fearful"}),
        ("emodb", "11b09Fd", {"emotion": "happy"}),
        ("emodb", "12a05Ta", {"emotion": "sad"}),
        ("emodb", "15b01Na", {"emotion": "neutral"}),
        ("savee", "DC_a01", {"clip": "DC_a01", "speaker": "DC", "text": "common 1", "emotion": "angry"}),
        ("savee", "KL/a01", {"clip": "KL_a01", "speaker": "KL", "text": "common 1", "emotion": "angry"}),
        ("savee", "JE/d15", {"text": "d15", "emotion": "disgust"}),
        ("savee", "JE/f04", {"text": "f04", "emotion": "fearful"}),
        ("savee", "JK_h02", {"text": "common 2", "emotion": "happy"}),
        ("savee", "JK_n30", {"text": "n30", "emotion": "neutral"}),
        ("savee", "JK_sa03", {"text": "common 3", "emotion": "sad"}),
        ("savee", "JK/su04", {"text": "su04", "emotion": "surprised"}),
        ("tess", "OAF_back_angry", {"speaker": "OAF", "text": "back", "emotion": "angry"}),
        ("tess", "YAF_youth_disgust", {"speaker": "YAF", "emotion": "disgust"}),
        ("tess", "YAF_dog_fear", {"emotion": "fearful"}),
        ("tess", "YAF_dog_happy", {"emotion": "happy"}),
        ("tess", "YAF_dog_sad", {"emotion": "sad"}),
        ("tess", "YAF_dog_ps", {"clip": "YAF_dog_ps", "emotion": "surprised"}),
        ("tess", "YAF_dog_pleasant_surprise", {"clip": "YAF_dog_ps", "text": "dog", "emotion": "surprised"}),
        ("tess", "YAF_dog_pleasant_surprised", {"clip": "YAF_dog_ps", "text": "dog", "emotion": "surprised"}),
        ("tess", "OA_bite_neutral", {"clip": "OAF_bite_neutral", "speaker": "OAF", "emotion": "neutral"}),
        ("cremad", "1001_IEO_ANG_HI", {"speaker": "1001", "text": "IEO", "intensity": "high", "emotion": "angry"}),
        ("cremad", "1091_WSI_DIS_XX", {"speaker": "1091", "text": "WSI", "intensity": "", "emotion": "disgust"}),
        ("cremad", "1040_IEO_FEA_LO", {"intensity": "low", "emotion": "fearful"}),
        ("cremad", "1040_IEO_HAP_MD", {"intensity": "medium", "emotion": "happy"}),
        ("cremad", "1040_TAI_NEU_XX", {"emotion": "neutral"}),
        ("cremad", "1040_TAI_SAD_XX", {"emotion": "sad"}),
    ],
)
def test_a_name_is_read_field_by_field(name, file, said):
    row = corpora.CORPORA[name].reader.parse(Path(f"{file}.wav"))
    assert {"clip": Path(file).name, **row} | said == row


@pytest.mark.parametrize(
    ("name", "files"),
    [
        (
            "ravdess",
            [
                "01-01-06-01-02-01-12",
                "03-01-06-01-02-01-1٣",
                "03-01-09-01-01-01-01",
                "03-01-01-01-01-01-25",
                "03-01-01-01-01-01",
            ],
        ),
        ("emodb", ["01a01Fa", "03a03Fa", "03a01Xa", "03a01F", "17b10Wb", "03b04Fa"]),
        ("savee", ["a01", "XX_a01", "DC_a16", "DC_n31", "DC_sa00", "DC_s01", "DC_a1", "DC-a01", "DC_a0١"]),
        ("tess", ["OAF_back", "MAF_back_angry", "OAF_back_calm", "OAF_angry"]),
        ("cremad", ["1000_IEO_ANG_HI", "1092_IEO_ANG_HI", "1001_XXX_ANG_HI", "1001_IEO_SUR_HI", "1001_IEO_ANG"]),
    ],
)
def test_what_is_no_code_is_none(name, files):
    reader = corpora.CORPORA[name].reader
    assert [file for file in [*files, "kitchen"] if reader.parse(Path(f"{file}.wav"))] == []


@pytest.mark.parametrize("corpus", CODED, ids=lambda c: c.name)
def test_a_corpus_is_listed_however_nested_in_wav_or_flac(corpus, tmp_path):
    first, second, third, fourth, *_ = (Path(name) for name in whole(corpus.name))
    touch(
        tmp_path,
        f"a/b/{first.with_suffix('.WAV')}",
        str(second.with_suffix(".flac")),
        f"a/.hidden/{third}",
        f"__MACOSX/{third}",
        str(third.parent / f"._{third.name}"),
        str(fourth.with_suffix(".mp4")),
    )
    listing = corpora.list_clips(corpus, tmp_path)
    assert listing.problems == ()
    assert listing.clips["clip"].tolist() == sorted(corpus.reader.parse(path)["clip"] for path in (first, second))
    assert tuple(listing.clips.columns)[: len(CLIP_COLUMNS)] == CLIP_COLUMNS
    assert not listing.clips.isna().any(axis=None)
    assert all(Path(path).is_absolute() for path in listing.clips["path"])


@pytest.mark.parametrize("corpus", CODED, ids=lambda c: c.name)
def test_a_copy_counts_once_and_another_recording_of_that_name_is_told(corpus, tmp_path):
    first, second, *_ = whole(corpus.name)
    touch(tmp_path, first, second, f"copy/{first}", f"copy/{second}", f"other/{first}", "take 2.wav")
    (tmp_path / "other" / first).write_bytes(b"another take")
    listing = corpora.list_clips(corpus, tmp_path)
    assert len(listing.clips) == 2
    assert set(listing.clips["path"]) == {str(tmp_path / first), str(tmp_path / second)}
    another, copies, unknown = (problem.reason for problem in listing.problems)
    assert another.startswith(f"same clip as {first}, which is used: ")
    assert copies == f"a copy of {min(first, second)}, which is used; 1 more such file"
    assert f"expected the {corpus.title} code" in unknown


@pytest.mark.parametrize("corpus", CODED, ids=lambda c: c.name)
@pytest.mark.parametrize("other", CODED, ids=lambda c: c.name)
def test_the_folder_of_another_corpus_is_recognised(corpus, other, tmp_path):
    if corpus is other:
        return
    touch(tmp_path, *whole(other.name)[:5], "notes.wav")
    with pytest.raises(CorpusError) as caught:
        corpora.open_corpus(corpus.name, tmp_path)
    what, todo = str(caught.value).splitlines()
    assert f"looks like {other.title}, not {corpus.title}: 5 of 6 audio files" in what
    assert f"--corpus {other.name}" in todo


def test_clips_of_another_corpus_among_a_corpus_s_own_are_one_problem(tmp_path):
    touch(tmp_path, *whole("savee")[:3], *whole("emodb")[:4], "notes.wav")
    clips, problems = (listing := corpora.list_clips(corpora.CORPORA["savee"], tmp_path)).clips, listing.problems
    assert len(clips) == 3
    assert [problem.reason.partition("; expected")[0] for problem in problems] == [
        "named as a clip of EmoDB; 3 more such files",
        "unrecognised file name",
    ]


def test_a_folder_of_unknown_sounds_is_refused_with_the_way_to_the_corpus(tmp_path):
    touch(tmp_path, "take 1.wav", "take 2.wav", "x/03a01Fa.wav")
    with pytest.raises(CorpusError, match=r"(?s)no TESS clip.*3 audio files have other names.*\nget"):
        corpora.open_corpus("tess", tmp_path)


def test_the_two_shapes_of_savee_are_the_same_clips(tmp_path):
    for shape, names in (("flat", ["DC_a01.wav", "KL_su15.wav"]), ("folders", ["DC/a01.wav", "KL/su15.wav"])):
        touch(tmp_path / shape, *names)
    flat, folders = (corpora.open_corpus("savee", tmp_path / shape).clips for shape in ("flat", "folders"))
    assert flat.drop(columns="path").equals(folders.drop(columns="path"))
    assert set(flat["gender"]) == {"male"}
    assert len(corpora.open_corpus("savee", tmp_path / "folders" / "DC").clips) == 1


def test_tess_in_a_folder_within_the_folder_counts_once(tmp_path):
    name = "TESS Toronto emotional speech set data"
    clips = ["OAF_neutral/OA_bite_neutral.wav", "OAF_Pleasant_surprise/OAF_bite_ps.wav"]
    touch(tmp_path, *(f"{name}/{clip}" for clip in clips), *(f"{name}/{name}/{clip}" for clip in clips))
    touch(tmp_path, f"{name}/{name}/OAF_neutral/OAF_bite_neutral.wav")
    opened = corpora.open_corpus("tess", tmp_path)
    assert opened.clips["clip"].tolist() == ["OAF_bite_neutral", "OAF_bite_ps"]
    assert [problem.reason.partition(", ")[2] for problem in opened.problems] == ["which is used; 2 more such files"]


@pytest.mark.parametrize("beside", ["CREMA-D", "CREMA-D/AudioWAV", "CREMA-D/tables", None])
def test_genders_of_crema_d_are_read_from_its_table_where_it_is(tmp_path, beside):
    touch(tmp_path, *(f"CREMA-D/AudioWAV/{actor}_IEO_ANG_HI.wav" for actor in (1001, 1002, 1003)))
    if beside:
        table = (
            '"ActorID","Age","Sex","Race","Ethnicity"\n1001,51,"Male","Caucasian","Not Hispanic"\n1002,21,"Female",,\n'
        )
        (tmp_path / beside).mkdir(exist_ok=True)
        (tmp_path / beside / "VideoDemographics.csv").write_text(table)
    clips = corpora.open_corpus("cremad", tmp_path / "CREMA-D").clips
    assert clips["gender"].tolist() == (["male", "female", ""] if beside else ["", "", ""])


@pytest.mark.parametrize("table", [b"", b"ActorID,Age\n1001,51\n", b"\xff\xfe\x00", b"ActorID,Sex\n1001\n"])
def test_a_damaged_table_leaves_genders_unknown(tmp_path, table):
    touch(tmp_path, "1001_IEO_ANG_HI.wav")
    (tmp_path / "VideoDemographics.csv").write_bytes(table)
    assert corpora.open_corpus("cremad", tmp_path).clips["gender"].tolist() == [""]


def test_a_corpus_is_found_in_its_usual_places(tmp_path, monkeypatch):
    touch(tmp_path, "data/emodb/wav/03a01Fa.wav", "there/savee/DC_a01.wav")
    monkeypatch.setenv("SER_BENCH_DATA", str(tmp_path / "there"))
    assert corpora.open_corpus("emodb").folder == Path("data/emodb")
    assert corpora.open_corpus("savee").folder == tmp_path / "there/savee"


def test_a_corpus_is_run_like_any_other(tmp_path, write_wav, capsys):
    rng = np.random.default_rng(0)
    for name in whole("emodb"):
        path = Path(name)
        if path.stem[:2] in ("03", "08", "09", "10") and path.stem[2:5] in ("a01", "b10") and path.stem[5] in "WT":
            write_wav(tmp_path / "emodb" / name, 0.1 * rng.standard_normal(4000).astype(np.float32))
    words = ("run", "--corpus", "emodb", "--data-dir", str(tmp_path / "emodb"), "--features", "mfcc", "--jobs", "1")
    assert call([*words, "--models", "lda", "--splits", "actor", "--folds", "2"]) == 0
    assert capsys.readouterr().out.startswith("corpus emodb: 16 clips")
    saved = json.loads((tmp_path / "results/emodb/run.json").read_text())["corpus"]
    assert (saved["speakers"], saved["emotions"]) == (4, {"angry": 8, "sad": 8})


def test_the_wrong_folder_is_two_lines_and_exit_status_2(tmp_path, capsys):
    touch(tmp_path / "RAVDESS", *whole("ravdess")[:3])
    assert call(["run", "--corpus", "emodb", "--data-dir", str(tmp_path / "RAVDESS")]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "looks like RAVDESS, not EmoDB" in err
    assert len(err.strip().splitlines()) == 2


def test_the_listing_fits_100_columns_and_a_corpus_has_its_details(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("SER_BENCH_DATA", str(tmp_path / ("a long folder name with spaces " * 3)))
    touch(corpora.search_folders("emodb")[0], "03a01Fa.wav")
    assert call(["corpora"]) == 0
    listing = capsys.readouterr().out
    assert max(map(len, listing.splitlines())) <= 100
    assert all(corpus.name in listing for corpus in CODED)
    for corpus in corpora.CORPORA.values():
        assert call(["corpora", corpus.name]) == 0
        told = capsys.readouterr().out
        assert max(map(len, told.splitlines())) <= 100
        assert f"{corpus.clips}: " in told
        assert corpus.source in told
    assert call(["corpora", "emod"]) == 2
    assert "did you mean 'emodb'" in capsys.readouterr().err


def test_links_are_followed_and_loops_end(tmp_path):
    touch(tmp_path, "real/03-01-03-01-01-01-01.wav")
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "Actor_01").symlink_to(tmp_path / "real")
    (tmp_path / "real" / "loop").symlink_to(tmp_path / "corpus")
    listing = corpora.list_clips(corpora.CORPORA["ravdess"], tmp_path / "corpus")
    assert (len(listing.clips), listing.problems) == (1, ())


def test_speech_and_song_are_told_apart(tmp_path):
    touch(tmp_path, "03-01-03-01-01-01-01.wav", "03-02-03-01-01-01-01.wav")
    for part, clips in (("speech", 1), ("song", 1), ("all", 2)):
        assert len(corpora.open_corpus("ravdess", tmp_path, part=part).clips) == clips


def test_a_missing_folder_comes_with_the_download_hint(tmp_path):
    with pytest.raises(CorpusError, match=r"(?s)no such folder.*zenodo"):
        corpora.open_corpus("ravdess", tmp_path / "nowhere")
    with pytest.raises(CorpusError, match=r"(?s)not found in.*zenodo"):
        corpora.open_corpus("ravdess")


def test_the_default_corpus_is_ravdess_where_it_is_found_else_demo(tmp_path, monkeypatch):
    assert corpora.default_corpus() == "demo"
    touch(tmp_path, "there/ravdess/03-01-03-01-01-01-01.wav")
    monkeypatch.setenv("SER_BENCH_DATA", str(tmp_path / "there"))
    assert corpora.default_corpus() == "ravdess"


def test_only_the_emotions_asked_for_are_kept(tmp_path):
    touch(tmp_path, "03-01-03-01-01-01-01.wav", "03-01-04-01-01-01-01.wav")
    assert corpora.open_corpus("ravdess", tmp_path, emotions=("sad",)).clips["emotion"].tolist() == ["sad"]
    with pytest.raises(UnknownNameError, match="did you mean 'happy'"):
        corpora.open_corpus("ravdess", tmp_path, emotions=("hapy",))


def test_merged_emotions_count_as_the_other_and_can_be_chosen_as_such(tmp_path):
    touch(tmp_path, "03-01-01-01-01-01-01.wav", "03-01-02-01-01-01-01.wav", "03-01-04-01-01-01-01.wav")
    merged = corpora.open_corpus("ravdess", tmp_path, merge={"calm": "Neutrality"}, emotions=("neutral",))
    assert merged.clips["emotion"].tolist() == ["neutral", "neutral"]
    with pytest.raises(UnknownNameError, match="did you mean 'calm'"):
        corpora.open_corpus("ravdess", tmp_path, merge={"clam": "neutral"})


def test_an_unknown_corpus_names_the_nearest():
    with pytest.raises(UnknownNameError, match="did you mean 'ravdess'"):
        corpora.open_corpus("ravdes")


def write_manifest(folder: Path, text: str) -> Path:
    touch(folder, "a.wav", "b.wav")
    path = folder / "mine.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_manifest_is_a_corpus_of_its_own_name(tmp_path):
    path = write_manifest(tmp_path, "path,speaker,emotion,gender\na.wav,x,Anger,male\nb.wav,y,HAPPY,female\n")
    opened = corpora.open_corpus(str(path))
    assert opened.corpus.name == "mine"
    assert opened.clips["emotion"].tolist() == ["angry", "happy"]
    assert opened.clips["path"][0] == str(tmp_path / "a.wav")
    assert list(opened.clips.columns) == [*CLIP_COLUMNS, "corpus"]


def test_rows_that_end_early_and_paths_that_no_disk_takes_are_named(tmp_path):
    path = write_manifest(tmp_path, f"path,speaker,emotion\na.wav,x,sad\nb.wav,x\n{'a' * 300},x,sad\n")
    opened = corpora.open_corpus(str(path))
    assert opened.clips["clip"].tolist() == ["a.wav"]
    assert [p.reason for p in opened.problems] == ["column 'emotion' is empty", "cannot be opened: File name too long"]


def test_bad_manifest_rows_are_named_and_the_others_kept(tmp_path):
    path = write_manifest(
        tmp_path,
        "path,speaker,emotion\na.wav,x,sad\na.wav,x,sad\na.wav,y,sad\nc.wav,x,sad\n,x,sad\nb.wav,,sad\n",
    )
    opened = corpora.open_corpus(str(path))
    assert opened.clips["clip"].tolist() == ["a.wav"]
    reasons = [problem.reason for problem in opened.problems]
    expected = ["duplicate row", "different labels", "no such file", "'path' is empty", "'speaker' is empty"]
    assert len(reasons) == len(expected)
    assert all(part in reason for part, reason in zip(expected, reasons, strict=True))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("path,speaker\na.wav,x\n", "missing column emotion"),
        ("", "expected a CSV table"),
        ("path,Path ,speaker,emotion\na.wav,b.wav,x,sad\n", "a column occurs twice"),
        ("path,speaker,emotion\nc.wav,x,sad\n", "no such file"),
        ('path,speaker,emotion\n"a.wav,x,sad\n', "expected a CSV table"),
    ],
)
def test_a_manifest_that_cannot_be_used_is_refused(tmp_path, text, reason):
    path = write_manifest(tmp_path, text)
    with pytest.raises(CorpusError, match=reason):
        corpora.open_corpus(str(path))


def test_a_manifest_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(CorpusError, match="cannot read"):
        manifest.corpus(tmp_path / "nowhere.csv")


def test_a_manifest_in_another_encoding_is_refused(tmp_path):
    path = tmp_path / "latin.csv"
    path.write_bytes("path,speaker,emotion\nä.wav,x,sad\n".encode("latin-1"))
    with pytest.raises(CorpusError, match="UTF-8"):
        corpora.open_corpus(str(path))

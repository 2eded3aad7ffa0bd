"""Corpora: conformance, file names, search folders and manifests."""

from __future__ import annotations

from collections import Counter
from itertools import permutations, product
from pathlib import Path

import numpy as np
import pytest

from ser_bench import corpora
from ser_bench.cli import call
from ser_bench.core.errors import CorpusError, UnknownNameError
from ser_bench.core.labels import EMOTIONS
from ser_bench.core.options import Options
from ser_bench.corpora.clip_table import CLIP_COLUMNS, Problem
from ser_bench.corpora.tables import manifest
from ser_bench.runs import results, runner


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    """Work in an empty folder without data."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SER_BENCH_DATA", raising=False)


@pytest.mark.parametrize("corpus", corpora.CORPORA.values(), ids=lambda c: c.name)
def test_every_corpus_is_described_in_full_and_rejects_an_empty_folder(corpus, tmp_path):
    """The conformance test of a new corpus."""
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
"""Published sizes; SAVEE has 3 common sentences, 12 of each emotion and 27 of neutral."""


def published_names(name: str) -> list[str]:
    """Return the published file names of a corpus, as far as they are regular."""
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
def test_the_declared_size_is_the_published_one(corpus):
    """Add a new corpus to PUBLISHED and to ``published_names``."""
    expected = PUBLISHED[corpus.name]
    labels = {label: count for label, count in expected.items() if label in EMOTIONS}
    assert {label: corpus.counts[label] for label in labels} == labels
    assert (corpus.clips, corpus.speakers) == (expected["clips"], expected["speakers"])
    speech = corpus.published_in("speech")
    assert (speech.counts, len(speech.speakers)) == (corpus.counts, expected["speakers"])
    assert speech.genders.get("male", 0) == expected["men"]
    assert sum(speech.genders.values()) == expected["speakers"]
    by_speaker = list(speech.speakers.values())
    assert None in by_speaker or sum(by_speaker) == expected["clips"]
    assert set(speech.speakers) == {corpus.reader.parse(Path(name))["speaker"] for name in published_names(corpus.name)}


@pytest.mark.parametrize("corpus", CODED, ids=lambda c: c.name)
def test_every_published_file_name_is_decoded(corpus, tmp_path):
    expected, names = PUBLISHED[corpus.name], [Path(name) for name in published_names(corpus.name)]
    assert corpus.reader.parse(Path(corpus.reader.example.split(",")[0])) is not None
    rows = [corpus.reader.parse(name) for name in names]
    assert None not in rows
    assert {row["emotion"] for row in rows} == set(corpus.emotions)
    assert set(corpus.reader.codes["emotion"].values()) == set(corpus.counts)
    assert len({row["clip"] for row in rows}) == len(names)
    assert len({row["speaker"] for row in rows}) == expected["speakers"]
    assert len({row["text"] for row in rows}) == expected["texts"]
    if corpus.name != "cremad":
        genders = corpus.reader.genders_in(tmp_path)
        assert sum(genders[speaker] == "male" for speaker in {row["speaker"] for row in rows}) == expected["men"]
    if corpus.name in ("ravdess", "savee", "tess"):  # the other two are not full crossings of their codes
        assert Counter(row["emotion"] for row in rows) == corpus.counts


@pytest.mark.parametrize("corpus", CODED, ids=lambda c: c.name)
def test_a_file_name_matches_one_corpus_only(corpus):
    for name in published_names(corpus.name)[::7]:
        assert [c.name for c in CODED if c.reader.parse(Path(name))] == [corpus.name]


@pytest.mark.parametrize(
    ("name", "file", "columns"),
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
def test_a_file_name_is_decoded_column_by_column(name, file, columns):
    row = corpora.CORPORA[name].reader.parse(Path(f"{file}.wav"))
    assert {"clip": Path(file).name, **row} | columns == row


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
def test_other_file_names_do_not_match(name, files):
    reader = corpora.CORPORA[name].reader
    assert [file for file in [*files, "kitchen"] if reader.parse(Path(f"{file}.wav"))] == []


@pytest.mark.parametrize("corpus", CODED, ids=lambda c: c.name)
def test_clips_are_listed_at_any_depth_as_wav_or_flac(corpus, tmp_path):
    first, second, third, fourth, *_ = (Path(name) for name in published_names(corpus.name))
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
def test_each_copy_and_each_other_recording_of_a_name_is_a_problem(corpus, tmp_path):
    first, second, *_ = published_names(corpus.name)
    touch(tmp_path, first, second, f"copy/{first}", f"copy/{second}", f"other/{first}", "take 2.wav")
    (tmp_path / "other" / first).write_bytes(b"another take")
    listing = corpora.list_clips(corpus, tmp_path)
    assert len(listing.clips) == 2
    assert set(listing.clips["path"]) == {str(tmp_path / first), str(tmp_path / second)}
    another, *copies, unknown = (problem.reason for problem in listing.problems)
    assert another.startswith(f"same clip as {first}, which is used: ")
    assert copies == [f"a copy of {name}, which is used" for name in sorted((first, second))]
    assert {problem.group for problem in listing.problems[1:3]} == {"a copy of another file, which is used"}
    assert f"expected the {corpus.title} code" in unknown


@pytest.mark.parametrize(
    ("reason", "group"),
    [
        ("too short: 10.0 ms, at least 50 ms needed", "too short"),
        ("egemaps: too short: 55 ms; needs 60 ms", "egemaps: too short"),
        ("onnx:net#pool=mean: shorter than a window of net.onnx: 2 of 3 samples", None),
        ("mfcc failed: ValueError: 3 (x)", "mfcc failed"),
        ("unreadable: 17", "unreadable"),
    ],
)
def test_reasons_are_grouped_without_details_of_the_clip(reason, group):
    expected = group or "onnx:net#pool=mean: shorter than a window of net.onnx"
    assert Problem("a.wav", reason).group == expected


@pytest.mark.parametrize(("corpus", "actual"), [*permutations(CODED, 2)], ids=lambda c: c.name)
def test_the_folder_of_another_corpus_is_recognised(corpus, actual, tmp_path):
    touch(tmp_path, *published_names(actual.name)[:5], "notes.wav")
    with pytest.raises(CorpusError) as caught:
        corpora.open_corpus(corpus.name, tmp_path)
    fault, advice = str(caught.value).splitlines()
    assert f"looks like {actual.title}, not {corpus.title}: 5 of 6 audio files" in fault
    assert f"--corpus {actual.name}" in advice


def test_clips_of_another_corpus_are_named_as_such(tmp_path):
    touch(tmp_path, *published_names("savee")[:3], *published_names("emodb")[:4], "notes.wav")
    clips, problems = (listing := corpora.list_clips(corpora.CORPORA["savee"], tmp_path)).clips, listing.problems
    assert len(clips) == 3
    assert [problem.reason.partition("; expected")[0] for problem in problems] == [
        *["named as a clip of EmoDB"] * 4,
        "unrecognised file name",
    ]


def test_a_folder_of_other_audio_files_is_an_error_with_the_way_to_the_corpus(tmp_path):
    touch(tmp_path, "take 1.wav", "take 2.wav", "x/03a01Fa.wav")
    with pytest.raises(CorpusError, match=r"(?s)no TESS clip.*3 audio files have other names.*\nget"):
        corpora.open_corpus("tess", tmp_path)


def test_both_folder_layouts_of_savee_give_the_same_clips(tmp_path):
    for shape, names in (("flat", ["DC_a01.wav", "KL_su15.wav"]), ("folders", ["DC/a01.wav", "KL/su15.wav"])):
        touch(tmp_path / shape, *names)
    flat, folders = (corpora.open_corpus("savee", tmp_path / shape).clips for shape in ("flat", "folders"))
    assert flat.drop(columns="path").equals(folders.drop(columns="path"))
    assert set(flat["gender"]) == {"male"}
    assert len(corpora.open_corpus("savee", tmp_path / "folders" / "DC").clips) == 1


def test_nested_copies_of_tess_count_once(tmp_path):
    name = "TESS Toronto emotional speech set data"
    clips = ["OAF_neutral/OA_bite_neutral.wav", "OAF_Pleasant_surprise/OAF_bite_ps.wav"]
    touch(tmp_path, *(f"{name}/{clip}" for clip in clips), *(f"{name}/{name}/{clip}" for clip in clips))
    touch(tmp_path, f"{name}/{name}/OAF_neutral/OAF_bite_neutral.wav")
    opened = corpora.open_corpus("tess", tmp_path)
    assert opened.clips["clip"].tolist() == ["OAF_bite_neutral", "OAF_bite_ps"]
    assert [problem.reason.partition(", ")[2] for problem in opened.problems] == ["which is used"] * 3


@pytest.mark.parametrize("beside", ["CREMA-D", "CREMA-D/AudioWAV", "CREMA-D/tables", None])
def test_genders_of_cremad_come_from_its_table(tmp_path, beside):
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
def test_a_damaged_table_of_cremad_leaves_genders_unknown(tmp_path, table):
    touch(tmp_path, "1001_IEO_ANG_HI.wav")
    (tmp_path / "VideoDemographics.csv").write_bytes(table)
    assert corpora.open_corpus("cremad", tmp_path).clips["gender"].tolist() == [""]


def test_a_corpus_is_found_in_the_search_folders(tmp_path, monkeypatch):
    touch(tmp_path, "data/emodb/wav/03a01Fa.wav", "there/savee/DC_a01.wav")
    monkeypatch.setenv("SER_BENCH_DATA", str(tmp_path / "there"))
    assert corpora.open_corpus("emodb").folder == Path("data/emodb")
    assert corpora.open_corpus("savee").folder == tmp_path / "there/savee"


def test_a_corpus_with_coded_names_runs(tmp_path, write_wav):
    rng = np.random.default_rng(0)
    for name in published_names("emodb"):
        path = Path(name)
        if path.stem[:2] in ("03", "08", "09", "10") and path.stem[2:5] in ("a01", "b10") and path.stem[5] in "WT":
            write_wav(tmp_path / "emodb" / name, 0.1 * rng.standard_normal(4000).astype(np.float32))
    options = Options(
        **{"corpus": "emodb", "data_dir": tmp_path / "emodb", "features": "mfcc", "models": ("chance",), "jobs": 1},
        **{"splits": ("actor",), "folds": 2, "store": tmp_path / "store", "out": tmp_path / "out"},
    )
    corpus = results.read_run(runner.run(options).folder).info.corpus
    assert (corpus.clips, corpus.speakers, dict(corpus.emotions)) == (16, 4, {"angry": 8, "sad": 8})


def test_a_wrong_folder_is_an_error_of_two_lines(tmp_path, capsys):
    touch(tmp_path / "RAVDESS", *published_names("ravdess")[:3])
    assert call(["run", "--corpus", "emodb", "--data-dir", str(tmp_path / "RAVDESS")]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "looks like RAVDESS, not EmoDB" in err
    assert len(err.strip().splitlines()) == 2


def test_the_listing_fits_100_columns_and_shows_details(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SER_BENCH_DATA", "a long folder name with spaces " * 3)
    touch(corpora.search_folders("emodb")[0], "03a01Fa.wav")
    assert call(["corpora"]) == 0
    listing = capsys.readouterr().out
    assert max(map(len, listing.splitlines())) <= 100
    assert all(corpus.name in listing for corpus in CODED)
    for corpus in corpora.CORPORA.values():
        assert call(["corpora", corpus.name]) == 0
        details = capsys.readouterr().out
        assert max(map(len, details.splitlines())) <= 100
        assert f"{corpus.clips}: " in details
        assert corpus.source in details
    assert call(["corpora", "emod"]) == 2
    assert "did you mean 'emodb'" in capsys.readouterr().err


def test_links_are_followed_and_loops_end(tmp_path):
    touch(tmp_path, "real/03-01-03-01-01-01-01.wav")
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "Actor_01").symlink_to(tmp_path / "real")
    (tmp_path / "real" / "loop").symlink_to(tmp_path / "corpus")
    listing = corpora.list_clips(corpora.CORPORA["ravdess"], tmp_path / "corpus")
    assert (len(listing.clips), listing.problems) == (1, ())


def test_speech_and_song_are_separate_parts(tmp_path):
    touch(tmp_path, "03-01-03-01-01-01-01.wav", "03-02-03-01-01-01-01.wav")
    for part, clips in (("speech", 1), ("song", 1), ("all", 2)):
        assert len(corpora.open_corpus("ravdess", tmp_path, part=part).clips) == clips


def test_a_missing_folder_is_an_error_with_the_download_hint(tmp_path):
    with pytest.raises(CorpusError, match=r"(?s)no such folder.*zenodo"):
        corpora.open_corpus("ravdess", tmp_path / "nowhere")
    with pytest.raises(CorpusError, match=r"(?s)not found in.*zenodo"):
        corpora.open_corpus("ravdess")


def test_the_default_corpus_is_ravdess_if_found_else_demo(tmp_path, monkeypatch):
    assert corpora.default_corpus() == "demo"
    touch(tmp_path, "there/ravdess/03-01-03-01-01-01-01.wav")
    monkeypatch.setenv("SER_BENCH_DATA", str(tmp_path / "there"))
    assert corpora.default_corpus() == "ravdess"


def test_only_the_named_emotions_are_kept(tmp_path):
    touch(tmp_path, "03-01-03-01-01-01-01.wav", "03-01-04-01-01-01-01.wav")
    assert corpora.open_corpus("ravdess", tmp_path, emotions=("sad",)).clips["emotion"].tolist() == ["sad"]
    with pytest.raises(UnknownNameError, match="did you mean 'happy'"):
        corpora.open_corpus("ravdess", tmp_path, emotions=("hapy",))


def test_emotions_are_merged_before_the_filter(tmp_path):
    touch(tmp_path, "03-01-01-01-01-01-01.wav", "03-01-02-01-01-01-01.wav", "03-01-04-01-01-01-01.wav")
    merged = corpora.open_corpus("ravdess", tmp_path, merge={"calm": "Neutrality"}, emotions=("neutral",))
    assert merged.clips["emotion"].tolist() == ["neutral", "neutral"]
    with pytest.raises(UnknownNameError, match="did you mean 'calm'"):
        corpora.open_corpus("ravdess", tmp_path, merge={"clam": "neutral"})


def test_an_unknown_corpus_suggests_the_nearest_name():
    with pytest.raises(UnknownNameError, match="did you mean 'ravdess'"):
        corpora.open_corpus("ravdes")


def write_manifest(folder: Path, text: str) -> Path:
    touch(folder, "a.wav", "b.wav")
    path = folder / "mine.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_manifest_is_a_corpus_named_like_the_file(tmp_path):
    path = write_manifest(tmp_path, "path,speaker,emotion,gender\na.wav,x,Anger,male\nb.wav,y,HAPPY,female\n")
    opened = corpora.open_corpus(str(path))
    assert opened.corpus.name == "mine"
    assert opened.clips["emotion"].tolist() == ["angry", "happy"]
    assert opened.clips["path"][0] == str(tmp_path / "a.wav")
    assert list(opened.clips.columns) == [*CLIP_COLUMNS, "corpus"]


def test_impossible_paths_are_problems(tmp_path):
    path = write_manifest(tmp_path, f"path,speaker,emotion\na.wav,x,sad\n{'a' * 300},x,sad\n")
    opened = corpora.open_corpus(str(path))
    assert opened.clips["clip"].tolist() == ["a.wav"]
    assert [p.reason for p in opened.problems] == ["cannot be opened: File name too long (line 3)"]


def test_a_manifest_without_a_usable_row_is_an_error_that_names_it_and_what_a_row_needs(tmp_path):
    path = write_manifest(tmp_path, "path,speaker,emotion\na.wav,,sad\nc.wav,x,sad\n")
    with pytest.raises(CorpusError) as caught:
        corpora.open_corpus(str(path))
    assert str(caught.value).splitlines() == [
        f"no row of the manifest {path} can be used, for example a.wav: column 'speaker' is empty (line 2)",
        f"each row needs path,speaker,emotion; relative paths start at the folder {tmp_path}",
    ]


def test_a_missing_manifest_is_an_error(tmp_path):
    with pytest.raises(CorpusError, match="cannot read"):
        manifest.corpus(tmp_path / "nowhere.csv")


def test_a_manifest_in_another_encoding_is_an_error(tmp_path):
    path = tmp_path / "latin.csv"
    path.write_bytes("path,speaker,emotion\nä.wav,x,sad\n".encode("latin-1"))
    with pytest.raises(CorpusError, match="UTF-8"):
        corpora.open_corpus(str(path))

"""Pools of several corpora: shared emotions, distinct names, and the common sampling rate."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ser_bench import corpora, features
from ser_bench.audio.resample import resample
from ser_bench.core.errors import CorpusError, UnknownNameError
from ser_bench.core.options import Options
from ser_bench.core.progress import NoProgress
from ser_bench.corpora.pool import open_corpora, split_names
from ser_bench.features import set_key, sets_at_rate
from ser_bench.runs import inputs as opening
from ser_bench.runs import plan, results, runner
from ser_bench.splits import FoldSettings, make_folds
from tests.conftest import tone

EMODB = ("03a01Fa", "03a01Wa", "03a02Na", "08a01Fa", "08a02Na", "08a01Wa", "08b01La")
SAVEE = ("DC_a01", "DC_h01", "DC_n01", "JE_a01", "JE_h02", "JE_n03", "JE_su01")


@pytest.fixture
def data_dir(tmp_path, write_wav):
    """A folder with subfolders of EmoDB clips at 16 kHz and SAVEE clips at 44.1 kHz."""
    f0 = iter(range(100, 400, 7))
    for name, stems, sr in (("emodb", EMODB, 16000), ("savee", SAVEE, 44100)):
        for stem in stems:
            write_wav(tmp_path / name / f"{stem}.wav", tone(sr=sr, f0=next(f0)), sr=sr)
    return tmp_path


def test_names_are_joined_by_commas_unless_a_file_has_one(tmp_path):
    assert split_names("ravdess, emodb,ravdess") == ["ravdess", "emodb"]
    (tmp_path / "a,b.csv").touch()
    assert split_names(str(tmp_path / "a,b.csv")) == [str(tmp_path / "a,b.csv")]


def test_a_pool_keeps_shared_emotions_and_prefixes_names(data_dir):
    opened = open_corpora(["emodb", "savee"], data_dir)
    clips = opened.clips
    assert opened.corpus.name == "emodb+savee"
    assert set(clips["emotion"]) == {"neutral", "happy", "angry"}
    assert set(clips["speaker"]) == {"emodb/03", "emodb/08", "savee/DC", "savee/JE"}
    assert not clips["clip"].duplicated().any()
    assert all(text.startswith(corpus) for text, corpus in zip(clips["text"], clips["corpus"], strict=True) if text)


def test_emotions_are_merged_before_the_shared_ones_are_kept(data_dir):
    clips = open_corpora(["emodb", "savee"], data_dir, merge={"surprised": "boredom"}).clips
    assert (clips["emotion"] == "boredom").groupby(clips["corpus"]).sum().tolist() == [1, 1]


def test_data_dir_may_list_one_folder_per_corpus(data_dir):
    folders = Path(f"{data_dir}/savee,{data_dir}/emodb")
    assert open_corpora(["savee", "emodb"], folders).folders["emodb"] == data_dir / "emodb"
    with pytest.raises(CorpusError, match="names 2 folders for 3 corpora"):
        open_corpora(["savee", "emodb", "tess"], folders)


def test_corpora_without_shared_emotions_or_with_one_name_are_an_error(data_dir, tmp_path):
    with pytest.raises(UnknownNameError, match="emotion shared by emodb and savee: 'boredom'"):
        open_corpora(["emodb", "savee"], data_dir, emotions=("boredom",))
    with pytest.raises(CorpusError, match=r"share 1 emotion; a pool needs at least 2\nemodb: .*boredom"):
        open_corpora(["emodb", "savee"], data_dir, merge={"happy": "boredom", "angry": "sad"}, emotions=("neutral",))
    paths = []
    for folder in ("x", "y"):
        (tmp_path / folder).mkdir()
        paths.append(tmp_path / folder / "mine.csv")
        paths[-1].write_text(f"path,speaker,emotion\n{data_dir}/savee/DC_a01.wav,s,sad\n", encoding="utf-8")
    with pytest.raises(CorpusError, match="two corpora have the name mine"):
        open_corpora([str(path) for path in paths])


def test_a_pool_has_the_lowest_rate_and_a_single_corpus_its_own(data_dir):
    pool = {"corpus": "emodb,savee", "data_dir": data_dir}
    assert opening.open_corpus(Options(**pool), NoProgress()).rate == 16000
    assert opening.open_corpus(Options(**pool, sample_rate=8000), NoProgress()).rate == 8000
    assert opening.open_corpus(Options(corpus="savee", data_dir=data_dir / "savee"), NoProgress()).rate is None


def test_features_at_a_rate_equal_those_of_the_resampled_clip():
    y = tone(sr=44100)
    for name in ("mfcc", "functionals", "logmel"):
        (got,) = features.compute([sets_at_rate(16000)[name]], y, 44100).values()
        (expected,) = features.compute([sets_at_rate()[name]], resample(y, 44100, 16000), 16000).values()
        np.testing.assert_array_equal(got, expected)


def test_a_rate_changes_the_key_of_a_set():
    assert set_key(sets_at_rate(16000)["mfcc"]) != set_key(sets_at_rate()["mfcc"])
    assert sets_at_rate()["mfcc"] is features.FEATURE_SETS["mfcc"]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return tmp_path_factory.mktemp("store")


@pytest.fixture
def go(data_dir, store, tmp_path):
    """Return ``go(corpus, *splits)``, which runs KNN on MFCC and returns the saved run."""

    def run(corpus: str, *splits: str, **options) -> results.SavedRun:
        chosen = {"corpus": corpus, "data_dir": data_dir, "features": "mfcc", "models": ("knn",), "folds": 2, "jobs": 1}
        model = {"knn": {"base": "knn", "parameters": {"n_neighbors": 1}}}
        options = chosen | {"splits": splits, "store": store, "out": tmp_path / "out", "model_tables": model} | options
        return results.read_run(runner.run(Options(**options)).folder)

    return run


def test_the_audit_names_train_and_test_corpora(go):
    saved = go("emodb,savee", "within", "cross", "loco", "actor")
    assert (saved.fits["status"] == "ok").all()
    assert saved.info.splits == ("within", "cross", "actor")  # of two corpora, loco has the folds of cross
    sides = saved.audit.groupby("split")[["train_corpora", "test_corpora"]].agg(lambda s: sorted(set(s)))
    assert sides.loc["cross"].tolist() == [["emodb", "savee"], ["emodb", "savee"]]
    assert sides.loc["within"].tolist() == [["emodb", "savee"], ["emodb", "savee"]]
    assert sides.loc["actor"].tolist() == [["emodb+savee"], ["emodb+savee"]]
    assert saved.info.corpus.sample_rate == 16000
    assert set(saved.clips["path"].str.split("/").str[0]) == {"emodb", "savee"}


def test_the_corpus_of_a_cross_split_is_in_no_other_split(go, data_dir):
    saved = go("emodb", "actor", "cross:savee", data_dir=data_dir)
    tested = saved.predictions.groupby("split", observed=True)["clip"].agg(lambda s: {c.split("/")[0] for c in s})
    assert tested["actor"] == {"emodb"}
    assert tested["cross:savee"] == {"savee"}
    assert set(saved.audit.query("split == 'actor'")["train_corpora"]) == {"emodb"}


def test_a_run_records_shared_speakers_and_treats_them_as_one(go):
    saved = go("emodb,savee", "loso", "cross:savee", speakers={"savee/DC": "emodb/03"}, repeats=1)
    assert saved.info.corpus.shared_speakers == {"emodb/03": ("emodb/03", "savee/DC")}
    assert saved.info.corpus.corpora == ("emodb", "savee")
    assert saved.info.options.speakers == {"savee/DC": "emodb/03"}
    assert saved.audit["shared_speakers"].max() == 0
    assert saved.audit.query("split == 'loso'")["fold"].nunique() == saved.info.corpus.speakers == 3
    assert set(saved.predictions["speaker"]) == {"person/emodb/03", "emodb/08", "savee/JE"}


def test_predictions_across_corpora_equal_those_of_scikit_learn(go, data_dir):
    saved = go("emodb", "cross:savee")
    clips = open_corpora(["emodb", "savee"], data_dir).clips
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.preprocessing import StandardScaler

    from ser_bench.audio import load

    def mfcc(path: str) -> np.ndarray:
        y, sr = load(path)
        return features.compute([sets_at_rate()["mfcc"]], resample(y, sr, 16000), 16000)["mfcc"]

    X = np.stack([mfcc(path) for path in clips["path"]])
    home = (clips["corpus"] == "emodb").to_numpy()
    scaler = StandardScaler().fit(X[home])
    X = scaler.transform(X).clip(-10, 10)
    by_hand = KNeighborsClassifier(1).fit(X[home], clips["emotion"][home])
    expected = pd.Series(by_hand.predict(X[~home]), index=clips["clip"][~home])
    ours = saved.predictions.query("model == 'knn'").set_index("clip")["predicted"].astype(str)
    assert ours.to_dict() == expected.to_dict()


def test_an_unknown_corpus_of_a_split_is_an_error_before_opening():
    with pytest.raises(UnknownNameError, match="did you mean 'savee'"):
        plan.check_names(Options(splits=("cross:save",)))
    assert corpora.corpus_label("my/own.csv") == "own"


@pytest.fixture
def manifests(tmp_path, write_wav):
    """Return a function that writes a manifest of two clips per row: name, header and rows without the path."""

    def write(name: str, header: str, *rows: str) -> str:
        lines = []
        for number, row in enumerate(rows):
            for emotion in ("happy", "sad"):
                file = f"{name}-{number}-{emotion}.wav"
                write_wav(tmp_path / file, tone(f0=100 + 7 * number), sr=16000)
                lines.append(f"{file},{emotion},{row}")
        path = tmp_path / f"{name}.csv"
        path.write_text("\n".join([f"path,emotion,{header}", *lines]) + "\n", encoding="utf-8")
        return str(path)

    return write


def test_a_person_in_two_manifests_is_one_speaker(manifests):
    studio = manifests("studio", "speaker,person", "a,Anna", "b,", "c,")
    phone = manifests("phone", "speaker,person", "07,Anna", "08,", "b,")
    opened = open_corpora([studio, phone])
    assert set(opened.clips["speaker"]) == {"person/Anna", "studio/b", "studio/c", "phone/08", "phone/b"}
    assert opened.shared_speakers == {"Anna": ("phone/07", "studio/a")}
    assert "person" not in opened.clips
    for split in ("actor", "loso", "cross", "loco"):
        for fold in make_folds(split, opened.clips.assign(label=opened.clips["emotion"]), FoldSettings(folds=5)):
            sides = (set(opened.clips.set_index("clip").loc[list(part), "speaker"]) for part in (fold.train, fold.test))
            assert not set.intersection(*sides)


def test_a_table_of_speakers_joins_them(manifests):
    studio, phone = manifests("studio", "speaker", "a", "b"), manifests("phone", "speaker", "07", "08")
    named = open_corpora([studio, phone], speakers={"studio/a": "Anna", "phone/07": "Anna"})
    direct = open_corpora([studio, phone], speakers={"phone/07": "studio/a"})
    for opened, name in ((named, "Anna"), (direct, "studio/a")):
        assert set(opened.clips["speaker"]) == {f"person/{name}", "studio/b", "phone/08"}
        assert opened.shared_speakers == {name: ("phone/07", "studio/a")}


def test_two_names_of_a_person_in_one_manifest_are_one_speaker(manifests):
    path = manifests("mine", "speaker,person", "anna-1,anna", "anna-2,anna", "ben,", "anna,")
    assert set(open_corpora([path]).clips["speaker"]) == {"anna", "ben"}
    assert open_corpora([path]).shared_speakers == {"anna": ("mine/anna", "mine/anna-1", "mine/anna-2")}
    plain = manifests("plain", "speaker", "a", "b")
    assert set(open_corpora([plain], speakers={"plain/b": "plain/a"}).clips["speaker"]) == {"a"}


def test_an_unknown_speaker_in_the_table_names_the_nearest(manifests):
    paths = [manifests("studio", "speaker", "a"), manifests("phone", "speaker", "07")]
    with pytest.raises(UnknownNameError, match=r"key in \[speakers\]: 'phone/7'; did you mean 'phone/07'"):
        open_corpora(paths, speakers={"phone/7": "Anna"})
    with pytest.raises(UnknownNameError, match=r"did you mean 'studio/a'"):
        open_corpora(paths[:1], speakers={"studi/a": "Anna"})
    with pytest.raises(CorpusError, match=r"'phone/07'; the corpora of this run are studio"):
        open_corpora(paths[:1], speakers={"phone/07": "Anna"})


def test_a_speaker_with_two_persons_is_an_error(manifests):
    path = manifests("mine", "speaker,person", "a,Anna", "a,Ben")
    with pytest.raises(CorpusError, match=r"speaker mine/a has two persons: Anna in mine-0-happy.wav \(line 2 of mine"):
        open_corpora([path])


def test_a_speaker_with_two_genders_is_an_error_that_names_the_clips(manifests):
    path = manifests("mine", "speaker,gender", "a,female", "b,male", "a,male")
    expected = (
        r"speaker a has two genders: female in mine-0-happy.wav \(line 2 of mine.csv\), mine-0-sad.wav \(line 3 .*"
        r"male in mine-2-happy.wav \(line 6 of mine.csv\).*\ncorrect the column gender"
    )
    with pytest.raises(CorpusError, match=expected):
        open_corpora([path])
    good = manifests("good", "speaker,gender", "b,male")
    other = manifests("other", "speaker,gender", "x,male", "y,female")
    with pytest.raises(CorpusError, match=r"person/P has two genders: female in other/other-1-.*line 4 of other.csv"):
        open_corpora([good, other], speakers={"good/b": "P", "other/y": "P"})


def test_an_unknown_gender_is_filled_in_from_other_clips_of_the_speaker(manifests):
    path = manifests("mine", "speaker,gender", "a,female", "b,male", "a,", "c,")
    clips = open_corpora([path]).clips
    assert dict(zip(clips["speaker"], clips["gender"], strict=True)) == {"a": "female", "b": "male", "c": ""}


def test_spellings_of_a_gender_are_one(manifests):
    path = manifests("mine", "speaker,gender", "a,F", "b,m", "a,weiblich", "a,NA")
    clips = open_corpora([path]).clips
    assert dict(zip(clips["speaker"], clips["gender"], strict=True)) == {"a": "female", "b": "male"}


def test_other_genders_are_unknown_and_named(manifests):
    opened = open_corpora([manifests("mine", "speaker,gender", "a,xyz", "b,male")])
    assert set(opened.clips["gender"]) == {"", "male"}
    assert opened.warnings[0].startswith("unknown gender: xyz in mine-0-happy.wav (line 2 of mine.csv), mine-0-sad.wav")


def test_speakers_that_differ_in_case_are_named_unless_joined(manifests):
    path = manifests("mine", "speaker", "s1", "S1", "s2")
    (warning,) = open_corpora([path]).warnings
    assert "S1 (2 clips) and s1 (2 clips)" in warning
    joined = open_corpora([path], speakers={"mine/S1": "mine/s1"})
    assert not joined.warnings
    assert set(joined.clips["speaker"]) == {"s1", "s2"}


def test_names_in_either_normalisation_form_are_one(manifests):
    path = Path(manifests("mine", "speaker", "ä", "b"))
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("ä", "a\u0308", 1).replace("happy,b", "happy\u200b,b"), encoding="utf-8")
    clips = open_corpora([str(path)]).clips
    assert set(clips["speaker"]) == {"ä", "b"}
    assert set(clips["emotion"]) == {"happy", "sad"}


def test_shared_speakers_survive_an_export(manifests, tmp_path):
    studio = manifests("studio", "speaker,person", "a,Anna", "b,")
    clips = open_corpora([studio, manifests("phone", "speaker,person", "07,Anna", "08,")]).clips
    table = tmp_path / "table.csv"
    columns = ["clip", "corpus", "speaker", "gender", "emotion"]
    clips[columns].assign(**{"mel.a": np.arange(len(clips)), "mel.b": 1.5, "mel.c": 2.5}).to_csv(table, index=False)
    read = open_corpora([str(table)]).clips.set_index("clip")["speaker"]
    assert read.to_dict() == clips.set_index("clip")["speaker"].to_dict()
    raw = tmp_path / "raw.csv"
    rows = [("a/1", "a", "x", "Anna"), ("a/2", "a", "y", ""), ("b/1", "b", "x", ""), ("b/2", "b", "z", "Anna")]
    frame = pd.DataFrame(rows, columns=["clip", "corpus", "speaker", "person"])
    frame.assign(emotion=["sad", "happy"] * 2, f1=[1.0, 2, 3, 4], f2=[2.0, 2, 3, 4]).to_csv(raw, index=False)
    assert set(open_corpora([str(raw)]).clips["speaker"]) == {"person/Anna", "a/y", "b/x"}

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

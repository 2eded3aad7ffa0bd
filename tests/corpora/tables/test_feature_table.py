"""Tables of features as corpora: exports, tables of other programs, and invalid tables."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ser_bench import corpora
from ser_bench.cli import call
from ser_bench.core.errors import CorpusError, UnknownNameError
from ser_bench.core.options import Options
from ser_bench.corpora.datasets.demo.clips import make_clips
from ser_bench.corpora.pool import open_corpora
from ser_bench.features import FEATURE_SETS
from ser_bench.report.analysis.leakage import leakage_by_split
from ser_bench.report.findings.leakage import leakage_sentences
from ser_bench.runs import results, runner
from ser_bench.store import export

SPEAKERS, EMOTIONS = ("S01", "S02", "S03", "S04"), ("happy", "neutral", "sad")


def table(rows: int = 24, features: int = 3, **columns) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    texts = {
        "clip": [f"c{i:02d}" for i in range(rows)],
        "speaker": [f"s{i % 4}" for i in range(rows)],
        "emotion": [("sad", "happy")[i // 4 % 2] for i in range(rows)],
    }
    numbers = {f"f{i}": rng.standard_normal(rows).astype(np.float32) for i in range(features)}
    return pd.DataFrame(texts | numbers | columns)


def opened(tmp_path: Path, frame: pd.DataFrame, name: str = "mine.csv") -> corpora.OpenCorpus:
    if name.endswith(".csv"):
        frame.to_csv(tmp_path / name, index=False)
    else:
        frame.to_parquet(tmp_path / name)
    return corpora.open_corpus(str(tmp_path / name))


@pytest.mark.parametrize("name", ["mine.csv", "mine.parquet"])
def test_a_table_is_a_corpus_with_unchanged_values(tmp_path, name):
    frame = table()
    corpus = opened(tmp_path, frame, name)
    (own,) = corpus.feature_table.sets
    assert (corpus.corpus.name, own.name, own.columns) == ("mine", "table", ("f0", "f1", "f2"))
    np.testing.assert_array_equal(
        corpus.feature_table.values_of(own, ["c05", "c01"]), frame.loc[[5, 1], ["f0", "f1", "f2"]]
    )


def test_columns_of_an_export_are_grouped_by_set(tmp_path):
    frame = table().rename(columns={"f0": "mfcc.a", "f1": "own:set.b.c", "f2": "mfcc.d"}).assign(duration=1.5)
    frame = frame.assign(**{"mfcc.e": 0.5, "mfcc.g": 0.25})
    sets = {s.name: s.columns for s in opened(tmp_path, frame).feature_table.sets}
    assert sets == {"mfcc": ("a", "d", "e", "g"), "own:set": ("b.c",)}


def test_a_dot_in_a_single_column_name_does_not_make_a_set(tmp_path):
    """An example is openSMILE's F0semitoneFrom27.5Hz_sma3nz_amean."""
    frame = table().rename(columns={"f1": "F0semitoneFrom27.5Hz_sma3nz_amean"})
    assert [s.name for s in opened(tmp_path, frame).feature_table.sets] == ["table"]


def test_text_columns_and_row_numbers_are_not_features(tmp_path):
    frame = table().reset_index(names="Unnamed: 0").assign(note="loud", Gender="male", label=1)
    corpus = opened(tmp_path, frame)
    assert corpus.feature_table.sets[0].columns == ("f0", "f1", "f2")
    assert set(corpus.clips["gender"]) == {"male"}


def test_invalid_rows_are_problems(tmp_path):
    frame = table()
    frame.loc[0, "f1"], frame.loc[1, "f2"], frame.loc[2, "speaker"], frame.loc[3, "clip"] = np.nan, np.inf, "", "c09"
    corpus = opened(tmp_path, pd.concat([frame, frame[-1:]]))
    assert len(corpus.clips) == len(frame) - 5
    different = "rows of this clip differ in speaker and features; a table has one row per clip"
    assert [(p.path, p.reason) for p in corpus.problems] == [
        ("c00", "column 'f1' has no value (line 2)"),
        ("c01", "column 'f2' is not a finite number (line 3)"),
        ("c02", "column 'speaker' is empty (line 4)"),
        ("c09", f"{different} (line 5)"),
        ("c09", f"{different} (line 11)"),
        ("c23", "duplicate row; line 25 is used (line 26)"),
    ]
    assert {p.kind for p in corpus.problems} == {"row"}


def test_names_in_a_parquet_file_may_have_any_type(tmp_path):
    odd = pd.DataFrame({"clip": [1, 2], "speaker": [["a"], ["b"]], "emotion": [b"x", b"y"], "f0": [1.0, 2.0]})
    odd.to_parquet(tmp_path / "odd.parquet")
    assert corpora.open_corpus(str(tmp_path / "odd.parquet")).clips["clip"].tolist() == ["1", "2"]


def test_an_invalid_feature_table_is_an_error(tmp_path):
    with pytest.raises(CorpusError, match="has no numeric feature column; 'note' holds texts, for example 'x'"):
        opened(tmp_path, table(features=0, note="x"))
    with pytest.raises(CorpusError, match="missing column speaker"):
        opened(tmp_path, table().drop(columns="speaker"))
    (tmp_path / "mine.parquet").write_bytes(b"PAR1 nonsense")
    with pytest.raises(CorpusError, match="expected CSV in UTF-8, or Parquet"):
        corpora.open_corpus(str(tmp_path / "mine.parquet"))


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
@pytest.mark.parametrize("missing", ["NaN", "NA", "--undefined--", "#N/A", "", "-nan"])
def test_a_missing_value_leaves_out_its_row_and_not_its_column(tmp_path, missing, suffix):
    frame = table().astype({"f1": object})
    frame.loc[3, "f1"] = missing
    corpus = opened(tmp_path, frame.astype({"f1": str}), f"mine.{suffix}")
    assert corpus.feature_table.sets[0].columns == ("f0", "f1", "f2")
    unit = "line 5" if suffix == "csv" else "row 4"
    assert [(p.path, p.reason) for p in corpus.problems] == [("c03", f"column 'f1' has no value ({unit})")]
    assert corpus.warnings == ()


@pytest.mark.parametrize("cell", ["1,234", "0,5", "1'234.5", "1.234.567", "-1 234"])
def test_separators_in_a_number_are_refused_with_line_and_column(tmp_path, cell):
    frame = table().astype({"f1": str})
    frame.loc[[3, 7], "f1"] = cell
    advice = "is not a number; also in line 9\nwrite numbers with a decimal point"
    with pytest.raises(CorpusError, match=f"line 5: .*{cell}.* in column 'f1' {advice}"):
        opened(tmp_path, frame)


def test_a_table_with_decimal_commas_is_refused(tmp_path):
    table().to_csv(tmp_path / "mine.csv", sep=";", decimal=",", index=False)
    with pytest.raises(CorpusError, match=r"line 2: '0,12.* in column 'f0' is not a number; also in lines 3, 4, 5 and"):
        corpora.open_corpus(str(tmp_path / "mine.csv"))


def test_a_text_in_a_column_of_numbers_is_refused(tmp_path):
    frame = table().astype({"f1": str})
    frame.loc[3, "f1"] = "1_2"
    with pytest.raises(CorpusError, match="line 5: '1_2' in column 'f1' is not a number\ncorrect the cell"):
        opened(tmp_path, frame)


def test_every_column_is_a_feature_a_text_or_a_problem(tmp_path):
    rows = range(24)
    frame = table(sex="f", note="loud", label=1, index=rows, empty="NA", truth=[row % 3 == 0 for row in rows])
    corpus = opened(tmp_path, frame.assign(**{"": rows}))
    assert corpus.feature_table.sets[0].columns == ("f0", "f1", "f2", "truth")
    assert {p.path: p.reason for p in corpus.problems} == {
        "column 13": "has no name",
        "label": "the label is in the column 'emotion'",
        "sex": "holds texts, for example 'f'; did you mean 'gender'?",
        "note": "holds texts, for example 'loud'",
        "empty": "holds no value",
        "index": "its name says that it numbers the rows",
    }
    assert {p.kind for p in corpus.problems} == {"column"}


def test_a_column_with_many_missing_values_is_named_in_a_warning(tmp_path):
    frame = table()
    frame.loc[:4, "f1"] = np.nan
    assert opened(tmp_path, frame).warnings == (
        "5 of 24 rows are left out only because the column 'f1' lacks values; delete the column to keep them",
    )
    frame.loc[5:, "f2"] = np.nan
    with pytest.raises(CorpusError, match=r"no usable row; c00: .*\n24 of 24 rows .* columns 'f1', 'f2' lack values"):
        opened(tmp_path, frame)


def test_a_column_with_infinite_values_is_not_said_to_lack_values(tmp_path):
    frame = table()
    frame.loc[:4, "f1"] = np.inf
    assert "the column 'f1' holds values that are not finite; delete" in opened(tmp_path, frame).warnings[0]


def test_a_typeset_minus_is_a_minus(tmp_path):
    frame = table()
    texts = frame.assign(**{name: [str(x).replace("-", "\u2212") for x in frame[name]] for name in ("f0", "f1")})
    corpus = opened(tmp_path, texts)
    assert corpus.feature_table.sets[0].columns == ("f0", "f1", "f2")
    np.testing.assert_array_equal(corpus.feature_table.values, frame[["f0", "f1", "f2"]].to_numpy(np.float32))


def test_bytes_in_a_parquet_file_are_text_in_utf8(tmp_path):
    frame = table()
    as_bytes = frame.assign(emotion=[x.encode() for x in frame["emotion"]], f1=[str(x).encode() for x in frame["f1"]])
    corpus = opened(tmp_path, as_bytes, "mine.parquet")
    assert set(corpus.clips["emotion"]) == set(frame["emotion"])
    np.testing.assert_array_equal(corpus.feature_table.values[:, 1], frame["f1"].to_numpy(np.float32))
    with pytest.raises(CorpusError, match="column 'f1' holds bytes that are not text in UTF-8"):
        opened(tmp_path, frame.assign(f1=[b"\xff\xfe"] * len(frame)), "mine.parquet")


def test_a_column_with_more_texts_than_numbers_is_named_with_their_count(tmp_path):
    frame = table(note=["loud"] * 14 + ["3"] * 10)
    reasons = {problem.path: problem.reason for problem in opened(tmp_path, frame).problems}
    assert reasons["note"] == "holds texts in 14 of 24 cells, for example 'loud'"


def test_a_repeated_column_is_refused(tmp_path):
    repeated = table().rename(columns={"f2": "f1"})
    with pytest.raises(CorpusError, match=r"feature table .*: columns 5 and 6 are both named 'f1'"):
        opened(tmp_path, repeated)


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_the_index_of_a_table_is_not_lost(tmp_path, suffix):
    frame = table().set_index("clip")
    if suffix == "csv":
        frame.to_csv(tmp_path / "mine.csv")
    else:
        frame.to_parquet(tmp_path / "mine.parquet")
    assert len(corpora.open_corpus(str(tmp_path / f"mine.{suffix}")).clips) == 24


def test_clips_of_equal_name_in_two_corpora_are_two_clips(tmp_path):
    frame = pd.concat([table().assign(corpus="a"), table().assign(corpus="b", f0=0.5)])
    corpus = opened(tmp_path, frame)
    assert (len(corpus.clips), corpus.problems) == (48, ())
    assert {"a/c00", "b/c00"} <= set(corpus.clips["clip"])
    frame.iloc[0, frame.columns.get_loc("corpus")] = ""
    assert [(p.path, p.reason) for p in opened(tmp_path, frame).problems] == [
        ("c00", "column 'corpus' is empty (line 2)")
    ]


def test_several_corpora_in_one_table_get_prefixes(tmp_path):
    corpus = opened(tmp_path, table(corpus=["a"] * 12 + ["b"] * 12))
    assert set(corpus.clips["corpus"]) == {"a", "b"}
    assert all(s.startswith(c + "/") for s, c in zip(corpus.clips["speaker"], corpus.clips["corpus"], strict=True))
    assert corpus.feature_table.rows.keys() == set(corpus.clips["clip"])


def test_a_clip_name_that_begins_like_its_corpus_stays_distinct(tmp_path):
    clips = ["1", "a/1", *[f"c{i}" for i in range(22)]]
    corpus = opened(tmp_path, table(corpus=["a"] * 12 + ["b"] * 12).assign(clip=clips))
    assert len(corpus.feature_table.rows) == len(corpus.clips) == 24
    assert {"a/1", "a/a/1"} <= set(corpus.clips["clip"])


def test_the_prefixes_of_an_export_are_kept(tmp_path):
    corpus = ["a"] * 12 + ["b"] * 12
    plain = table()[["clip", "speaker"]]
    names = {column: [f"{c}/{v}" for c, v in zip(corpus, plain[column], strict=True)] for column in plain}
    corpus = opened(tmp_path, table(corpus=corpus).assign(**names))
    assert set(corpus.clips["clip"]) == set(names["clip"])


def test_a_table_cannot_be_pooled_or_resampled(tmp_path):
    opened(tmp_path, table())
    (tmp_path / "other.csv").write_text("path,speaker,emotion\nmine.csv,s,sad\n", encoding="utf-8")
    with pytest.raises(CorpusError, match="feature tables cannot be pooled"):
        open_corpora([str(tmp_path / "mine.csv"), str(tmp_path / "other.csv")])
    with pytest.raises(CorpusError, match="without audio\nremove --sample-rate 16000"):
        runner.run(Options(corpus=str(tmp_path / "mine.csv"), sample_rate=16000))


@pytest.fixture(scope="module")
def audio(tmp_path_factory) -> Path:
    """A small demo corpus as a manifest, with its features as a table beside it."""
    folder = tmp_path_factory.mktemp("small")
    paths = make_clips(folder, speakers=SPEAKERS, emotions=EMOTIONS, intensities=("normal",))
    codes = [path.stem.split("_") for path in paths]
    manifest = pd.DataFrame(codes, columns=["speaker", "emotion", "intensity", "text"])
    manifest["path"] = [str(path.relative_to(folder)) for path in paths]
    manifest.to_csv(folder / "small.csv", index=False)
    options = ["--corpus", str(folder / "small.csv"), "--store", str(folder / "store"), "--jobs", "1", "-q"]
    assert call(["export", *options, "--features", "mfcc+chroma", "-o", str(folder / "again.csv")]) == 0
    return folder


def go(audio: Path, corpus: str, out: Path, **options) -> results.SavedRun:
    chosen = {"corpus": str(audio / corpus), "models": ("knn",), "splits": ("actor",), "folds": 2, "jobs": 1}
    return results.read_run(runner.run(Options(**chosen | {"store": audio / "store", "out": out} | options)).folder)


def test_an_export_gives_the_same_scores_as_its_audio(audio, tmp_path):
    sound = go(audio, "small.csv", tmp_path / "a", features="mfcc+chroma")
    back = go(audio, "again.csv", tmp_path / "b", features="mfcc+chroma")
    probabilities = [name for name in sound.predictions if name.startswith("p_")]
    pd.testing.assert_frame_equal(sound.predictions[probabilities], back.predictions[probabilities])
    assert back.info.corpus.recorded


def test_a_model_gets_its_default_features_or_all_of_the_table(audio, tmp_path):
    saved = go(audio, "again.csv", tmp_path)
    assert saved.info.features_of["knn"] == "mfcc+chroma"
    with pytest.raises(UnknownNameError, match="unknown feature set 'mel'"):
        go(audio, "again.csv", tmp_path, features="mel")


def test_models_train_without_other_speeds_and_those_that_need_frames_are_skipped(audio, tmp_path):
    saved = go(audio, "again.csv", tmp_path, models=("lda", "cnn2d"))
    status = saved.fits.groupby("model")["status"].first()
    assert status[["lda", "cnn2d"]].tolist() == ["ok", "skipped"]


def test_the_leakage_audit_does_not_search_near_identical_clips(audio, tmp_path):
    saved = go(audio, "again.csv", tmp_path)
    assert saved.audit["near_identical_clips"].isna().all()
    assert np.isnan(leakage_by_split(saved)["near_identical"]).all()
    assert "near-identical clips are not checked" in leakage_sentences(saved)[0]


def test_rows_with_equal_features_count_once(tmp_path):
    frame = table()
    columns = ["speaker", "emotion", "f0", "f1", "f2"]
    frame.loc[1, columns] = frame.loc[0, columns]
    frame.to_csv(tmp_path / "mine.csv", index=False)
    saved = go(tmp_path, "mine.csv", tmp_path / "out")
    assert saved.losses.values.tolist() == [["clip", "c01", "holds the same features as c00"]]


def test_the_store_separates_precomputed_sets_from_computed_ones(tmp_path):
    names = [f"mfcc.{column}" for column in FEATURE_SETS["mfcc"].columns]
    values = np.random.default_rng(0).standard_normal((24, len(names)))
    corpus = opened(tmp_path, pd.concat([table(features=0), pd.DataFrame(values, columns=names)], axis=1))
    from ser_bench.features import set_key

    (own,) = corpus.feature_table.sets
    assert own.columns == FEATURE_SETS["mfcc"].columns
    assert set_key(own) != set_key(FEATURE_SETS["mfcc"])
    assert export.column_names([own]) == names


def test_rows_of_a_clip_may_differ_in_gender_and_add_to_each_other(tmp_path):
    frame = table().assign(gender="female", text="")
    other = frame[-2:].assign(gender=["male", "-"], text=["", "t"])
    corpus = opened(tmp_path, pd.concat([frame, other]))
    different = "rows of this clip differ in gender; a table has one row per clip"
    assert [problem.reason for problem in corpus.problems] == [
        f"{different} (line 24)",
        f"{different} (line 26)",
        "duplicate row; line 25 is used (line 27)",
    ]
    assert set(corpus.clips["gender"]) == {"female"}
    assert corpus.clips["text"].tolist()[-1] == "t"

"""Export: one row per clip with the exact values of the store, and errors for what cannot be a table."""

from __future__ import annotations

import errno
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from ser_bench import corpora, features
from ser_bench.cli import call
from ser_bench.core.errors import ExportError
from ser_bench.runs.extraction import extract
from ser_bench.store import FeatureStore, export
from tests.conftest import tone

CLIPS = {
    "plain.wav": ("01", "happy", "female", "02", "strong"),
    'with, a "quote".wav': ("01", "sad", "female", "Kids, talk", "normal"),
    "zwölf.wav": ("1e5", "happy", "", "", ""),
    "deep/er.wav": ("1e5", "sad", "", "1", ""),
}
"""Speaker, emotion, gender, text and intensity of each clip, with names that are hard for tables."""

ODD = np.array([0.0, -0.0, 1.0, -3.0, 0.1, 1 / 3, 1e-45, -1.1754944e-38, 3.4028235e38, 16777217.0], dtype=np.float32)


@pytest.fixture
def corpus(tmp_path, write_wav, monkeypatch) -> Path:
    """A manifest of four short sounds."""
    monkeypatch.chdir(tmp_path)
    for i, name in enumerate(CLIPS):
        write_wav(tmp_path / "data" / name, tone(f0=100 + 20 * i, seed=i))
    rows = [[name, *labels] for name, labels in CLIPS.items()]
    table = pd.DataFrame(rows, columns=["path", "speaker", "emotion", "gender", "text", "intensity"])
    table.to_csv(tmp_path / "data" / "own.csv", index=False)
    return tmp_path / "data" / "own.csv"


@pytest.fixture
def run(corpus, tmp_path, capsys):
    """Return ``run(*words)``: exit status, standard output and standard error of an export of the four sounds."""

    def call_export(*words: str | Path) -> tuple[int, str, str]:
        arguments = ["export", "--corpus", corpus, "--store", tmp_path / "store", "--jobs", "1", *words]
        status = call([str(word) for word in arguments])
        return status, *capsys.readouterr()

    return call_export


def stored(corpus: Path, store: Path, sets: str) -> tuple[pd.DataFrame, np.ndarray]:
    """Return the clips and their features from the store itself."""
    chosen = features.parse(sets)
    clips = extract(corpora.open_corpus(str(corpus)), chosen, FeatureStore(store), jobs=1).clips
    parts = [FeatureStore(store).read(feature_set, clips["key"]) for feature_set in chosen]
    return clips, np.stack([np.concatenate([part[key] for part in parts]) for key in clips["key"]])


def read(path: Path) -> pd.DataFrame:
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    return pd.read_csv(path, dtype=dict.fromkeys(export.CLIP_COLUMNS, str), keep_default_na=False)


def same_bits(table: pd.DataFrame, X: np.ndarray) -> bool:
    values = table.drop(columns=list(export.CLIP_COLUMNS)).to_numpy().astype(np.float32)
    return np.array_equal(values.view(np.uint32), X.view(np.uint32))


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_table_has_a_row_per_clip_with_the_exact_values_of_the_store(run, corpus, tmp_path, ending):
    file = tmp_path / "new" / f"table.{ending}"
    status, out, err = run("--features", "mfcc+chroma", "-o", file)
    assert (status, err.startswith("extracting")) == (0, True)
    assert out.splitlines()[-1] == f"table: {file}"
    table = read(file)
    clips, X = stored(corpus, tmp_path / "store", "mfcc+chroma")
    assert tuple(table.columns[:7]) == ("clip", "corpus", "speaker", "gender", "emotion", "text", "intensity")
    labels = {row.clip: (row.speaker, row.emotion, row.gender, row.text, row.intensity) for row in table.itertuples()}
    assert labels == CLIPS
    assert set(table["corpus"]) == {"own"}
    assert table["clip"].tolist() == clips["clip"].tolist()
    assert same_bits(table, X)
    assert [path.name for path in file.parent.iterdir()] == [file.name]


@pytest.mark.parametrize(("sets", "first"), [("mfcc", "mfcc.mfcc_00"), ("tonnetz+mfcc", "tonnetz.tonnetz_0")])
def test_column_names_start_with_the_name_of_the_set(run, tmp_path, sets, first):
    last = "mfcc.mfcc_39"
    assert run("--features", sets, "-o", "table.parquet")[0] == 0
    names = read(tmp_path / "table.parquet").columns
    assert (names[7], names[-1]) == (first, last)
    assert len(read(Path("table.parquet"))[[first, last]]) == len(CLIPS)


def test_column_names_of_all_vectors_are_unique_and_start_with_the_set():
    sets = [s for s in features.FEATURE_SETS.values() if s.kind == "vector"]
    names = export.column_names(sets)
    assert len(set(names) | set(export.CLIP_COLUMNS)) == len(names) + len(export.CLIP_COLUMNS)
    back = [tuple(name.split(".", 1)) for name in names]
    assert back == [(s.name, column) for s in sets for column in s.columns]


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_every_float32_is_read_back_bit_for_bit(tmp_path, ending):
    random = np.random.default_rng(0).integers(0, 2**32, 20_000, dtype=np.uint32).view(np.float32)
    X = np.concatenate([ODD, random[np.isfinite(random)][: 19_000 - len(ODD)]]).reshape(-1, 10)
    X = np.vstack([X, np.tile(ODD, (2000, 1))])  # whole columns of 0, -0 and 1 at the end
    clips = pd.DataFrame({name: [f"{name}\n{i}" for i in range(len(X))] for name in export.CLIP_COLUMNS})
    columns = [f"x.{i}" for i in range(10)]
    for rows in (slice(None), slice(1900, None)):
        export.write_table(tmp_path / f"odd.{ending}", clips[rows], X[rows], columns)
        table = read(tmp_path / f"odd.{ending}")
        assert table["clip"].tolist() == clips["clip"][rows].tolist()
        assert same_bits(table, X[rows])


def test_parquet_holds_float32_in_row_groups(tmp_path):
    X = np.arange(9000, dtype=np.float32).reshape(-1, 3)
    clips = pd.DataFrame({name: ["a"] * len(X) for name in export.CLIP_COLUMNS})
    export.write_table(tmp_path / "many.PARQUET", clips, X, ["x.0", "x.1", "x.2"])
    opened = pq.ParquetFile(tmp_path / "many.PARQUET")
    assert (opened.num_row_groups, opened.metadata.num_rows) == (3, 3000)
    assert [str(kind) for kind in opened.schema_arrow.types] == ["string"] * 7 + ["float"] * 3


def test_default_is_the_default_vector_and_nothing_is_computed_twice(run, tmp_path):
    assert run("-q", "-o", "a.parquet")[:2] == (0, "")
    assert read(tmp_path / "a.parquet").shape == (4, 7 + features.FEATURE_SETS["functionals"].dimension)
    status, _, err = run("--emotions", "sad", "-o", "a.parquet")  # the existing file is replaced
    assert (status, err) == (0, "")
    assert set(read(tmp_path / "a.parquet")["emotion"]) == {"sad"}


def test_existing_file_is_kept_if_writing_fails(tmp_path):
    (tmp_path / "a.csv").write_text("before")
    clips = pd.DataFrame({name: ["a"] for name in export.CLIP_COLUMNS})
    with pytest.raises(TypeError):
        export.write_table(tmp_path / "a.csv", clips, np.zeros((1, 2), np.float32), ["too", "many", "columns"])
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a.csv", "before")]


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_full_disk_gives_an_error_of_one_line(tmp_path, monkeypatch, ending):
    def full(path, *_):
        path.write_text("half")
        raise OSError(errno.ENOSPC, "Error writing bytes to file. Detail: much more")

    monkeypatch.setitem(export._WRITERS, f".{ending}", full)
    clips = pd.DataFrame({name: ["a"] for name in export.CLIP_COLUMNS})
    with pytest.raises(ExportError, match=rf"^cannot write .*a\.{ending}: No space left on device$"):
        export.write_table(tmp_path / f"a.{ending}", clips, np.zeros((1, 1), np.float32), ["x.0"])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (
            ("--features", "logmel", "-o", "a.csv"),
            ("cannot export logmel, which gives a sequence of frames", "functionals, chroma, contrast"),
        ),
        (
            ("--features", "logmel+prosody", "-o", "a.csv"),
            ("logmel and prosody, which give a sequence of frames",),
        ),
        (("--features", "mfcc", "-o", "a.xlsx"), ("a.xlsx", ".csv or .parquet")),
        (("--features", "mfcc", "-o", "table"), (".csv or .parquet",)),
        (("--features", "mfcc", "-o", "file/a.csv"), ("cannot write to file",)),
        (("--features", "mfcc", "-o", "folder.csv"), ("it is a folder",)),
        (("--features", "mfcc", "-o", "data/own.csv"), ("the manifest of the corpus",)),
        (("--features", "mfc", "-o", "a.csv"), ("did you mean 'mfcc'?",)),
        (("--features", "mfcc"), ("Missing option '-o'", "export --help")),
    ],
)
def test_impossible_exports_are_refused_before_any_work(run, corpus, tmp_path, words, expected):
    (tmp_path / "file").write_text("")
    (tmp_path / "folder.csv").mkdir()
    before = corpus.read_text()
    status, out, err = run(*words)
    assert (status, out) == (2, "")
    assert [part for part in expected if part not in err] == []
    assert len(err.splitlines()) <= 2
    assert corpus.read_text() == before
    assert not (tmp_path / "store").exists()

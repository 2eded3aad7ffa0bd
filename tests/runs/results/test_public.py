"""Files of a run are published: none of them holds a folder of the machine or the name of its user."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ser_bench import plugins, report
from ser_bench.core.options import Options
from ser_bench.core.private_paths import without_folder, without_folders
from ser_bench.runs import runner
from ser_bench.runs.tuning.files import found_with
from tests.runs.in_process import no_workers

PLUGIN = """
from ser_bench.models import LearnerParameters, Model, parameter


class Folder(LearnerParameters):
    folder: str = parameter("", "a folder")


class Broken:
    def fit(self, X, y, groups=None):
        raise FileNotFoundError(2, "No such file or directory", f"{FOLDER}/weights.bin")


FOLDER = "HERE"
BROKEN = Model(
    name="broken", summary="", kind="classical", features="functionals", schema=Folder,
    build=lambda *, seed, folder: Broken(),
)
"""


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    """The home folder of a user called mia-user."""
    home = tmp_path / "home" / "mia-user"
    home.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(home)
    return home


def write_table(folder: Path) -> Path:
    """Write a table of two corpora whose clips are absolute paths, with a row that lacks a speaker."""
    rng = np.random.default_rng(0)
    rows = [
        [
            f"{folder}/{corpus}/{speaker}/{emotion}-{take}.wav",
            corpus,
            f"{corpus}{speaker}",
            emotion,
            *rng.normal(size=3),
        ]
        for corpus in ("one", "two")
        for speaker in range(3)
        for emotion in ("happy", "sad")
        for take in range(3)
    ]
    table = pd.DataFrame(rows, columns=["clip", "corpus", "speaker", "emotion", "f0", "f1", "f2"])
    table.loc[0, "speaker"] = ""
    table.assign(**{"notes of a listener": "good"}).to_csv(folder / "own.csv", index=False)
    return folder / "own.csv"


def test_no_file_of_a_run_names_a_folder_of_the_machine(home):
    plugin = home / "my_plugin.py"
    plugin.write_text(PLUGIN.replace("HERE", str(home)))
    plugins.load(plugin)
    options = Options(
        corpus=str(write_table(home)),
        models=("lda", "broken"),
        model_tables={"broken": {"base": "broken", "parameters": {"folder": str(home / "weights")}}},
        splits=("actor", "cross:two"),
        folds=2,
        store=home / "store",
        out=home / "out",
        plugin=plugin,
    )
    with no_workers():
        outcome = runner.run(options)
    assert outcome.work.failed > 0
    report.write_report(outcome.saved, ("svg",))
    files = [path for path in (home / "out").rglob("*") if path.is_file()]
    assert {"run.json", "summary.md", "report.html", "losses.csv", "run.log"} <= {path.name for path in files}
    private = [str(home.parent).encode(), b"mia-user"]
    found = [path.name for path in files if any(word in path.read_bytes() for word in private)]
    assert found == []
    assert outcome.saved.info.options.corpus == "own.csv"
    assert "one/one/1/happy-0.wav" in outcome.saved.clips["clip"].tolist()
    assert outcome.saved.audit.query("split == 'cross:two'")["train_corpora"].tolist() == ["one"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/home/mia/x.wav: no such file", "x.wav: no such file"),
        ("a copy of /home/mia/b/x.wav, which is used", "a copy of x.wav, which is used"),
        ("see https://example.org/a/b, 5/6 and n/a", "see https://example.org/a/b, 5/6 and n/a"),
        (r"cannot open C:\Users\mia\x.wav", "cannot open x.wav"),
        ("dask://host:8786", "dask://host:8786"),
        ("anna/x.wav", "anna/x.wav"),
    ],
)
def test_absolute_paths_in_texts_are_cut_to_their_last_part(text, expected):
    assert without_folders(text) == expected


def test_known_folders_are_removed_and_the_home_folder_is_a_tilde(home):
    text = f"cannot read {home}: {home}/my data/a/x.wav"
    assert without_folders(text, [home / "my data"]) == "cannot read ~: a/x.wav"
    assert without_folder("cross:/home/mia/b.csv") == "cross:b.csv"
    for name in ("random-80-20", "ravdess", "own/corpus.csv", "cross:own/corpus.csv"):
        assert without_folder(name) == name
    for name in ("/home/mia/b.csv", "../mia/b.csv", r"C:\Users\mia\b.csv"):
        assert without_folder(name) == "b.csv"


def test_options_of_a_search_name_no_folder_of_the_machine(home):
    options = Options(
        corpus=f"{home}/one.csv,{home}/two.csv", splits=(f"cross:{home}/b.csv",), plugin=home / "p.py", store=home / "s"
    )
    found = found_with(options, "mfcc")
    assert (found["corpus"], found["splits"], found["plugin"]) == ("one.csv,two.csv", ["cross:b.csv"], "p.py")
    assert "mia-user" not in str(found)

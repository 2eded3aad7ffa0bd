"""Contents of a store are listed by kind, and only what nothing needs is removed."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest

from ser_bench.cli import call
from ser_bench.core.errors import RunError, StoreError
from ser_bench.core.files import mark_used
from ser_bench.core.options import Options
from ser_bench.corpora.datasets.demo.clips import make_clips
from ser_bench.runs import results, runner, tuning
from ser_bench.store.prune import list_items, referenced_by_runs, remove_items, unused_items

LONG_AGO = time.time() - 100 * 86_400


@pytest.fixture(scope="module")
def original(tmp_path_factory) -> Path:
    """A folder with a small corpus, a run on it and the store of the run."""
    folder = tmp_path_factory.mktemp("store")
    speakers, emotions = ("S01", "S02", "S03", "S04"), ("happy", "sad")
    paths = make_clips(folder, speakers=speakers, emotions=emotions, intensities=("normal",))
    rows = [",".join([str(path.relative_to(folder)), *path.stem.split("_")[:2]]) for path in paths]
    (folder / "small.csv").write_text("\n".join(["path,speaker,emotion", *rows]), encoding="utf-8")
    go(folder, "mfcc", "kept")
    return folder


@pytest.fixture
def workspace(original, tmp_path) -> Path:
    """A copy of that folder, which a test may change."""
    return Path(shutil.copytree(original, tmp_path / "copy"))


def go(workspace: Path, features: str, name: str) -> results.SavedRun:
    options = {
        "corpus": str(workspace / "small.csv"),
        "store": workspace / "store",
        "out": workspace / name,
        "folds": 2,
        "jobs": 1,
    }
    outcome = runner.run(Options(**options, models=("majority",), splits=("actor",), features=features))
    return results.read_run(outcome.folder)


def age(*paths: Path) -> None:
    for path in paths:
        for file in (path, *path.rglob("*")):
            os.utime(file, (LONG_AGO, LONG_AGO))


def kinds(items) -> dict[str, int]:
    return {kind: sum(item.kind == kind for item in items) for kind in {item.kind for item in items}}


def test_items_of_a_store_have_kind_and_size(workspace):
    items = list(list_items(workspace / "store"))
    assert kinds(items) == {"feature set": 2, "clip metadata": 1, "fit": 2 * 2}
    assert all(item.size > 0 and item.files > 0 for item in items)


def test_items_that_a_run_refers_to_are_kept_at_any_age(workspace):
    age(workspace / "store")
    assert unused_items(list_items(workspace / "store"), referenced_by_runs([workspace / "kept"]), days=30) == []


def test_old_items_that_no_run_refers_to_are_removed(workspace, tmp_path):
    chroma_run = go(workspace, "chroma", "other")
    references = referenced_by_runs([workspace / "kept"])
    assert unused_items(list_items(workspace / "store"), references, days=30) == []
    age(workspace / "store")
    unused = unused_items(list_items(workspace / "store"), references, days=30)
    assert [item.name for item in unused if item.kind == "feature set"] == sorted(
        {*chroma_run.info.stored_sets} - references.sets
    )
    assert {item.name for item in unused if item.kind == "fit"} == set(chroma_run.fits["key"])
    assert remove_items(unused) == sum(item.size for item in unused)
    assert references.sets == {item.name for item in list_items(workspace / "store") if item.kind == "feature set"}
    again = go(workspace, "chroma", "other")
    assert again.predictions.equals(chroma_run.predictions)


def test_reading_marks_as_used(workspace):
    age(workspace / "store")
    go(workspace, "mfcc", "third")
    unused = unused_items(list_items(workspace / "store"), referenced_by_runs([]), days=30)
    assert [item.kind for item in unused if item.kind in ("feature set", "fit")] == []


def test_second_use_on_a_day_is_not_recorded(tmp_path):
    file = tmp_path / "file"
    file.touch()
    os.utime(file, (time.time() - 3600,) * 2)
    before = file.stat().st_mtime_ns
    mark_used(file)
    assert file.stat().st_mtime_ns == before
    mark_used(tmp_path / "nothing")


def test_run_that_does_not_list_its_needs_is_reported(workspace, tmp_path):
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "run.json").write_text("{}")
    (tmp_path / "old" / "fits.csv").write_text("model,split\nknn,actor\n")
    assert referenced_by_runs([tmp_path]).unreadable == (tmp_path / "old",)


@pytest.mark.skipif(os.name == "nt", reason="links need special rights on Windows")
def test_runs_behind_links_are_kept(workspace, tmp_path):
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "linked").symlink_to(workspace / "kept")
    (tmp_path / "results" / "above").symlink_to(tmp_path)
    references = referenced_by_runs([tmp_path / "results"])
    assert references.runs == 1
    assert references.sets == referenced_by_runs([workspace / "kept"]).sets


def test_files_of_a_search_are_kept(workspace):
    options = {"corpus": str(workspace / "small.csv"), "store": workspace / "store", "features": "chroma", "folds": 2}
    chosen = Options(**options, splits=("actor",), jobs=1, out=workspace / "tuned")
    tuning.tune(tuning.SearchSettings("lda", trials=1, inner_folds=2), chosen)
    age(workspace / "store")
    references = referenced_by_runs([workspace])
    assert (references.runs, references.unreadable) == (2, ())
    unused = unused_items(list_items(workspace / "store"), references, days=30)
    assert {item.kind for item in unused} <= {"index"}  # hashes of files; there are none while the files are new


def test_missing_folders_are_refused(tmp_path):
    with pytest.raises(RunError, match=r"folder of runs not found: .*; name another folder with --runs"):
        referenced_by_runs([tmp_path / "nowhere"])
    with pytest.raises(StoreError, match="store folder not found"):
        list(list_items(tmp_path / "nowhere"))


def test_command_lists_and_prunes(workspace, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    store = ("store", "--store", str(workspace / "store"))
    assert call(list(store)) == 0
    assert "mfcc-" in capsys.readouterr().out
    age(workspace / "store")
    assert call([*store, "--prune", "--runs", str(workspace / "kept"), "--dry-run"]) == 0
    assert "would remove: nothing" in capsys.readouterr().out
    assert call([*store, "--prune", "--dry-run"]) == 0
    assert "would remove: 2 feature sets, " in capsys.readouterr().out
    assert call([*store, "--days", "3"]) == 2
    assert "need --prune" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="links need special rights on Windows")
@pytest.mark.parametrize("link", ["quarantine", "index", "fits/ab", "features"])
def test_links_are_not_followed(tmp_path, link):
    target = tmp_path / "home" / "thesis.npz"
    target.parent.mkdir()
    for path in (target, target.with_suffix(".json")):
        path.write_bytes(b"x")
    (tmp_path / "store" / link).parent.mkdir(parents=True)
    (tmp_path / "store" / link).symlink_to(target.parent)
    assert list(list_items(tmp_path / "store")) == []

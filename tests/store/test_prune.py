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
from ser_bench.runs import results, runner
from ser_bench.store.prune import list_items, referenced_by_runs, remove_items, unused_items

LONG_AGO = time.time() - 100 * 86_400


@pytest.fixture(scope="module")
def original(tmp_path_factory) -> Path:
    """A folder with a small corpus, the store of its run, and the run."""
    folder = tmp_path_factory.mktemp("store")
    speakers, emotions = ("S01", "S02", "S03", "S04"), ("happy", "sad")
    paths = make_clips(folder, speakers=speakers, emotions=emotions, intensities=("normal",))
    rows = [",".join([str(path.relative_to(folder)), *path.stem.split("_")[:2]]) for path in paths]
    (folder / "small.csv").write_text("\n".join(["path,speaker,emotion", *rows]), encoding="utf-8")
    go(folder, "mfcc", "kept")
    return folder


@pytest.fixture
def made(original, tmp_path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(original, tmp_path / "made"))


def go(made: Path, features: str, name: str) -> results.SavedRun:
    options = {"corpus": str(made / "small.csv"), "store": made / "store", "out": made / name, "folds": 2, "jobs": 1}
    outcome = runner.run(Options(**options, models=("majority",), splits=("actor",), features=features))
    return results.read_run(outcome.folder)


def age(*paths: Path) -> None:
    for path in paths:
        for file in (path, *path.rglob("*")):
            os.utime(file, (LONG_AGO, LONG_AGO))


def kinds(found) -> dict[str, int]:
    return {kind: sum(item.kind == kind for item in found) for kind in {item.kind for item in found}}


def test_items_of_a_store_have_kind_and_size(made):
    found = list(list_items(made / "store"))
    assert kinds(found) == {"feature set": 1, "clip metadata": 1, "fit": 2 * 2}
    assert all(item.size > 0 and item.files > 0 for item in found)


def test_items_that_a_run_refers_to_are_kept_at_any_age(made):
    age(made / "store")
    assert unused_items(list_items(made / "store"), referenced_by_runs([made / "kept"]), days=30) == []


def test_old_items_that_no_run_refers_to_are_removed(made, tmp_path):
    other = go(made, "chroma", "other")
    named = referenced_by_runs([made / "kept"])
    assert unused_items(list_items(made / "store"), named, days=30) == []
    age(made / "store")
    gone = unused_items(list_items(made / "store"), named, days=30)
    assert [item.name for item in gone if item.kind == "feature set"] == list(other.info.stored_sets)
    assert {item.name for item in gone if item.kind == "fit"} == set(other.fits["key"])
    assert remove_items(gone) == sum(item.size for item in gone)
    assert named.sets == {item.name for item in list_items(made / "store") if item.kind == "feature set"}
    again = go(made, "chroma", "other")
    assert again.predictions.equals(other.predictions)


def test_reading_marks_as_used(made):
    age(made / "store")
    go(made, "mfcc", "third")
    young = unused_items(list_items(made / "store"), referenced_by_runs([]), days=30)
    assert [item.kind for item in young if item.kind in ("feature set", "fit")] == []


def test_second_use_on_a_day_is_not_recorded(tmp_path):
    file = tmp_path / "file"
    file.touch()
    os.utime(file, (time.time() - 3600,) * 2)
    before = file.stat().st_mtime_ns
    mark_used(file)
    assert file.stat().st_mtime_ns == before
    mark_used(tmp_path / "nothing")


def test_run_that_does_not_list_its_needs_is_reported(made, tmp_path):
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "run.json").write_text("{}")
    (tmp_path / "old" / "fits.csv").write_text("model,split\nknn,actor\n")
    assert referenced_by_runs([tmp_path]).unreadable == (tmp_path / "old",)


def test_missing_folders_are_refused(tmp_path):
    with pytest.raises(RunError, match=r"folder of runs not found: .*; name another folder with --runs"):
        referenced_by_runs([tmp_path / "nowhere"])
    with pytest.raises(StoreError, match="store folder not found"):
        list(list_items(tmp_path / "nowhere"))


def test_the_command_lists_and_prunes(made, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    store = ("store", "--store", str(made / "store"))
    assert call(list(store)) == 0
    assert "mfcc-" in capsys.readouterr().out
    age(made / "store")
    assert call([*store, "--prune", "--runs", str(made / "kept"), "--dry-run"]) == 0
    assert "would remove: nothing" in capsys.readouterr().out
    assert call([*store, "--prune", "--dry-run"]) == 0
    assert "would remove: 1 feature set, " in capsys.readouterr().out
    assert call([*store, "--days", "3"]) == 2
    assert "need --prune" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="links need special rights on Windows")
@pytest.mark.parametrize("link", ["quarantine", "index", "fits/ab", "features"])
def test_links_are_not_followed(tmp_path, link):
    mine = tmp_path / "home" / "thesis.npz"
    mine.parent.mkdir()
    for path in (mine, mine.with_suffix(".json")):
        path.write_bytes(b"x")
    (tmp_path / "store" / link).parent.mkdir(parents=True)
    (tmp_path / "store" / link).symlink_to(mine.parent)
    assert list(list_items(tmp_path / "store")) == []

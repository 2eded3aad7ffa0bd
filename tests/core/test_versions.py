"""The commit of the code: that of the checkout, marked where the package was changed, and empty elsewhere."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from ser_bench.core.versions import commit_of

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs Git")


@pytest.fixture
def checkout(tmp_path):
    """Return ``git(*arguments)`` for a new repository with a package in ``package/``."""

    def git(*arguments):
        identity = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
        command = ["git", "-C", str(tmp_path), *identity, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    git("init", "-q")
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").write_text("")
    git("add", ".")
    git("commit", "-q", "-m", "first")
    return git


def test_the_commit_of_a_checkout_is_marked_after_a_change_of_the_package(checkout, tmp_path, monkeypatch):
    commit = checkout("rev-parse", "HEAD")
    (tmp_path / "results.csv").write_text("a file outside the package")
    assert commit_of(tmp_path / "package") == commit
    monkeypatch.setenv("GIT_DIR", "/nonexistent")  # as in a hook of another repository
    assert commit_of(tmp_path / "package") == commit
    (tmp_path / "package" / "new.py").write_text("")
    assert commit_of(tmp_path / "package") == f"{commit}-dirty"


def test_a_package_that_git_does_not_track_has_no_commit(checkout, tmp_path):
    installed = tmp_path / "site-packages" / "package"
    installed.mkdir(parents=True)
    (installed / "__init__.py").write_text("")
    assert commit_of(installed) == ""
    assert commit_of(tmp_path / "nowhere") == ""

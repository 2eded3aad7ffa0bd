"""Default folders, and paths with ``~``."""

from __future__ import annotations

from pathlib import Path

import pytest

from ser_bench import corpora
from ser_bench.core import places
from ser_bench.core.errors import ConfigError, NoCacheFolderError


@pytest.fixture
def homeless(monkeypatch) -> None:
    """A user without HOME whom the system does not know, as after ``docker run -u 12345``."""

    def unknown(*_):
        raise KeyError("uid not found")

    for variable in ("HOME", "XDG_CACHE_HOME", "SER_BENCH_CACHE", "USERPROFILE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr("pwd.getpwuid", unknown)


def test_home_folders_are_expanded(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert places.expand_home(Path("~/store")) == tmp_path / "store"
    assert places.expand_home(Path("a/~b")) == Path("a/~b")


def test_an_unknown_user_in_a_path_is_named():
    with pytest.raises(ConfigError, match="unknown user 'nobody-here', in the path '~nobody-here/x'; give the full"):
        places.expand_home(Path("~nobody-here/x"))


@pytest.mark.parametrize("variable", ["SER_BENCH_CACHE", "SER_BENCH_DATA"])
def test_an_unknown_user_in_a_variable_is_named_with_the_variable(monkeypatch, variable):
    monkeypatch.setenv(variable, "~nobody-here/x")
    with pytest.raises(ConfigError, match=f"invalid value for {variable}: unknown user 'nobody-here'"):
        corpora.search_folders("ravdess")


@pytest.mark.usefixtures("homeless")
def test_without_a_home_folder_a_message_names_the_ways_out(monkeypatch):
    with pytest.raises(NoCacheFolderError, match=r"HOME is not set.*\n.*--store or with .* SER_BENCH_CACHE$"):
        places.default_store()
    with pytest.raises(ConfigError, match="HOME is not set and the user has no home folder, in the path '~/x'"):
        places.expand_home(Path("~/x"))
    monkeypatch.setenv("SER_BENCH_CACHE", "/somewhere")
    assert places.default_store() == Path("/somewhere/store")


@pytest.mark.usefixtures("homeless")
def test_without_a_home_folder_corpora_are_searched_elsewhere(monkeypatch):
    monkeypatch.setenv("SER_BENCH_DATA", "/data")
    assert corpora.search_folders("ravdess") == [Path("/data/ravdess"), Path("data/ravdess")]

"""Where models are looked up, and the messages about missing ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from ser_bench.core.errors import ConfigError
from ser_bench.features.ssl.locating import hub_cache, locate, weights_file
from tests.features.ssl.model_folders import COMMIT, write_hub_model, write_model

OTHER = "f" * 40


@pytest.mark.parametrize(
    ("environment", "cache"),
    [
        ({"HF_HUB_CACHE": "/c", "HF_HOME": "/h"}, "/c"),
        ({"HF_HOME": "/h", "XDG_CACHE_HOME": "/x"}, "/h/hub"),
        ({"XDG_CACHE_HOME": "/x"}, "/x/huggingface/hub"),
        ({}, str(Path.home() / ".cache/huggingface/hub")),
    ],
)
def test_cache_is_that_of_the_hubs_client(environment, cache):
    assert hub_cache(environment) == Path(cache)


def test_name_is_looked_up_in_the_cache(tmp_path):
    snapshot = write_hub_model(tmp_path, "org/net")
    located = locate("org/net", tmp_path)
    assert (located.path, located.label, located.hub_name, located.commit) == (snapshot, "org/net", "org/net", COMMIT)


@pytest.mark.parametrize("revision", ["refs/pr/3", "v1.0", OTHER])
def test_revision_may_be_named(tmp_path, revision):
    write_hub_model(tmp_path, "org/net")
    write_hub_model(tmp_path, "org/net", "v1.0" if revision == OTHER else revision, OTHER)
    assert locate(f"org/net@{revision}", tmp_path).commit == OTHER


def test_missing_model_says_where_it_was_looked_up_and_how_to_fetch_it(tmp_path):
    write_hub_model(tmp_path, "facebook/hubert")
    with pytest.raises(ConfigError) as error:
        locate("org/net@v2", tmp_path)
    assert str(tmp_path) in str(error.value)
    assert "ser-bench downloads no model" in str(error.value)
    command = "hf download org/net config.json preprocessor_config.json model.safetensors --revision v2"
    assert command in str(error.value)


def test_misspelt_name_gets_the_nearest_of_the_cache(tmp_path):
    write_hub_model(tmp_path, "microsoft/wavlm-base")
    with pytest.raises(ConfigError, match="did you mean 'microsoft/wavlm-base'"):
        locate("microsoft/wavlm_base", tmp_path)


@pytest.mark.parametrize("name", ["../net", "/no/such/folder", "a/b/c", "a--b", "org/..", "a\\b", "org/net@../../x"])
def test_other_names_are_no_models_of_the_hub(tmp_path, name):
    with pytest.raises(ConfigError, match=r"no folder|invalid revision"):
        locate(name, tmp_path)


def test_reference_that_holds_no_commit_finds_nothing(tmp_path):
    write_hub_model(tmp_path, "org/net")
    (tmp_path / "models--org--net/refs/main").write_text("../../../etc")
    with pytest.raises(ConfigError, match="no model org/net"):
        locate("org/net", tmp_path)


def test_folder_comes_before_the_hub_and_shows_its_last_part_only(tmp_path, monkeypatch):
    write_hub_model(tmp_path / "cache", "org/net")
    write_model(tmp_path / "org/net")
    monkeypatch.chdir(tmp_path)
    located = locate("org/net", tmp_path / "cache")
    assert (located.path, located.label, located.commit) == (tmp_path / "org/net", "net", "")


def test_file_is_not_a_model(tmp_path):
    file = write_model(tmp_path / "net") / "model.safetensors"
    with pytest.raises(ConfigError, match="is a file; name the folder"):
        locate(str(file))


def test_pickled_weights_are_refused_with_the_way_out(tmp_path):
    snapshot = write_hub_model(tmp_path, "org/net")
    (snapshot / "model.safetensors").rename(snapshot / "pytorch_model.bin")
    with pytest.raises(ConfigError, match=r"only pickled weights \(pytorch_model.bin\)") as error:
        weights_file(locate("org/net", tmp_path))
    assert "hf download org/net" in str(error.value)
    assert "ssl:org/net@refs/pr/N" in str(error.value)
    with pytest.raises(ConfigError, match=r"convert them.*docs/pretrained.md"):
        weights_file(locate(str(snapshot)))


def test_missing_weights_are_named(tmp_path):
    folder = write_model(tmp_path / "net")
    (folder / "model.safetensors").unlink()
    with pytest.raises(ConfigError, match=r"has no weights; put model.safetensors into"):
        weights_file(locate(str(folder)))


def test_a_bare_name_gets_the_form_of_names_and_no_command_that_fails(tmp_path):
    with pytest.raises(
        ConfigError, match="ORGANISATION/NAME; list well-known ones: ser-bench features --ledger"
    ) as bare:
        locate("wavlm", tmp_path)
    assert "hf download" not in str(bare.value)
    with pytest.raises(ConfigError, match="fetch it: hf download microsoft/wavlm-base config"):
        locate("microsoft/wavlm-base", tmp_path)

"""Options: from a file and the command line, parsed once, unknown keys refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from ser_bench.core import options as config
from ser_bench.core.errors import ConfigError
from ser_bench.core.options import ModelTable, Options


def load(tmp_path: Path, text: str, **given) -> Options:
    path = tmp_path / "c.toml"
    path.write_text(text, encoding="utf-8")
    return config.load(path, given)


def test_without_anything_the_promised_defaults_hold():
    options = config.load(None, {})
    assert (options.folds, options.seed, options.repeats, options.normalize) == (6, 0, 1, "none")
    assert (options.models, options.splits, options.features) == (("all",), ("actor", "random"), "auto")


def test_the_command_line_wins_over_the_file(tmp_path):
    options = load(tmp_path, "folds = 4\nseed = 7\n", folds=3, seed=None)
    assert (options.folds, options.seed) == (3, 7)


def test_names_may_be_a_list_or_joined_by_commas(tmp_path):
    assert load(tmp_path, 'models = ["svm", "knn"]').models == load(tmp_path, 'models = "svm, knn,svm"').models


def test_keys_are_spelt_with_hyphens_or_underscores(tmp_path):
    assert load(tmp_path, "fit-timeout = 5").fit_timeout == load(tmp_path, "fit_timeout = 5").fit_timeout == 5


def test_model_tables_give_parameters_and_variants(tmp_path):
    options = load(
        tmp_path, '[models]\nuse = ["svm"]\n[models.svm]\nC = 3.0\n[models.deep]\nbase = "cnn1d"\nepochs = 9\n'
    )
    assert options.models == ("svm",)
    assert options.model_tables["svm"] == ModelTable(base="svm", parameters={"C": 3.0})
    assert options.model_tables["deep"] == ModelTable(base="cnn1d", parameters={"epochs": 9})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("fold = 4", "did you mean 'folds'"),
        ("folds = 1", "--folds 1: .*greater than or equal to 2"),
        ('normalize = "speakers"', "--normalize 'speakers'"),
        ('engine = "dask://host"', "--engine 'dask://host': must be local, dask://HOST:PORT or tls://HOST:PORT"),
        ("folds = ", "no TOML file"),
        ("[models]\nsvm = 3", r"\[models.svm\] must be a table"),
        ("models = " + "[" * 3000, "nested too deeply"),
        ("seed = " + "9" * 5000, "no TOML file"),
        ("seed = 0x" + "f" * 5000, "a value that cannot be shown"),
        ("folds = '" + "x" * 5000 + "'", "--folds 'x{199}…: "),
        ("store = '~nobody-of-that-name/x'", "home folder of a user who is not known"),
        ("models = [1, [2]]", "--models .*valid string"),
    ],
)
def test_what_cannot_be_is_one_clear_line(tmp_path, text, reason):
    with pytest.raises(ConfigError, match=reason) as caught:
        load(tmp_path, text)
    assert len(str(caught.value).splitlines()) <= 2


def test_a_missing_file_is_refused():
    with pytest.raises(ConfigError, match="no configuration file"):
        config.find_config("nowhere.toml")


@pytest.mark.parametrize("name", ["default", "quick", "strong", "strong-random", "tutorial-4-emotions"])
def test_the_configurations_brought_along_are_found_by_name_and_valid(name):
    assert config.load(config.find_config(name), {}).splits


def test_default_toml_says_what_the_defaults_are():
    assert config.load(config.find_config("default"), {}) == config.load(None, {})

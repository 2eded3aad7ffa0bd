"""Options from a file and the command line are validated once; unknown keys are errors."""

from __future__ import annotations

from pathlib import Path

import pytest

from ser_bench.core import options as config
from ser_bench.core.errors import ConfigError
from ser_bench.core.options import ModelTable, Options


def load(tmp_path: Path, text: str, **overrides) -> Options:
    path = tmp_path / "c.toml"
    path.write_text(text, encoding="utf-8")
    return config.load(path, overrides)


def test_defaults_are_those_of_the_documentation():
    options = config.load(None, {})
    assert (options.folds, options.seed, options.repeats, options.normalize) == (None, 0, 1, "none")
    assert (options.models, options.splits, options.features) == (("all",), None, "auto")  # None: by corpus


def test_the_command_line_overrides_the_file(tmp_path):
    options = load(tmp_path, "folds = 4\nseed = 7\n", folds=3, seed=None)
    assert (options.folds, options.seed) == (3, 7)


@pytest.mark.parametrize("content", [b"\xef\xbb\xbffolds = 4\n", b"folds = 4\r\n", b"folds = 4\rseed = 1\r"])
def test_a_byte_order_mark_and_other_line_ends_do_no_harm(tmp_path, content):
    (tmp_path / "c.toml").write_bytes(content)
    assert config.load(tmp_path / "c.toml", {}).folds == 4


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("folds = 4".encode("utf-16"), "cannot read .*c.toml: it is encoded as UTF-16; save it as UTF-8"),
        ("folds = 4".encode("utf-16-le"), "it is encoded as UTF-16"),
        (b"folds = 4\n# gr\xfcn\n", "cannot read .*c.toml, line 2: byte 0xfc is not UTF-8; save it as UTF-8"),
    ],
)
def test_other_encodings_are_refused_by_name(tmp_path, content, reason):
    (tmp_path / "c.toml").write_bytes(content)
    with pytest.raises(ConfigError, match=reason):
        config.load(tmp_path / "c.toml", {})


def test_names_are_a_list_or_joined_by_commas(tmp_path):
    assert load(tmp_path, 'models = ["svm", "knn"]').models == load(tmp_path, 'models = "svm, knn,svm"').models


def test_keys_have_hyphens_or_underscores(tmp_path):
    assert load(tmp_path, "fit-timeout = 5").fit_timeout == load(tmp_path, "fit_timeout = 5").fit_timeout == 5


def test_model_tables_hold_parameters_and_variants(tmp_path):
    options = load(
        tmp_path, '[models]\nuse = ["svm"]\n[models.svm]\nC = 3.0\n[models.deep]\nbase = "cnn1d"\nepochs = 9\n'
    )
    assert options.models == ("svm",)
    assert options.model_tables["svm"] == ModelTable(base="svm", parameters={"C": 3.0})
    assert options.model_tables["deep"] == ModelTable(base="cnn1d", parameters={"epochs": 9})


def test_a_model_table_names_feature_sets(tmp_path):
    table = load(tmp_path, '[models.both]\nbase = "lda"\nfeatures = "functionals+mfcc"\n').model_tables["both"]
    assert table == ModelTable(base="lda", parameters={}, features="functionals+mfcc")
    with pytest.raises(ConfigError, match=r"invalid features of \[models.both\] .*joined with \+.*got \['mfcc'\]"):
        load(tmp_path, '[models.both]\nbase = "lda"\nfeatures = ["mfcc"]\n')


def test_home_folders_are_expanded_wherever_an_option_comes_from(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", "/home/anna")
    options = load(tmp_path, 'store = "~/store"', out=Path("~/out"), corpus="emodb,~/my.csv")
    assert (options.store, options.out) == (Path("/home/anna/store"), Path("/home/anna/out"))
    assert options.corpus == "emodb,/home/anna/my.csv"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("fold = 4", "did you mean 'folds'"),
        ("folds = 1", "invalid value for folds in .*c.toml: expected a number greater than or equal to 2, got 1$"),
        ('normalize = "speakers"', "invalid value for normalize in .*: expected 'none' or 'speaker', got 'speakers'"),
        ('engine = "dask://host"', "expected local, dask://HOST:PORT or tls://HOST:PORT, got 'dask://host'"),
        ("folds = ", "invalid TOML"),
        ("[models]\nsvm = 3", r"\[models.svm\] in .*: expected a table of parameters, got 3"),
        ("models = " + "[" * 3000, "nested too deeply"),
        ("seed = " + "9" * 5000, "invalid TOML"),
        ("seed = 0x" + "f" * 5000, "a value that cannot be shown"),
        ("folds = '" + "x" * 5000 + "'", "expected a valid integer, got 'x{199}…$"),
        ("models = ','", "expected one or more names, joined by commas, got ','"),
        ("models = []", "expected one or more models; baselines are added to them, got "),
        ('store = "D:\\temp\\new"', r"store in .*: 'D:.temp.new' has a tab or a line break; write .* in single quotes"),
        ('store = "D:\\data"', r"Unescaped .* \(at line 1.*: store = \"D:.data\"\nwrite a path .* in single quotes"),
        ("fresh = True", r"\(at line 1, column 9\): fresh = True\nwrite a text in quotes, and true"),
        ("store = '~no-such-user/x'", "invalid value for store in .*c.toml: unknown user 'no-such-user', in the path"),
        ("conditions = 3", "invalid value for conditions in .*: expected a list, got 3$"),
        ("models = [1, [2]]", "invalid value for models in .*: expected a valid string"),
    ],
)
def test_an_invalid_file_gives_one_or_two_lines(tmp_path, text, reason):
    with pytest.raises(ConfigError, match=reason) as caught:
        load(tmp_path, text)
    assert len(str(caught.value).splitlines()) <= 2


def test_a_missing_file_names_the_included_configurations():
    with pytest.raises(
        ConfigError, match=r"configuration file not found: nowhere\.toml; give .* one of architectures, default, quick"
    ):
        config.find_config("nowhere.toml")


@pytest.mark.parametrize(
    "name", ["default", "quick", "strong", "strong-onnx", "strong-random", "robust", "reference", "tutorial-4-emotions"]
)
def test_included_configurations_are_found_by_name_and_valid(name):
    assert config.load(config.find_config(name), {}).splits != ()


def test_each_random_hold_out_of_the_tutorials_has_its_twin_on_new_speakers():
    splits = config.load(config.find_config("tutorial-4-emotions"), {}).splits
    hold_outs = [name for name in splits if name.startswith("random-")]
    assert hold_outs == ["random-75-25", "random-90-10"]
    assert {name.replace("random", "actor-twin") for name in hold_outs} < set(splits)


def test_default_toml_holds_the_defaults():
    assert config.load(config.find_config("default"), {}) == config.load(None, {})


def test_a_misspelt_key_of_a_statement_on_training_names_the_nearest(tmp_path):
    (tmp_path / "c.toml").write_text("[pretraining.table]\ncorpra = []\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="for table: 'corpra'; did you mean 'corpora'"):
        config.load(tmp_path / "c.toml", {})

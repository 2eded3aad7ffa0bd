"""The first contact: the greeting, listings of what is registered, and the description of one entry."""

from __future__ import annotations

import dataclasses
import tomllib

import pytest

from ser_bench import corpora, features, models, splits
from ser_bench.audio import conditions
from ser_bench.cli import COMMANDS, GREETING, call, listing
from ser_bench.core import options
from ser_bench.core.errors import ConditionError

REGISTRIES = {
    "corpora": corpora.CORPORA,
    "features": features.FEATURE_SETS,
    "models": models.MODELS,
    "splits": splits.SPLITS,
    "conditions": conditions.KINDS,
}
ENTRIES = [(command, name) for command, registry in REGISTRIES.items() for name in registry]


def output(capsys, *words: str) -> str:
    assert call(list(words)) == 0
    return capsys.readouterr().out


def commands_in(text: str) -> list[str]:
    """Return the commands that a text shows, each once."""
    lines = (line.partition("ser-bench ")[2].split() for line in text.splitlines() if "ser-bench " in line)
    return [words[0] for words in lines if words and words[0].islower()]


def test_without_a_command_it_greets_with_one_sentence_and_three_commands(capsys):
    assert output(capsys).strip() == GREETING
    first, _, rest = GREETING.partition("\n")
    assert first.count(".") == 1
    assert len([word for word in commands_in(rest) if word in COMMANDS]) == 3


@pytest.mark.parametrize("command", REGISTRIES)
def test_a_listing_names_every_entry_and_the_command_that_describes_one(capsys, command):
    text = output(capsys, command)
    assert [name for name in REGISTRIES[command] if f"\n{name} " not in text] == []
    assert f"ser-bench {command} NAME" in text


@pytest.mark.parametrize("width", [60, 80, 100, 140, 200])
@pytest.mark.parametrize("command", REGISTRIES)
def test_a_listing_fits_the_terminal(capsys, monkeypatch, command, width):
    monkeypatch.setenv("COLUMNS", str(width))
    text = output(capsys, command)
    assert max(len(line) for line in text.splitlines() if "/" not in line and "---" not in line) <= width
    assert [name for name in REGISTRIES[command] if f"\n{name}" not in f"\n{text}"] == []


@pytest.mark.parametrize(("command", "name"), ENTRIES, ids="-".join)
def test_every_entry_is_described_with_an_example(capsys, command, name):
    text = output(capsys, command, name)
    assert f"ser-bench run --{command.replace('corpora', 'corpus')} {name}" in text.replace(
        " --corpus ravdess,emodb", ""
    )
    assert max(map(len, text.splitlines())) <= 100 or command == "corpora"
    if command == "models":
        assert [p for p in models.get(name).parameters if f"\n{p} " not in text] == []
    if command == "splits":
        assert "\nfolds " in text


def test_a_model_shows_its_values_under_quick_effort(capsys, monkeypatch):
    changed = dataclasses.replace(
        models.get("mlp-keras"), quick={"epochs": 3, "dropout": models.get("mlp-keras").parameters["dropout"]}
    )
    monkeypatch.setitem(models.MODELS, "mlp-keras", changed)
    assert output(capsys, "models", "mlp-keras").count("under quick effort: ") == 1
    assert "under quick effort: 3\n" in output(capsys, "models", "mlp-keras")


@pytest.mark.parametrize("name", [name for name, model in models.MODELS.items() if model.parameters])
def test_the_configuration_shown_for_a_model_is_valid(capsys, tmp_path, name):
    text = output(capsys, "models", name)
    table = text.partition("FILE.toml:\n")[2].partition("and use it")[0]
    (tmp_path / "c.toml").write_text(table, encoding="utf-8")
    (values,) = tomllib.loads(table)["models"].values()
    assert options.load(tmp_path / "c.toml", {}).model_tables[name].parameters == values
    assert set(values) <= set(models.get(name).parameters)


def test_a_split_by_corpus_is_described(capsys):
    assert "tested on emodb" in output(capsys, "splits", "cross:emodb")


def test_a_condition_at_any_level_and_a_family_are_described(capsys):
    assert "ser-bench run --conditions white-7.5" in output(capsys, "conditions", "white-7.5")
    text = output(capsys, "conditions", "rooms")
    assert "ser-bench run --conditions rooms" in text
    assert "\nroom " in text
    assert "\nwhite " not in text
    assert "as recorded" in output(capsys, "conditions", "clean")


def test_a_listing_of_conditions_shows_levels_and_which_program_is_not_found(capsys, monkeypatch):
    def refuse(*_):
        raise ConditionError("coded needs no-such-program, which is not found")

    white = conditions.KINDS["white"]
    kind = dataclasses.replace(white, name="coded", needs="no-such-program", levels=(9.0,), change=refuse)
    monkeypatch.setitem(conditions.KINDS, "coded", kind)
    monkeypatch.setenv("COLUMNS", "200")
    (row,) = (line for line in output(capsys, "conditions").splitlines() if line.startswith("coded "))
    assert "9 dB SNR" in row
    assert row.rstrip().endswith("no: install no-such-program")
    assert "\nneeds          coded needs no-such-program, which is not found\n" in output(capsys, "conditions", "coded")


def test_a_level_outside_the_limits_is_an_error(capsys):
    assert call(["conditions", "room-99"]) == 2
    assert "invalid condition 'room-99.0': expected 0.1 to 5 s T60" in capsys.readouterr().err


def test_the_ledger_shows_what_networks_were_trained_on(capsys):
    assert "emotion2vec" in output(capsys, "features", "--ledger")
    wavlm = output(capsys, "features", "--ledger", "wavlm")
    assert "microsoft/wavlm-large" in wavlm
    assert "facebook/hubert-base-ls960" not in wavlm
    one = " ".join(output(capsys, "features", "--ledger", "iic/emotion2vec_plus_large").split())
    assert "ravdess" in one
    assert "and others that are not listed" in one
    assert call(["features", "--ledger", "nothing-of-that-name"]) == 2
    assert "the ledger has no network 'nothing-of-that-name'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("command", "name", "nearest"),
    [
        *(
            ("corpora", "emodv", "emodb"),
            ("features", "mfc", "mfcc"),
            ("models", "smv", "svm"),
            ("splits", "actr", "actor"),
        ),
        ("conditions", "fone", "phone"),
    ],
)
def test_an_unknown_name_gives_the_nearest_and_exit_status_2(capsys, command, name, nearest):
    assert call([command, name]) == 2
    assert f"did you mean {nearest!r}?" in capsys.readouterr().err


def test_the_feature_listing_names_each_licence_once_and_what_is_not_installed(capsys, monkeypatch):
    monkeypatch.setattr(listing.importlib.util, "find_spec", lambda name: None if name == "torch" else object())
    text = " ".join(output(capsys, "features").split())
    assert text.count("audEERING Research License") == 1
    assert "compare, egemaps, gemaps, compare-frames, egemaps-frames: audEERING" in text
    assert "Not installed, ssl: pip install 'ser-bench[ssl]'" in text
    assert text.count("Not installed") == 1


def test_the_ledger_fits_80_columns(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert max(map(len, output(capsys, "features", "--ledger").splitlines())) <= 80


def test_the_parameters_of_each_network_stand_apart_and_an_example_is_one_line(capsys, monkeypatch):
    name = f"onnx:{'long words ' * 9}.onnx"
    parameters = {"pool": "mean", "mel n_fft": 400, "network 1 hop": 8}
    changed = dataclasses.replace(features.get("mfcc"), name=name, parameters=parameters)
    monkeypatch.setitem(features.FEATURE_SETS, name, changed)
    lines = output(capsys, "features", name).splitlines()
    assert {"parameters     pool mean", "mel            n_fft 400", "network 1      hop 8"} <= set(lines)
    assert f"example        ser-bench run --features '{name}'" in lines


def test_a_family_shows_its_options_on_80_columns(capsys, monkeypatch):
    from ser_bench.features.pooling import POOLINGS

    monkeypatch.setenv("COLUMNS", "80")
    texts = {name: output(capsys, "features", name) for name in features.FAMILIES}
    assert max(len(line) for text in texts.values() for line in text.splitlines()) <= 80
    assert [name for name in POOLINGS if f"#pool={name} " not in texts["ssl"]] == []

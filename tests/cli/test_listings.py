"""The first contact: the greeting, listings of what is registered, and the description of one entry."""

from __future__ import annotations

import dataclasses
import tomllib

import pytest

from ser_bench import corpora, features, models, splits
from ser_bench.cli import COMMANDS, GREETING, call
from ser_bench.core import options

REGISTRIES = {
    "corpora": corpora.CORPORA,
    "features": features.FEATURE_SETS,
    "models": models.MODELS,
    "splits": splits.SPLITS,
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


@pytest.mark.parametrize(
    ("command", "name", "nearest"),
    [("corpora", "emodv", "emodb"), ("features", "mfc", "mfcc"), ("models", "smv", "svm"), ("splits", "actr", "actor")],
)
def test_an_unknown_name_gives_the_nearest_and_exit_status_2(capsys, command, name, nearest):
    assert call([command, name]) == 2
    assert f"did you mean {nearest!r}?" in capsys.readouterr().err

"""The text after ``ssl:``."""

from __future__ import annotations

import pytest

from ser_bench.core.errors import ConfigError, UnknownNameError
from ser_bench.features.ssl.naming import Choice, parse_choice


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("a/b", Choice("a/b")),
        ("a/b@main#layer=9", Choice("a/b@main", layer=9)),
        ("a/b#layers=all#pool=mean", Choice("a/b", all_layers=True, pooling="mean")),
        ("a/b#pool=none#layer=0", Choice("a/b", layer=0, pooling="none")),
    ],
)
def test_choice(text, choice):
    assert parse_choice(text) == choice


def test_options_have_one_order_and_no_defaults():
    assert parse_choice("m#pool=mean#layer=2").options == "#layer=2#pool=mean"
    assert parse_choice("m#pool=mean-std").options == ""


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "names no model"),
        ("#layer=1", "names no model"),
        ("m#layer=1#layers=all", "give one of them"),
        ("m#layer=1#layer=2", "twice"),
        ("m#layer=last", "expected an integer"),
        ("m#layer=-1", "expected an integer"),
        ("m#layer=²", "expected an integer"),
        ("m#layers=3", "expected all"),
    ],
)
def test_invalid_choice(text, reason):
    with pytest.raises(ConfigError, match=reason):
        parse_choice(text)


def test_unknown_option_and_pooling_name_the_nearest():
    with pytest.raises(UnknownNameError, match="did you mean 'layer'"):
        parse_choice("m#lyer=3")
    with pytest.raises(UnknownNameError, match="did you mean 'mean'"):
        parse_choice("m#pool=men")

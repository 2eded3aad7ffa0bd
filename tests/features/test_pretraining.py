"""What networks have heard: the rule for a corpus, and the worst of several sets."""

from __future__ import annotations

import dataclasses

import pytest

from ser_bench import features
from ser_bench.features.pretraining import Pretraining, worst


@pytest.mark.parametrize(
    ("corpora", "names", "known", "expected"),
    [
        (("ravdess", "LibriSpeech"), ("ravdess",), True, "heard"),
        (("LibriSpeech",), ("ravdess",), True, "no"),
        (("LibriSpeech",), ("my-corpus",), False, "unknown"),  # its clips may be part of a training corpus
        (("LibriSpeech", "my-corpus"), ("my-corpus",), False, "heard"),
        (("CREMA-D",), ("cremad",), True, "heard"),
        (("MSP-Podcast",), ("msp_podcast",), False, "heard"),
        (("ravdess",), ("my-corpus", "ravdess"), False, "heard"),  # file names that follow RAVDESS's code
        ((), ("my-corpus",), False, "no"),
        (None, ("ravdess",), True, "unknown"),
    ],
)
def test_a_network_has_heard_the_corpora_of_its_training(corpora, names, known, expected):
    assert Pretraining(corpora=corpora).exposure(*names, known=known) == expected


def test_heard_is_worse_than_unknown_and_unknown_than_no():
    assert worst([]) == "no"
    assert worst(["no", "unknown"]) == "unknown"
    assert worst(["unknown", "heard", "no"]) == "heard"


def test_a_list_that_is_not_complete_proves_only_what_it_names():
    network = Pretraining(corpora=("ravdess",), complete=False)
    assert network.exposure("ravdess", known=True) == "heard"
    assert network.exposure("tess", known=True) == "unknown"
    assert Pretraining(corpora=(), complete=False).exposure("tess", known=True) == "unknown"


def test_a_statement_completes_a_list_and_takes_nothing_away():
    network = Pretraining(corpora=("ravdess",), complete=False, source="a card")
    stated = network.with_statement(Pretraining(corpora=("tess",), source="a user", unheard=("ravdess", "own")))
    assert stated.corpora == ("ravdess", "tess")
    assert stated.source == "a card; a user"
    assert [stated.exposure(name, known=True) for name in ("ravdess", "tess", "savee")] == ["heard", "heard", "no"]
    assert stated.exposure("own", known=False) == "no"
    only_unheard = network.with_statement(Pretraining(unheard=("own",)))
    assert [only_unheard.exposure(name, known=True) for name in ("savee", "own")] == ["unknown", "no"]
    partial = Pretraining(corpora=("a",)).with_statement(Pretraining(corpora=("b",), complete=False))
    assert partial.exposure("savee", known=True) == "unknown"


def test_a_text_is_no_list_of_corpora():
    with pytest.raises(TypeError, match=r'invalid corpora of Pretraining: .* such as \("ravdess",\)'):
        Pretraining(corpora="ravdess")
    assert Pretraining(corpora=["ravdess"]).corpora == ("ravdess",)
    with pytest.raises(TypeError, match="feature set mfcc: expected Pretraining or None, got dict"):
        dataclasses.replace(features.get("mfcc"), pretraining={"corpora": ["ravdess"]})

"""What networks have heard: the rule for a corpus, and the worst of several sets."""

from __future__ import annotations

import pytest

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

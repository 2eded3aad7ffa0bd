"""The ledger of well-known networks: its file is valid, and each name has one entry."""

from __future__ import annotations

import re

import pytest

from ser_bench.corpora import CORPORA
from ser_bench.features.ledger import entries, lookup

NAMES = [name for entry in entries() for name in entry.names]


def plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.casefold())


def test_every_entry_states_its_source_with_a_year_and_a_licence():
    for entry in entries():
        assert re.search(r"\b20[12]\d\b", entry.pretraining.source), entry.names
        assert entry.licence, entry.names


def test_an_entry_says_why_its_corpora_are_unknown():
    unknown = [e for e in entries() if e.pretraining.corpora is None or not e.pretraining.complete]
    assert unknown
    assert all(entry.note for entry in unknown)


def test_corpora_that_ser_bench_has_are_spelled_as_ser_bench_does():
    spelled = {plain(name): name for name in CORPORA}
    for entry in entries():
        for corpus in entry.pretraining.corpora or ():
            assert spelled.get(plain(corpus), corpus) == corpus
        assert len(set(entry.pretraining.corpora or ())) == len(entry.pretraining.corpora or ())


def test_each_name_has_one_entry():
    assert len(set(map(str.casefold, NAMES))) == len(NAMES)
    for name in NAMES:
        assert re.fullmatch(r"[\w.-]+/[\w.-]+\*?", name)
        stem = name.removesuffix("*")
        patterns = [pattern.removesuffix("*") for pattern in NAMES if pattern != name and pattern.endswith("*")]
        assert not [prefix for prefix in patterns if stem.casefold().startswith(prefix.casefold())]
        assert name in lookup(stem).names


@pytest.mark.parametrize(
    ("name", "corpus", "expected"),
    [
        ("facebook/wav2vec2-base", "ravdess", "no"),
        ("Microsoft/WavLM-Large", "emodb", "no"),
        ("openai/whisper-large-v3", "ravdess", "unknown"),
        ("emotion2vec/emotion2vec_base", "ravdess", "no"),
        ("iic/emotion2vec_plus_seed", "cremad", "heard"),
        ("emotion2vec/emotion2vec_plus_large", "savee", "heard"),
        ("audeering/wav2vec2-large-robust-12-ft-emotion-msp-dim", "emodb", "no"),
        ("ehcalabres/wav2vec2-lg-xlsr-en-speech-emotion-recognition", "ravdess", "heard"),
        ("ehcalabres/wav2vec2-lg-xlsr-en-speech-emotion-recognition", "tess", "no"),
        ("firdhokk/speech-emotion-recognition-with-openai-whisper-large-v3", "tess", "heard"),
        ("firdhokk/speech-emotion-recognition-with-openai-whisper-large-v3", "emodb", "unknown"),
    ],
)
def test_what_well_known_networks_have_heard(name, corpus, expected):
    assert lookup(name).pretraining.exposure(corpus, known=True) == expected


@pytest.mark.parametrize(
    "name", ["anna/wav2vec2-base", "facebook/wav2vec2-base-mine", "wav2vec2-base", "anna/facebook/wav2vec2-base", ""]
)
def test_a_network_of_another_name_is_not_guessed(name):
    assert lookup(name) is None

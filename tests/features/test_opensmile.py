"""The sets of openSMILE: names and values equal those of its package, opened once and writing nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ser_bench import audio, features
from ser_bench.cli import call
from ser_bench.core.errors import ConfigError, FeatureError, MissingExtraError
from ser_bench.features import FEATURE_SETS, compute, parse, set_key
from ser_bench.features import opensmile as own
from tests.features.feature_signals import voice

CONFIGURATIONS = {
    "egemaps": ("eGeMAPSv02", "Functionals"),
    "gemaps": ("GeMAPSv01b", "Functionals"),
    "compare": ("ComParE_2016", "Functionals"),
    "egemaps-frames": ("eGeMAPSv02", "LowLevelDescriptors"),
    "compare-frames": ("ComParE_2016", "LowLevelDescriptors"),
}
SETS = [FEATURE_SETS[name] for name in CONFIGURATIONS]


@pytest.fixture(scope="module")
def opensmile():
    if find_spec("opensmile") is None:
        pytest.skip("needs an extra: pip install 'ser-bench[opensmile]'")
    return own.package()


@pytest.fixture(scope="module")
def reference(opensmile):
    """The package's own extractors by the name of the set."""
    return {
        name: opensmile.Smile(opensmile.FeatureSet[configuration], opensmile.FeatureLevel[level])
        for name, (configuration, level) in CONFIGURATIONS.items()
    }


def assert_equals_the_package(values, frame, name):
    table = frame.to_numpy(dtype=np.float32)
    expected = table if FEATURE_SETS[name].kind == "frames" else table[0]
    assert np.array_equal(values[name], expected), name


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_columns_are_the_names_of_the_package_in_order(reference, name):
    assert list(FEATURE_SETS[name].columns) == reference[name].feature_names


def test_promised_dimensions():
    assert [s.dimension for s in SETS] == [88, 62, 6373, 25, 65]


@pytest.mark.parametrize(("sr", "subtype"), [(16000, "PCM_16"), (44100, "PCM_16"), (8000, "FLOAT"), (48000, "PCM_24")])
def test_values_equal_those_of_the_package_on_files(reference, tmp_path, write_wav, sr, subtype):
    path = write_wav(tmp_path / "clip.wav", voice(sr, 0.3, hz=210.0), sr, subtype)
    values = compute(SETS, *audio.load(path))
    for name, smile in reference.items():
        assert_equals_the_package(values, smile.process_file(str(path)), name)


def test_two_channels_are_mixed_as_by_the_option_mixdown(opensmile, tmp_path, write_wav):
    channels = np.stack([voice(16000, 0.5), voice(16000, 0.5, seed=2)], axis=1)
    path = write_wav(tmp_path / "stereo.wav", channels)
    options = {"mixdown": True, "channels": [0, 1]}
    smile = opensmile.Smile(opensmile.FeatureSet.eGeMAPSv02, opensmile.FeatureLevel.Functionals, **options)
    assert_equals_the_package(compute(SETS[:1], *audio.load(path)), smile.process_file(str(path)), "egemaps")


def test_samples_beyond_full_scale_are_limited_and_do_not_wrap_around(opensmile):
    y = voice(16000, 0.5)
    limited, beyond = y * (0.999 / np.abs(y).max()), y * (1.001 / np.abs(y).max())
    first, second = (compute(SETS[:1], signal, 16000)["egemaps"] for signal in (limited, beyond))
    np.testing.assert_allclose(second[0], first[0], atol=0.1)
    assert abs(second[-1] - first[-1]) < 0.1, "level in dB"


def test_a_clip_has_the_same_values_after_any_other_clip(opensmile):
    first, other = voice(16000, 0.2), voice(22050, 0.3, hz=320.0)
    values = [compute(SETS, y, sr) for y, sr in ((first, 16000), (other, 22050), (first, 16000))]
    assert [s.name for s in SETS if not np.array_equal(values[0][s.name], values[2][s.name])] == []


def test_the_package_is_opened_once_for_many_clips(opensmile, monkeypatch):
    opened = []
    smile = opensmile.Smile
    monkeypatch.setattr(opensmile, "Smile", lambda *given, **options: opened.append(given) or smile(*given, **options))
    own._open.cache_clear()
    for hz in (120.0, 180.0, 240.0):
        compute(SETS[:2], voice(16000, 0.2, hz=hz), 16000)
    assert len(opened) == 2


def test_it_prints_and_writes_nothing(opensmile, monkeypatch, tmp_path, capfd):
    monkeypatch.chdir(tmp_path)
    own._open.cache_clear()
    compute(SETS, voice(16000, 0.3), 16000)
    assert capfd.readouterr() == ("", "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("sr", [4000, 11025, 16000, 48000])
def test_60_ms_are_enough_and_less_is_an_error(opensmile, sr):
    needed = int(np.ceil(0.06 * sr))
    y = voice(sr, 0.1)
    assert all(np.isfinite(values).all() for values in compute(SETS, y[:needed], sr).values())
    with pytest.raises(FeatureError, match=r"too short: 5\d\.\d ms, openSMILE needs at least 60 ms"):
        compute(SETS[:1], y[: needed - 1], sr)


def test_values_that_are_no_numbers_are_an_error_of_the_clip(monkeypatch):
    columns = np.array([[[1.0, 2.0], [np.nan, 1.0], [3.0, np.inf]]])
    monkeypatch.setattr(own, "_open", lambda *_: lambda y, sr: columns)
    with pytest.raises(FeatureError, match="openSMILE gives NaN or infinity in 2 of 3 columns"):
        compute([FEATURE_SETS["egemaps-frames"]], voice(16000, 0.1), 16000)


AFTER_TENSORFLOW = """
import ctypes, hashlib, pathlib, ssl, sys
from importlib.util import find_spec
import numpy as np
from ser_bench.features import FEATURE_SETS, compute

(folder,) = find_spec("tensorflow").submodule_search_locations
for library in pathlib.Path(folder).glob("libtensorflow_framework.so*"):
    ctypes.CDLL(str(library), mode=ctypes.RTLD_GLOBAL)  # as TensorFlow loads it
np.save(sys.argv[2], compute([FEATURE_SETS["egemaps"]], np.load(sys.argv[1]), 16000)["egemaps"])
"""


def test_values_are_the_same_after_tensorflow_whose_library_has_functions_of_equal_names(opensmile, tmp_path):
    y = voice(16000, 0.3)
    np.save(tmp_path / "y.npy", y)
    subprocess.run([sys.executable, "-c", AFTER_TENSORFLOW, tmp_path / "y.npy", tmp_path / "values.npy"], check=True)
    assert np.array_equal(np.load(tmp_path / "values.npy"), compute(SETS[:1], y, 16000)["egemaps"])


def test_a_package_in_a_folder_that_is_not_ascii_is_a_clear_error(opensmile, monkeypatch):
    monkeypatch.setattr(opensmile.Smile, "default_config_root", "/home/josé/config")
    monkeypatch.setattr(opensmile.Smile, "config_path", "/home/josé/config/x.conf")
    own._open.cache_clear()
    with pytest.raises(FeatureError, match="a folder whose name is not ASCII; install it in another folder"):
        compute(SETS[:1], voice(16000, 0.1), 16000)


def test_the_version_of_the_package_is_part_of_the_key(monkeypatch):
    keys = {set_key(FEATURE_SETS["egemaps"])}
    monkeypatch.setattr(own, "installed_version", lambda name: f"{name} of tomorrow")
    assert FEATURE_SETS["egemaps"].parameters["opensmile"] == "opensmile of tomorrow"
    keys.add(set_key(FEATURE_SETS["egemaps"]))
    assert len(keys) == 2


def test_sets_join_with_sets_of_their_kind_and_frames():
    assert [s.name for s in parse("functionals+egemaps+compare")] == ["functionals", "egemaps", "compare"]
    assert len(parse("egemaps-frames+compare-frames")) == 2
    with pytest.raises(ConfigError, match=r"logmel \(speech\), egemaps-frames \(opensmile\); join sets of one grid"):
        parse("logmel+egemaps-frames")


def test_groups_of_egemaps_are_the_families_of_its_paper():
    sizes = {name: len(columns) for name, columns in FEATURE_SETS["egemaps"].groups.items()}
    assert sizes == {
        "F0 and voicing": 10,
        "loudness and energy": 11,
        "spectral shape": 17,
        "MFCC": 16,
        "voice quality": 10,
        "formants": 18,
        "rate and pauses": 6,
    }


@pytest.fixture
def without_opensmile(monkeypatch):
    """Hide the package, as if it were not installed."""
    find = features.find_spec
    monkeypatch.setattr(features, "find_spec", lambda name: None if name == "opensmile" else find(name))


@pytest.mark.usefixtures("without_opensmile")
@pytest.mark.parametrize("text", ["egemaps", "functionals+compare", "egemaps-frames"])
def test_a_set_without_its_package_says_what_to_install(text):
    with pytest.raises(MissingExtraError, match=r"needs an extra: pip install 'ser-bench\[opensmile\]'"):
        parse(text)


@pytest.mark.usefixtures("without_opensmile")
def test_a_run_without_the_package_ends_with_one_line(capsys, tmp_path):
    status = call(["run", "--features", "egemaps", "--corpus", "demo", "--out", str(tmp_path / "out")])
    assert status == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == ["ser-bench: feature set egemaps needs an extra: pip install 'ser-bench[opensmile]'"]
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_the_description_names_licence_and_package(capsys, name):
    assert call(["features", name]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "licence audEERING Research License: no commercial use of the toolkit or its features" in text
    assert "needs opensmile" in text


@pytest.mark.corpus
def test_values_equal_those_of_the_package_on_ravdess(reference):
    clips = sorted(Path(os.environ.get("SER_BENCH_DATA", "missing"), "ravdess").rglob("*.wav"))
    if not clips:
        pytest.skip("needs SER_BENCH_DATA with ravdess")
    mono = [path for path in clips[::60] if soundfile.info(path).channels == 1]  # the package hears one channel
    assert mono
    for path in mono:
        values = compute(SETS, *audio.load(path))
        for name, smile in reference.items():
            assert_equals_the_package(values, smile.process_file(str(path)), name)

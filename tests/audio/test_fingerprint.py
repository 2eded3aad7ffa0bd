"""Near-identical clips: altered copies of a recording are found, other takes and short words are not."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile
from scipy import signal

from ser_bench.audio.copies import find_near_identical
from ser_bench.audio.copies.alignment import coherence, is_copy
from ser_bench.audio.copies.fingerprint import INAUDIBLE, fingerprint, suggest_copies
from ser_bench.audio.resample import resample

SR = 16000


def take(seed: int) -> np.ndarray:
    """Return a second or two of something like syllables: bursts of tone and noise, float32."""
    rng = np.random.default_rng(seed)
    parts = [np.zeros(1600)]
    for _ in range(6):
        t = np.arange(int(rng.uniform(0.12, 0.3) * SR)) / SR
        tone = np.sin(2 * np.pi * rng.uniform(100, 300) * t) + rng.uniform(0.05, 0.5) * rng.standard_normal(t.size)
        parts += [rng.uniform(0.05, 0.4) * np.hanning(t.size) * tone, np.zeros(int(rng.uniform(0, 0.1) * SR))]
    return np.concatenate([*parts, np.zeros(3200)]).astype(np.float32)


def coded(y: np.ndarray, kind: str, sr: int = SR, subtype: str | None = None) -> tuple[np.ndarray, int]:
    buffer = io.BytesIO()
    soundfile.write(buffer, y, sr, format=kind, subtype=subtype)
    buffer.seek(0)
    return soundfile.read(buffer, dtype="float32")


def band(y: np.ndarray, sr: int, edges: float | tuple[float, float], kind: str) -> np.ndarray:
    return signal.sosfilt(signal.butter(4, edges, kind, fs=sr, output="sos"), y).astype(np.float32)


def noisy(y: np.ndarray) -> np.ndarray:
    noise = np.random.default_rng(0).standard_normal(y.size).astype(np.float32)
    return y + 0.01 * np.sqrt(np.mean(y**2)) * noise


COPIES = {
    "gain": lambda y: (0.2 * y, SR),
    "inverted": lambda y: (-y, SR),
    "offset": lambda y: (y + 0.05, SR),
    "padded": lambda y: (np.pad(y, (3500, 9000)), SR),
    "cut in its silence": lambda y: (y[1000:], SR),
    "ogg": lambda y: coded(y, "OGG"),
    "noise at -40 dB": lambda y: (noisy(y), SR),
    "twice the rate": lambda y: (np.repeat(y, 2), 2 * SR),
    "high-pass": lambda y: (band(y, SR, 300, "highpass"), SR),
    "telephone": lambda y: coded(band(resample(y, SR, 8000), 8000, (300, 3400), "bandpass"), "WAV", 8000, "ULAW"),
    "mp3": lambda y: coded(y, "MP3"),
    "8 kHz": lambda y: (resample(y, SR, 8000), 8000),
    "cut in its speech": lambda y: (y[6000:], SR),
}


@pytest.fixture(scope="module")
def takes() -> list[np.ndarray]:
    """Return takes that differ, as another speaker's or another sentence do."""
    return [take(seed) for seed in range(12)]


@pytest.mark.parametrize("change", COPIES)
def test_an_altered_copy_is_found_among_other_takes(takes, change):
    sounds = [*((y, SR) for y in takes), COPIES[change](takes[3])]
    assert suggest_copies([fingerprint(*sound) for sound in sounds]) == [(3, 12)]
    assert is_copy(*sounds[3], *sounds[12])


def word(seed: int) -> np.ndarray:
    """Return a word of 0.35 s: one vowel and one fricative of one speaker, each time with other phases and pitch."""
    rng = np.random.default_rng(seed)
    t = np.arange(int(0.35 * SR)) / SR
    pitch = 2 * np.pi * np.cumsum(120 * (1 + 0.03 * rng.standard_normal() + 0.02 * np.sin(2 * np.pi * 3 * t))) / SR
    vowel = sum(np.sin(k * pitch + rng.uniform(0, 2 * np.pi)) / k for k in range(1, 25))
    fricative = band(rng.standard_normal(t.size), SR, 3000, "highpass")
    return (np.hanning(t.size) * (vowel * (t < 0.2) + fricative * (t >= 0.2))).astype(np.float32)


def test_a_word_said_again_is_no_copy():
    words = [word(seed) for seed in range(13)]
    assert max(coherence(words[0], SR, other, SR) for other in words[1:]) < 0.7
    assert is_copy(words[0], SR, *COPIES["ogg"](words[0]))


def test_clips_without_sound_are_no_copies():
    silent, click = np.zeros(4000, np.float32), np.eye(1, 4000, 2000, dtype=np.float32)[0]
    codes = [fingerprint(y, SR) for y in (silent, silent, np.ones(400, np.float32))]
    assert all(len(code) and (code == INAUDIBLE).all() for code in codes)
    assert suggest_copies([*codes, fingerprint(click, SR)]) == []
    assert suggest_copies([]) == []
    assert coherence(silent, SR, silent, SR) == 0


def test_a_beep_that_two_clips_share_does_not_make_them_copies(takes):
    beep = 0.1 * np.sin(2 * np.pi * 1000 * np.arange(4000) / SR).astype(np.float32)
    clips = [np.concatenate(parts) for parts in ([beep, takes[0]], [beep, takes[1]], [takes[2], beep])]
    pairs = suggest_copies([fingerprint(y, SR) for y in clips])
    assert not any(is_copy(clips[i], SR, clips[j], SR) for i, j in pairs)


def test_a_file_that_cannot_be_read_any_more_leaves_its_pair_open(takes, tmp_path, write_wav):
    paths = [str(write_wav(tmp_path / f"{i}.wav", y)) for i, y in enumerate((takes[0], 0.5 * takes[0], takes[1]))]
    codes = [fingerprint(y, SR) for y in (takes[0], takes[0], takes[1])]
    assert find_near_identical(paths, codes).pairs == ((0, 1),)
    Path(paths[1]).unlink()
    done = find_near_identical(paths, codes)
    assert (done.pairs, done.unread) == ((), ((0, 1),))

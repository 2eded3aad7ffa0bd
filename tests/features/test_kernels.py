"""Every kernel agrees with its plain version on random input; damaged caches are replaced."""

from __future__ import annotations

import numpy as np
import pytest

from ser_bench.features.kernels import compile, viterbi
from ser_bench.features.kernels.convolution import convolve
from ser_bench.features.kernels.extremes import extremes
from ser_bench.features.kernels.masking import keep_harmonic
from ser_bench.features.kernels.median import running_median
from ser_bench.features.kernels.overlap import overlap_add
from ser_bench.features.kernels.peaks import spectral_peaks
from ser_bench.features.kernels.sliding_dft import add_magnitudes, slide
from tests.features import reference_kernels as reference


@pytest.fixture
def rng():
    return np.random.default_rng(5)


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (15, 64), (31, 65), (32, 130), (200, 7)])
def test_running_median_is_exact(rng, shape):
    x = rng.standard_normal(shape).astype(np.float32)
    out = np.empty_like(x)
    running_median(x, out)
    assert np.array_equal(out, reference.running_median(x))


def test_running_median_of_ties_and_zeros_is_exact(rng):
    x = rng.integers(0, 3, (120, 90)).astype(np.float32)
    out = np.empty_like(x)
    running_median(x, out)
    assert np.array_equal(out, reference.running_median(x))


def test_running_median_works_across_rows_of_a_transposed_array(rng):
    x = rng.random((40, 70)).astype(np.float32)
    out = np.empty_like(x)
    running_median(x.T, out.T)
    assert np.array_equal(out.T, reference.running_median(x.T))


@pytest.mark.parametrize("length", [1, 5, 40])
def test_dilated_convolutions_count_nothing_outside_the_sequence(rng, length):
    first, dilations = np.array([0, 1, 4, 6]), np.array([1, 3, 8])
    channels, weights = np.array([2, 0, 1, 4, 3, 2]), rng.standard_normal((6, 7)).astype(np.float32)
    steps = rng.standard_normal((5, length)).astype(np.float32)
    out = convolve(steps, first, channels, weights, dilations)
    np.testing.assert_allclose(out, reference.convolve(steps, first, channels, weights, dilations), atol=1e-5)


def test_mask_keeps_the_harmonic_share(rng):
    spectrum = (rng.standard_normal((20, 33)) + 1j * rng.standard_normal((20, 33))).astype(np.complex64)
    harmonic, percussive = rng.random((2, 20, 33)).astype(np.float32)
    spectrum[3], harmonic[5:7], percussive[6:8] = 0, 0, 0
    out = np.empty_like(spectrum)
    parts = (20, 33, 2)
    keep_harmonic(
        spectrum.view(np.float32).reshape(parts),
        np.abs(spectrum),
        harmonic,
        percussive,
        out.view(np.float32).reshape(parts),
    )
    np.testing.assert_allclose(out, reference.keep_harmonic(spectrum, harmonic, percussive), atol=1e-6)


@pytest.mark.parametrize("length", [1, 30, 64, 200, 300])
def test_overlap_add_undoes_framing(rng, length):
    frames = rng.standard_normal((1 + length // 16, 64)).astype(np.float32)
    window = np.hanning(65)[:-1]
    np.testing.assert_allclose(
        overlap_add(frames, window, 16, length),
        reference.overlap_add(frames, window, 16, length),
        rtol=1e-4,
        atol=1e-5,
    )


def test_extremes_equal_those_of_the_sorted_band(rng):
    x = rng.random((50, 40)).astype(np.float32)
    bands = np.array([[0, 9, 1], [8, 20, 3], [20, 20, 0], [20, 40, 5], [39, 40, 1]])
    for ours, plain in zip(extremes(x, bands), reference.extremes(x, bands), strict=True):
        np.testing.assert_allclose(ours, plain, rtol=1e-6)


@pytest.mark.parametrize("hop", [4, 16, 64, 128])
def test_sliding_spectra_equal_the_spectrum_of_each_frame(rng, hop):
    n_fft, first, count, frames = 128, 7, 20, 33
    blocks = rng.standard_normal((frames - 1 + n_fft // hop, hop))
    bins = np.arange(first, first + count)
    block_spectra = blocks @ np.exp(-2j * np.pi / n_fft * np.outer(np.arange(hop), bins))
    real, imaginary = np.empty((2, count, frames), dtype=np.float32)
    slide(
        np.hstack([block_spectra.real, block_spectra.imag]),
        np.exp(2j * np.pi / n_fft * bins * hop),
        real,
        imaginary,
    )
    np.testing.assert_allclose(
        real + 1j * imaginary, reference.spectra(blocks, n_fft, first, count), rtol=1e-5, atol=1e-5
    )


def test_magnitudes_equal_the_matrix_product(rng):
    spectra = (rng.standard_normal((20, 30)) + 1j * rng.standard_normal((20, 30))).astype(np.complex64)
    weights = (rng.standard_normal((6, 20)) * (rng.random((6, 20)) < 0.3)).astype(np.complex64)
    weights *= np.exp(1j * rng.random((6, 1))).astype(np.complex64)
    scale = rng.random(6).astype(np.float32)
    ours, plain = np.ones((2, 6, 30), dtype=np.float32)
    real, imaginary = np.ascontiguousarray(spectra.real), np.ascontiguousarray(spectra.imag)
    add_magnitudes(real, imaginary, weights, scale, ours)
    reference.add_magnitudes(spectra, weights, scale, plain)
    np.testing.assert_allclose(ours, plain, rtol=1e-5)


def test_peak_between_bins_is_interpolated():
    magnitude = np.zeros((2, 50), dtype=np.float32)
    magnitude[0, 19:22] = [1.0, 4.0, 3.0]  # the parabola through these peaks at +0.25, at 4.25
    magnitude[0, 30:33] = [0.0, 0.2, 0.0]  # below a tenth of the frame's largest, 4
    hz, height = spectral_peaks(magnitude, 5, 45, 1000.0, 100)
    np.testing.assert_allclose(hz, [202.5], rtol=1e-6)
    np.testing.assert_allclose(height, [4.125], rtol=1e-6)


@pytest.mark.parametrize("seed", range(8))
def test_viterbi_path_equals_the_plain_search(seed):
    rng = np.random.default_rng(seed)
    frames, lags = 60, 110
    drift = np.cumsum(rng.normal(scale=0.8, size=frames)) + rng.uniform(20, 60)
    tones = np.cos(2 * np.pi * np.arange(lags) / np.abs(drift)[:, None])
    clarity = rng.random((frames, 1))
    correlation = (clarity * tones + (1 - clarity) * rng.normal(scale=0.5, size=(frames, lags))).astype(np.float32)
    quiet = np.clip(rng.normal(size=frames), 0, 1)
    period, strength = viterbi.viterbi_path(correlation, 12, quiet)
    plain_period, plain_strength = reference.viterbi_path(correlation, 12, quiet)
    assert 0 < np.count_nonzero(period) < frames
    np.testing.assert_allclose(period, plain_period, rtol=1e-4)
    np.testing.assert_allclose(strength, plain_strength, rtol=1e-6)


def _double(x):
    return 2 * x


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A cache folder with one compiled kernel."""
    import numba

    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))  # numba reads it again after a test has changed it
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(compile, "CACHED", True)
    assert compile.kernel(_double)(2.0) == 4.0
    return tmp_path


@pytest.mark.parametrize("suffix", [".nbi", ".nbc"])
def test_kernel_with_a_truncated_cache_entry_is_compiled_again(cache, suffix):
    entries = list(cache.rglob(f"*{suffix}"))
    assert entries
    for entry in entries:
        entry.write_bytes(entry.read_bytes()[:20])
    kernel = compile.kernel(_double)
    assert kernel(2.0) == 4.0
    assert not kernel._cached


def test_kernel_with_a_whole_cache_entry_is_not_compiled_again(cache):
    kernel = compile.kernel(_double)
    assert kernel(2.0) == 4.0
    assert sum(kernel._compiled.stats.cache_hits.values()) == 1


def test_kernels_work_without_a_cache_that_can_be_written(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "file" / "cache"))
    monkeypatch.setattr(compile, "CACHED", compile._choose_cache())
    assert not compile.CACHED
    assert compile.kernel(_double)(2.0) == 4.0


def test_errors_of_the_arguments_are_raised():
    with pytest.raises(TypeError, match="not enough arguments"):
        running_median(np.zeros((3, 3), np.float32))


def test_cache_folder_that_cannot_be_made_is_not_usable(tmp_path):
    (tmp_path / "file").write_text("")
    assert not compile._is_usable(tmp_path / "file" / "cache")
    assert compile._is_usable(tmp_path / "new" / "cache")


def test_window_equals_scipy_bit_for_bit():
    from scipy.signal.windows import hann

    from ser_bench.features.librosa_compat.spectrum import N_FFT, window

    np.testing.assert_array_equal(window(), hann(N_FFT, sym=False))

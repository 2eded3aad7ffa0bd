"""Packet loss: the share and the bursts of lost packets, and their concealment."""

from __future__ import annotations

import numpy as np
import pytest

from ser_bench.audio import conditions
from ser_bench.audio.conditions import packets

SR = 16_000
PACKET = 320


def bursts(lost):
    """Return the lengths of the bursts."""
    changes = np.flatnonzero(np.diff(lost, prepend=False, append=False))
    return np.diff(changes)[::2]


def periodic(sr, seconds=1.0, f0=125):
    """Return a sound with 125 Hz and its harmonics."""
    t = np.arange(round(seconds * sr)) / sr
    return (0.1 * sum(np.sin(2 * np.pi * f0 * k * t + k * k) / k for k in range(1, 9))).astype(np.float32)


def lost(*numbers, n_packets=50):
    """Return which packets are lost."""
    return np.isin(np.arange(n_packets), numbers)


@pytest.mark.parametrize("n_packets", [5, 10, 37, 185, 1000])
@pytest.mark.parametrize("percent", [1, 5, 7.5, 10, 20, 50])
def test_the_share_of_lost_packets_is_the_nearest_possible(n_packets, percent):
    for seed in range(20):
        drawn = packets.lost_packets(n_packets, percent, np.random.default_rng(seed))
        assert len(drawn) == n_packets
        assert abs(drawn.sum() - n_packets * percent / 100) <= 0.5


def test_bursts_are_geometric_with_mean_two():
    rng = np.random.default_rng(0)
    lengths = np.concatenate([bursts(packets.lost_packets(2000, 10, rng)) for _ in range(50)])
    assert lengths.mean() == pytest.approx(2, rel=0.03)
    assert np.mean(lengths == 1) == pytest.approx(0.5, abs=0.02)
    assert np.mean(lengths == 2) == pytest.approx(0.25, abs=0.02)


def test_every_packet_is_equally_likely_to_be_lost():
    rng = np.random.default_rng(0)
    share = np.mean([packets.lost_packets(20, 20, rng) for _ in range(2000)], axis=0)
    np.testing.assert_allclose(share, 0.2, atol=0.04)
    assert np.mean(share) == pytest.approx(0.2)


@pytest.mark.parametrize("sr", [8000, 11_025, 48_000, 96_000])
def test_a_lost_packet_of_a_periodic_sound_is_hardly_heard(sr):
    y = periodic(sr)
    first = slice(round(0.4 * sr), round(0.41 * sr))
    concealed = packets.conceal(y, sr, lost(20))
    assert np.sum((concealed - y)[first] ** 2) < 0.01 * np.sum(y[first] ** 2)
    assert np.sum((packets.conceal(y, sr, lost(20, 21)) - y) ** 2) < 0.006 * np.sum(y**2)


def test_received_packets_stay_but_for_the_overlaps():
    y = periodic(SR) + np.float32(0.05) * np.random.default_rng(0).standard_normal(SR).astype(np.float32)
    concealed = packets.conceal(y, SR, lost(20, 30, 31))
    same = np.ones(SR, bool)
    for start, stop, overlap in [(20, 21, 0.008), (30, 32, 0.01)]:
        same[start * PACKET - SR * 15 // 4000 : stop * PACKET + round(overlap * SR)] = False
    np.testing.assert_array_equal(concealed[same], y[same])
    assert (concealed[20 * PACKET : 21 * PACKET] != y[20 * PACKET : 21 * PACKET]).mean() > 0.99


def test_the_concealment_is_full_for_10_ms_and_silent_after_60_ms():
    y = periodic(SR)
    concealed = packets.conceal(y, SR, lost(*range(20, 26)))
    start = 20 * PACKET
    ratio = [np.std(concealed[start + k : start + k + 128]) / np.std(y[start + k : start + k + 128]) for k in (0, 496)]
    assert ratio == pytest.approx([1, 0.5], abs=0.03)
    assert not concealed[start + 960 : 26 * PACKET].any()
    np.testing.assert_array_equal(concealed[26 * PACKET + 160 :], y[26 * PACKET + 160 :])


def test_no_clicks_where_packets_are_lost():
    y = periodic(SR, f0=111)
    concealed = packets.conceal(y, SR, packets.lost_packets(50, 20, np.random.default_rng(3)))
    assert np.abs(np.diff(concealed)).max() < 1.3 * np.abs(np.diff(y)).max()


def test_before_the_first_received_packet_there_is_silence():
    concealed = packets.conceal(periodic(SR), SR, lost(0, 1))
    assert not concealed[: 2 * PACKET].any()
    assert concealed[2 * PACKET :].any()


@pytest.mark.parametrize("name", ["loss-5", "loss-20", "loss-50"])
def test_short_and_silent_clips(name):
    condition = conditions.get(name)
    y = periodic(SR)
    for n_samples in (1, 319, 320, 1600, SR):
        changed, sr = condition.apply(y[:n_samples], SR)
        assert (len(changed), sr) == (n_samples, SR)
    silent, _ = condition.apply(np.zeros(SR, np.float32), SR)
    assert not silent.any()


def test_the_loss_depends_on_the_clip_and_not_on_the_call():
    condition = conditions.get("loss-10")
    first, other = periodic(SR), periodic(SR, f0=140)
    np.testing.assert_array_equal(condition.apply(first, SR)[0], condition.apply(first, SR)[0])
    changed = [np.flatnonzero(condition.apply(y, SR)[0] != y) // PACKET for y in (first, other)]
    assert set(changed[0]) != set(changed[1])
    assert [c.name for c in conditions.parse(["packets"]) if c.common] == ["loss-5"]

"""Signs of altered audio: another sampling rate, other durations than published, or one length for all clips."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from ser_bench.corpora.base import Corpus
from ser_bench.corpora.published import PublishedAudio
from ser_bench.corpora.registry import is_registered

_FEWEST = 20
"""Fewer clips may have one length by chance."""
_SAME_SHARE = 0.5
"""Share of clips of one length from which clips were probably cut or padded. Of RAVDESS it is 5 %, of EmoDB 0.4 %."""
_RANGE_TOLERANCE = 0.1
"""Seconds that a clip may be shorter or longer than published; lossy formats add silence at the ends."""
_MEAN_TOLERANCE = 0.03
"""Largest relative difference from the published mean duration."""
_NEARLY_ALL = 0.95
"""Share of the published clips from which their mean duration is compared."""


def altered_audio_warnings(
    corpus: Corpus, part: str, *, emotions: Sequence[str] = (), samples: Sequence[int], rates: Sequence[int]
) -> Iterator[str]:
    """Yield a warning about clips that are not as published, or that all have one length.

    Parameters
    ----------
    corpus
        The corpus.
    part
        ``speech``, ``song`` or ``all``.
    emotions
        Emotions kept by a filter; empty means all.
    samples
        Number of samples of each clip.
    rates
        Sampling rate of each clip in Hz.

    Yields
    ------
    str
        At most one sentence.
    """
    size = corpus.published_in(part) if is_registered(corpus) else None
    published = size.clips if size and not emotions else 0
    differences = audio_differences(size.audio, published, samples, rates) if size else []
    if differences:
        yield (
            f"{corpus.name} has altered audio: {'; '.join(differences)}; do not compare scores with those of the "
            "published clips"
        )
    elif reason := equal_lengths(samples, rates):
        yield f"{corpus.name}: {reason}"


def audio_differences(
    published: PublishedAudio, published_clips: int, samples: Sequence[int], rates: Sequence[int]
) -> list[str]:
    """Compare rates and durations with the published ones.

    Parameters
    ----------
    published
        The published rate and durations.
    published_clips
        Number of published clips; 0 if the clips are a selection of them.
    samples
        Number of samples of each clip.
    rates
        Sampling rate of each clip in Hz.

    Returns
    -------
    list of str
        A sentence per difference, each with the published value.
    """
    seconds = [count / rate for count, rate in zip(samples, rates, strict=True)]
    differences = [*_rate_difference(published, rates), *_range_difference(published, seconds)]
    mean = _mean_difference(published, published_clips, seconds)
    return differences + ([mean] if mean and len(differences) < 2 else [])


def equal_lengths(samples: Sequence[int], rates: Sequence[int]) -> str:
    """Return a warning about clips that all have one length.

    Parameters
    ----------
    samples
        Number of samples of each clip.
    rates
        Sampling rate of each clip in Hz.

    Returns
    -------
    str
        The warning; empty where lengths differ.
    """
    if len(samples) < _FEWEST:
        return ""
    ((count, rate), clips) = Counter(zip(samples, rates, strict=True)).most_common(1)[0]
    if clips < _SAME_SHARE * len(samples):
        return ""
    return f"{share_of_clips(clips, len(samples))} last exactly {count / rate:.2f} s; they were probably cut or padded"


def _rate_difference(published: PublishedAudio, rates: Sequence[int]) -> Iterator[str]:
    others = Counter(rate for rate in rates if published.rate and rate != published.rate)
    if others:
        listed = ", ".join(f"{rate:,} Hz" for rate, _ in others.most_common(3))
        verb = "has" if others.total() == 1 else "have"
        yield f"{share_of_clips(others.total(), len(rates))} {verb} {listed} (published: {published.rate:,} Hz)"


def _range_difference(published: PublishedAudio, seconds: Sequence[float]) -> Iterator[str]:
    if published.seconds is None:
        return
    shortest, longest = published.seconds
    expected = f"(published: {shortest:.1f} to {longest:.1f} s)"
    ((length, count),) = Counter(round(value, 3) for value in seconds).most_common(1)
    if len(seconds) >= _FEWEST and count >= _SAME_SHARE * len(seconds):
        yield f"{share_of_clips(count, len(seconds))} last {length:.2f} s {expected}"
        return
    outside = [s for s in seconds if not shortest - _RANGE_TOLERANCE <= s <= longest + _RANGE_TOLERANCE]
    if outside:
        verb = "lasts" if len(outside) == 1 else "last"
        low, high = min(outside), max(outside)
        span = f"{low:.2f} s" if f"{low:.2f}" == f"{high:.2f}" else f"{low:.2f} to {high:.2f} s"
        yield f"{share_of_clips(len(outside), len(seconds))} {verb} {span} {expected}"


def _mean_difference(published: PublishedAudio, published_clips: int, seconds: Sequence[float]) -> str:
    if published.hours is None or not seconds or len(seconds) < _NEARLY_ALL * published_clips or not published_clips:
        return ""
    mean, expected = sum(seconds) / len(seconds), 3600 * published.hours / published_clips
    if abs(mean - expected) <= _MEAN_TOLERANCE * expected:
        return ""
    return f"clips last {mean:.2f} s on average (published: {expected:.2f} s)"


def share_of_clips(count: int, total: int) -> str:
    """Return how many of the clips a sentence is about.

    Parameters
    ----------
    count
        Number of those clips.
    total
        Number of all clips.

    Returns
    -------
    str
        Such as ``all 535 clips`` or ``3 of 535 clips``.
    """
    return f"all {total:,} clips" if count == total else f"{count:,} of {total:,} clips"

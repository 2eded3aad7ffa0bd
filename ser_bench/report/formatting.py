"""How names, numbers and intervals are written, the same in every table and chart."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Sequence

from ser_bench.core.text import escape_control
from ser_bench.report.analysis.scores import transductive_models
from ser_bench.runs.results import SavedRun
from ser_bench.runs.results.run_info import CorpusInfo, Work

SYNTHETIC = "SYNTHETIC SPEECH"
"""The label of every table and chart of synthetic speech."""

TRANSDUCTIVE_MARK = "†"
"""The mark after the name of a transductive model in every table and chart."""

TRANSDUCTIVE_NOTE = f"{TRANSDUCTIVE_MARK} predicts from the other test clips as well (transductive)"
"""What the mark means."""

_NO_BREAK = "\N{NO-BREAK SPACE}"

_MOST_PERSONS = 5
"""The most persons with several speaker names that a note lists."""

_TAG = re.compile(r"<(?=[A-Za-z/!?])")


def safe_markdown(text: str) -> str:
    """Escape the HTML tags and control characters of a Markdown document.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
    """
    return _TAG.sub("&lt;", escape_control(text))


def markdown_cell(text: str) -> str:
    """Write text as a cell of a Markdown table: on one line, with ``|`` escaped.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
    """
    return " ".join(text.split()).replace("|", "\\|")


def percent(fraction: float) -> str:
    """Write a fraction as a percentage.

    Parameters
    ----------
    fraction : float

    Returns
    -------
    str
        One decimal, no sign: ``51.2``; ``n/a`` for NaN.
    """
    return "n/a" if math.isnan(fraction) else f"{100 * fraction:.1f}"


def points(difference: float) -> str:
    """Write a difference of fractions in percentage points.

    Parameters
    ----------
    difference : float

    Returns
    -------
    str
        One decimal with its sign: ``+3.1``; ``n/a`` for NaN.
    """
    if math.isnan(difference):
        return "n/a"
    return f"{round(100 * difference, 1) + 0.0:+.1f}"  # adding zero turns -0.0 into +0.0


def percent_interval(low: float, high: float) -> str:
    """Write an interval of fractions as percentages.

    Parameters
    ----------
    low, high : float

    Returns
    -------
    str
        Such as ``[51.2, 58.0]``; empty if an end is NaN.
    """
    return "" if math.isnan(low) or math.isnan(high) else f"[{100 * low:.1f}, {100 * high:.1f}]"


def percent_range(low: float, high: float, by_speaker: Sequence[float] = ()) -> str:
    """Write the interval of a score, or the scores of each speaker where they are too few for an interval.

    Parameters
    ----------
    low, high : float
        Fractions; NaN without an interval.
    by_speaker : sequence of float
        Fractions.

    Returns
    -------
    str
        Such as ``[51.2, 58.0]`` or ``(speakers 51.2, 58.0)``; empty for one speaker.
    """
    interval = percent_interval(low, high)
    if interval or len(by_speaker) < 2:
        return interval
    return f"(speakers {', '.join(map(percent, by_speaker))})"


def points_interval(low: float, high: float) -> str:
    """Write an interval of differences in percentage points.

    Parameters
    ----------
    low, high : float

    Returns
    -------
    str
        Such as ``[+3.1, +9.0]``; empty if an end is NaN.
    """
    return "" if math.isnan(low) or math.isnan(high) else f"[{points(low)}, {points(high)}]"


def p_value(p: float) -> str:
    """Write a p value.

    Parameters
    ----------
    p : float

    Returns
    -------
    str
        Two significant digits, or ``< 0.001``; ``n/a`` for NaN.
    """
    return "n/a" if math.isnan(p) else "< 0.001" if p < 0.001 else f"{p:.3f}" if p < 0.0995 else f"{p:.2f}"


def byte_size(count: float) -> str:
    """Write a number of bytes with a decimal unit.

    Parameters
    ----------
    count : float

    Returns
    -------
    str
        Two significant digits: ``1.2 MB``; ``n/a`` for NaN.
    """
    if math.isnan(count):
        return "n/a"
    for unit in ("B", "kB", "MB"):
        if count < 999.5:
            return f"{count:.2g} {unit}" if count < 99.5 else f"{count:.0f} {unit}"
        count /= 1000
    return f"{count:.2g} GB"


def seconds(duration: float) -> str:
    """Write a duration.

    Parameters
    ----------
    duration : float
        In seconds.

    Returns
    -------
    str
        Two significant digits in ms or s: ``0.43 s``; ``n/a`` for NaN.
    """
    if math.isnan(duration):
        return "n/a"
    if duration < 0.0095:
        return f"{1000 * duration:.1g} ms"
    if duration < 0.95:
        return f"{1000 * duration:.2g} ms" if duration < 0.095 else f"{duration:.2f} s"
    return f"{duration:.1f} s" if duration < 9.95 else f"{duration:,.0f} s"


def work_seconds(work: Work) -> str:
    """Write the time inside all fits of a run, and how much of it earlier runs spent.

    Parameters
    ----------
    work : Work
        The counts and times of the run.

    Returns
    -------
    str
        Such as "1,204 s of training and prediction, 1,100 s of it in earlier runs".
    """
    total = f"{seconds(work.all_fits_seconds)} of training and prediction"
    reused = work.reused_fits_seconds
    return f"{total}, {seconds(reused)} of it in earlier runs" if reused else total


def decibels(share: float) -> str:
    """Write an amplitude in dBFS.

    Parameters
    ----------
    share : float
        The share of full scale.

    Returns
    -------
    str
        One decimal; ``-inf`` for 0.
    """
    return f"{20 * math.log10(share):.1f}" if share > 0 else "-inf"


def plural(count: int, noun: str) -> str:
    """Write a count with its noun.

    Parameters
    ----------
    count : int
    noun : str
        The singular.

    Returns
    -------
    str
        Such as ``1 fold`` or ``1,440 clips``.
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def capitalised(text: str) -> str:
    """Write text with a capital first letter.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
    """
    return text[:1].upper() + text[1:]


def corpus_title(run: SavedRun) -> str:
    """Return the title of a run's corpus, with the corpus name if the title lacks it.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
    """
    corpus = run.info.corpus
    name, title = corpus.name, corpus.title or corpus.name
    return title if name.casefold() in title.casefold() else f"{title} ({name})"


def protocol(run: SavedRun, splits: tuple[str, ...] | None = None) -> str:
    """Describe the protocol of a run: corpus, clips, speakers, labels, folds, repeats, features and seed.

    Parameters
    ----------
    run : SavedRun
    splits : tuple of str or None
        The splits to name; None for every split of the run.

    Returns
    -------
    str
        One line, its parts joined with ``·``.
    """
    info, corpus = run.info, run.info.corpus
    count = len(run.labels)
    labels = plural(count, "emotion") if info.target == "emotion" else f"{count} classes ({info.target})"
    merged = ", ".join(f"{label} as {target}" for label, target in info.options.merge.items())
    folds = run.fits.groupby("split")["fold"].nunique()
    repeats = run.fits["repeat"].nunique()
    parts = [
        corpus_title(run),
        plural(corpus.clips, "clip"),
        plural(corpus.speakers, "speaker"),
        f"{labels} ({merged})" if merged else labels,
        *(f"{name}: {plural(int(folds.get(name, 0)), 'fold')}" for name in splits or info.splits),
        plural(repeats, "repeat") if repeats > 1 else "",
        _input(corpus),
        "each model's own features" if info.features == "auto" else f"features: {info.features}",
        f"seed {info.options.seed}",
    ]
    return " · ".join(filter(None, parts))


def normalisation_note(run: SavedRun) -> str:
    """Describe the normalisation of a run's features.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
        Empty for a run without normalisation.
    """
    if run.info.normalize == "none":
        return ""
    return "Normalised per speaker with the unlabelled clips of the test speakers (transductive)"


def model_title(run: SavedRun, model: str) -> str:
    """Write the name of a model, with :data:`TRANSDUCTIVE_MARK` if it is transductive.

    Parameters
    ----------
    run : SavedRun
    model : str

    Returns
    -------
    str
    """
    return f"{model}{_NO_BREAK}{TRANSDUCTIVE_MARK}" if model in transductive_models(run) else model


def model_titles(run: SavedRun, models: Iterable[str]) -> list[str]:
    """Write the names of models, see :func:`model_title`.

    Parameters
    ----------
    run : SavedRun
    models : iterable of str

    Returns
    -------
    list of str
    """
    return [model_title(run, model) for model in models]


def transductive_note(run: SavedRun, models: Collection[str] | None = None) -> str:
    """Explain the mark of transductive models.

    Parameters
    ----------
    run : SavedRun
    models : collection of str or None
        The models that a table or chart shows; None for every model of the run.

    Returns
    -------
    str
        Empty if none of the models is transductive.
    """
    if not any(models is None or model in models for model in transductive_models(run)):
        return ""
    return TRANSDUCTIVE_NOTE


def transductive_sentence(run: SavedRun) -> str:
    """Name the transductive models of a run.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
        A sentence; empty if there are none.
    """
    titles = model_titles(run, transductive_models(run))
    verb = "predicts" if len(titles) == 1 else "predict"
    names = " and ".join(filter(None, (", ".join(titles[:-1]), *titles[-1:])))
    return f"{names} {verb} from the other test clips as well (transductive)." if titles else ""


def speaker_note(run: SavedRun) -> str:
    """State which speakers are one person, and the assumption about the speakers of several corpora.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
        Empty for one corpus without shared speakers.
    """
    shared = run.info.corpus.shared_speakers
    sentences = [f"{' and '.join(shared[name])} are one speaker ({name})." for name in list(shared)[:_MOST_PERSONS]]
    if len(shared) > _MOST_PERSONS:
        sentences.append(f"{plural(len(shared) - _MOST_PERSONS, 'further person')} in several places: see run.json.")
    if run.info.corpus.corpora:
        which = "All other speakers" if shared else "Speakers"
        sentences.append(f"{which} of different corpora are taken to be different people, and sentences to differ.")
    return " ".join(sentences)


def _input(corpus: CorpusInfo) -> str:
    """Describe what the models got instead of the clips at their own rates; empty if nothing."""
    if corpus.recorded:
        return "features read from a table, no audio"
    return f"all clips at {corpus.sample_rate:,} Hz" if corpus.sample_rate else ""

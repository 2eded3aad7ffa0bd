"""Titles and notes that describe a run: its corpus, protocol, models and speakers."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

from ser_bench.core.text import listed, plural, speaker_count
from ser_bench.report.analysis.cache import cached_per_run
from ser_bench.report.analysis.exposure import exposure, heard_corpora, heard_models, unknown_models
from ser_bench.report.analysis.models import BASELINES, model_parameters, quick_models, transductive_models
from ser_bench.report.formatting import plain_value, seconds
from ser_bench.runs.results import SavedRun
from ser_bench.runs.results.losses import loss_sentence
from ser_bench.runs.results.run_info import CorpusInfo, RunInfo, Work
from ser_bench.splits import SPLITS

SYNTHETIC = "SYNTHETIC SPEECH"
"""The label of every table and chart of synthetic speech."""

TRANSDUCTIVE_MARK = "†"
"""The mark after the name of a transductive model in every table and chart."""

TRANSDUCTIVE_NOTE = f"{TRANSDUCTIVE_MARK} predicts from the other test clips as well (transductive)"
"""What the mark means."""

QUICK_MARK = "‡"
"""The mark after the name of a model that quick effort trained, in every table and chart."""

QUICK_NOTE = f"{QUICK_MARK} quick effort: trained for less time than with full effort"
"""What the mark means."""

EXPOSED_MARK = "§"
"""The mark after the name of a model whose features have heard a tested corpus, in every table and chart."""

EXPOSED_NOTE = f"{EXPOSED_MARK} the network behind its features was trained on a tested corpus: no rank on it"
"""What the mark means."""

UNKNOWN_MARK = "?"
"""The mark after the name of a model whose features may have heard a tested corpus, in every table and chart."""

UNKNOWN_NOTE = f"{UNKNOWN_MARK} unknown whether the network behind its features was trained on a tested corpus"
"""What the mark means."""

MARK_NOTES = {
    TRANSDUCTIVE_MARK: TRANSDUCTIVE_NOTE,
    QUICK_MARK: QUICK_NOTE,
    EXPOSED_MARK: EXPOSED_NOTE,
    UNKNOWN_MARK: UNKNOWN_NOTE,
}
"""What each mark after the name of a model means."""

HEARD_MARK = "•"
"""The mark of a score under a condition whose family the model heard in training, in every table and chart."""

HEARD_NOTE = f"{HEARD_MARK} the model heard a condition of this family in training"
"""What the mark means."""

_NO_BREAK = "\N{NO-BREAK SPACE}"

_MARKS = re.compile(f"{_NO_BREAK}([{re.escape(''.join(MARK_NOTES))}]+)")
"""Marks after a name; a question mark elsewhere is none."""

_MARKS_AT_END = re.compile(rf"(?:{_MARKS.pattern})?(?: {HEARD_MARK})?$")

_MOST_PERSONS = 5
"""The most persons with several speaker names that a note lists."""


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
    info = run.info
    folds = run.fits.groupby("split")["fold"].nunique()
    parts = [
        corpus_title(run),
        *_data(run),
        *(f"{name}: {plural(int(folds.get(name, 0)), 'fold')}" for name in splits or info.splits),
        _repeats(run),
        _input(info.corpus),
        _features(info) or "each model's own features",
        f"seed {info.options.seed}",
    ]
    return " · ".join(filter(None, parts))


def settings(run: SavedRun) -> str:
    """Describe a run in less than :func:`protocol`: clips, speakers, labels, models, splits, and what differs.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
        One line, its parts joined with ``·``.
    """
    info = run.info
    models = [model for model in info.models if model not in BASELINES]
    parts = [
        *_data(run),
        plural(len(models), "model") if models else "baselines only",
        plural(len(info.splits), "split"),
        _repeats(run),
        _input(info.corpus),
        _features(info),
        f"{unused(run)} not used" if unused(run) else "",
    ]
    return " · ".join(filter(None, parts))


def split_label(split: str) -> str:
    """Return a split's name for a legend, with what the test clips are to the model.

    Parameters
    ----------
    split : str

    Returns
    -------
    str
    """
    registered = SPLITS.get(split)
    return f"{split}: {registered.condition}" if registered and registered.condition else split


def unused(run: SavedRun) -> str:
    """Count what a run did not use, by kind.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
        Such as "12 clips and 1 class"; empty if the run used everything.
    """
    counts = run.losses["kind"].value_counts(sort=False)
    return listed([plural(int(count), str(kind)) for kind, count in counts.items()]) if len(counts) else ""


def _data(run: SavedRun) -> list[str]:
    """Count clips, speakers and labels, and name merged labels."""
    corpus, count = run.info.corpus, len(run.labels)
    labels = plural(count, "emotion") if run.info.target == "emotion" else f"{count} classes ({run.info.target})"
    merged = ", ".join(f"{label} as {target}" for label, target in run.info.options.merge.items())
    return [
        plural(corpus.clips, "clip"),
        speaker_count(corpus.speakers),
        f"{labels} ({merged})" if merged else labels,
    ]


def _repeats(run: SavedRun) -> str:
    """Count the repeats; empty for one."""
    repeats = run.fits["repeat"].nunique()
    return plural(repeats, "repeat") if repeats > 1 else ""


def losses_note(run: SavedRun) -> str:
    """Count what a run did not use, by kind and reason.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
        A sentence; empty if the run used everything.
    """
    sentence = loss_sentence(run.losses)
    return f"{sentence}; losses.csv has each name." if sentence else ""


def warnings_note(run: SavedRun) -> str:
    """Count the warnings about the data of a run.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
        A sentence; empty if there is none.
    """
    count = len(run.info.warnings)
    return f"{plural(count, 'warning')} about the data; see summary.md." if count else ""


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


@cached_per_run
def model_marks(run: SavedRun) -> Mapping[str, str]:
    """Return the marks of the models that have one.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    mapping of str to str
        Characters of :data:`MARK_NOTES` by model.
    """
    marked: dict[str, Collection[str]] = {
        TRANSDUCTIVE_MARK: transductive_models(run),
        QUICK_MARK: quick_models(run),
        EXPOSED_MARK: heard_models(run),
        UNKNOWN_MARK: unknown_models(run),
    }
    marks = {model: "".join(mark for mark, names in marked.items() if model in names) for model in run.info.models}
    return {model: characters for model, characters in marks.items() if characters}


def marked_title(model: str, marks: Mapping[str, str]) -> str:
    """Write the name of a model with its marks.

    Parameters
    ----------
    model : str
    marks : mapping of str to str
        Marks by model.

    Returns
    -------
    str
    """
    return f"{model}{_NO_BREAK}{marks[model]}" if model in marks else model


def model_title(run: SavedRun, model: str) -> str:
    """Write the name of a model with its marks, see :func:`model_marks`.

    Parameters
    ----------
    run : SavedRun
    model : str

    Returns
    -------
    str
    """
    return marked_title(model, model_marks(run))


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


def split_marks(text: str) -> tuple[str, str]:
    """Divide a text before the marks at its end, which no shortening may cut.

    Parameters
    ----------
    text : str
        A name as :func:`model_title` writes it, or with :data:`HEARD_MARK` after it.

    Returns
    -------
    text, marks : str
        The marks begin with the space before them; empty without any.
    """
    match = _MARKS_AT_END.search(text)
    marks = match[0] if match else ""
    return text.removesuffix(marks), marks


def shortened_title(title: str, most: int = 24) -> str:
    """Cut the end of a long name of a model, but not its marks.

    Parameters
    ----------
    title : str
        As :func:`model_title` writes it.
    most : int
        The most characters without the marks.

    Returns
    -------
    str
    """
    plain, marks = split_marks(title)
    return (plain if len(plain) <= most else plain[: most - 1] + "…") + marks


def mark_notes(run: SavedRun, models: Collection[str] | None = None) -> list[str]:
    """Explain the marks of models.

    Parameters
    ----------
    run : SavedRun
    models : collection of str or None
        The models that a table or chart shows; None for every model of the run.

    Returns
    -------
    list of str
        A note per mark; empty if none of the models has one.
    """
    shown = [model for model in model_marks(run) if models is None or model in models]
    return notes_of_marks("".join(model_titles(run, shown)))


def notes_of_marks(text: str) -> list[str]:
    """Explain the marks that a text has.

    Parameters
    ----------
    text : str
        With names as :func:`model_title` writes them.

    Returns
    -------
    list of str
        A note per mark.
    """
    marks = "".join(_MARKS.findall(text))
    return [note for mark, note in MARK_NOTES.items() if mark in marks]


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
    return f"{listed(titles)} {verb} from the other test clips as well (transductive)." if titles else ""


def exposed_sentence(run: SavedRun) -> str:
    """Name the models that take no rank, because their features have heard a tested corpus.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
        Such as "lda § takes no rank: its features have heard ravdess.", with the splits where these are not all; empty
        if every model takes a rank.
    """
    groups: dict[tuple[str, str], list[str]] = {}
    for model in heard_models(run):
        splits = [split for split in run.info.splits if exposure(run, model, split) == "heard"]
        under = "" if len(splits) == len(run.info.splits) else f" under {listed(splits)}"
        names = list(dict.fromkeys(name for split in splits for name in heard_corpora(run, model, split)))
        groups.setdefault((under, listed(names or ["the tested corpus"])), []).append(model)
    sentences = []
    for (under, corpora), models in groups.items():
        verb, whose = ("takes", "its") if len(models) == 1 else ("take", "their")
        titles = listed(model_titles(run, models))
        sentences.append(f"{titles} {verb} no rank{under}: {whose} features have heard {corpora}.")
    return " ".join(sentences)


def unknown_sentence(run: SavedRun) -> str:
    """Name the models of whose features it is unknown whether they have heard a tested corpus.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
        A sentence; empty if there are none.
    """
    titles = model_titles(run, unknown_models(run))
    reason = "was trained on a tested corpus"
    return f"It is unknown whether the network behind the features of {listed(titles)} {reason}." if titles else ""


def quick_sentence(run: SavedRun) -> str:
    """Name the models that quick effort trained.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
        A sentence; empty if there are none.
    """
    titles = model_titles(run, quick_models(run))
    verb = "is" if len(titles) == 1 else "are"
    return f"{listed(titles)} {verb} trained for less time than with full effort (quick effort)." if titles else ""


def quick_parameters(run: SavedRun) -> str:
    """State which parameters quick effort replaced, with both values.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    str
        A sentence; empty if there are none.
    """
    used, by_change = model_parameters(run), dict[str, list[str]]()
    for model in quick_models(run):
        changes = [
            f"{name} {plain_value(used.get(model, {}).get(name))} instead of {plain_value(value)}"
            for name, value in run.info.full_parameters.get(model, {}).items()
        ]
        if changes:
            by_change.setdefault(", ".join(changes), []).append(model_title(run, model))
    parts = [f"{listed(titles)} with {change}" for change, titles in by_change.items()]
    return f"Quick effort trains {'; '.join(parts)}." if parts else ""


def model_sentences(run: SavedRun) -> list[str]:
    """Name the models that have marks, a sentence per mark.

    Parameters
    ----------
    run : SavedRun

    Returns
    -------
    list of str
        In the order of :data:`MARK_NOTES`; empty if there are none.
    """
    sentences = (transductive_sentence, quick_sentence, exposed_sentence, unknown_sentence)
    return list(filter(None, (sentence(run) for sentence in sentences)))


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
    sentences = [f"{listed(shared[name])} are one speaker ({name})." for name in list(shared)[:_MOST_PERSONS]]
    if len(shared) > _MOST_PERSONS:
        sentences.append(f"{plural(len(shared) - _MOST_PERSONS, 'further person')} in several places: see run.json.")
    if run.info.corpus.corpora:
        which = "All other speakers" if shared else "Speakers"
        sentences.append(f"{which} of different corpora are taken to be different people, and sentences to differ.")
    return " ".join(sentences)


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


def _input(corpus: CorpusInfo) -> str:
    """Describe what the models got instead of the clips at their own rates; empty if nothing."""
    if corpus.recorded:
        return "features read from a table, no audio"
    return f"all clips at {corpus.sample_rate:,} Hz" if corpus.sample_rate else ""


def _features(info: RunInfo) -> str:
    """Describe the feature sets that the run asks for; empty where each model gets its own."""
    if info.features == "auto":
        return ""
    own = f", except those of {listed(tuple(info.own_features))}" if info.own_features else ""
    return f"features: {info.features}{own}"

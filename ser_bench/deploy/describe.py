"""Lines that describe a model file to people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ser_bench.core.text import plural, speaker_count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ser_bench.deploy.manifest import Manifest, Score
    from ser_bench.deploy.onnx import Agreement
    from ser_bench.deploy.train import TrainedFile

SYNTHETIC = "SYNTHETIC SPEECH: this model was trained on synthetic voices; its predictions for real ones mean nothing"
"""The warning that precedes every description of a model of synthetic speech."""


def after_training(file: TrainedFile) -> list[str]:
    """Return the lines that ``ser-bench train`` prints.

    Parameters
    ----------
    file : TrainedFile
        The file that was written.

    Returns
    -------
    list of str
        Model and training data, labels, score, warnings, path and size.
    """
    info = file.info
    sets = "+".join(feature_set.name for feature_set in info.features)
    return [
        f"{info.model.name} with {sets}, trained in {file.fit_seconds:.1f} s on {_training_data(info)}",
        f"labels: {', '.join(info.labels)}",
        score(info),
        *([SYNTHETIC] if info.synthetic else []),
        *([agreement(file.agreement)] if file.agreement else []),
        f"model: {file.path} ({file_size(file.size)})",
    ]


def agreement(check: Agreement) -> str:
    """Return the line about the comparison of an ONNX file with its model.

    Parameters
    ----------
    check : Agreement
        The result of the comparison.

    Returns
    -------
    str
        Rows, largest difference and tolerance.
    """
    rows = "training clips" if check.clips else "random rows around the mean of the training data"
    return (
        f"ONNX: same labels as the model on {check.rows:,} {rows}; "
        f"probabilities differ by at most {check.max_difference:.1g} (tolerance {check.tolerance:g})"
    )


def about(info: Manifest) -> list[str]:
    """Return the lines that ``ser-bench model`` prints.

    Parameters
    ----------
    info : Manifest
        The manifest of the file.

    Returns
    -------
    list of str
        The content of the manifest, a line per entry.
    """
    speeds = f", also at speeds {_numbers(info.speeds)}" if info.speeds else ""
    by_label = ", ".join(f"{label} {n['clips']}/{n['speakers']}" for label, n in info.corpus.by_label.items())
    entries = {
        "model": f"{info.model.name} ({info.model.kind}), seed {info.model.seed}",
        "parameters": ", ".join(f"{name}={value}" for name, value in info.model.parameters.items()) or "none",
        "predicts": f"{info.target}: {', '.join(info.labels)}",
        "features": " + ".join(
            f"{s.name} (version {s.version}, {plural(len(s.columns), 'column')})" for s in info.features
        ),
        "sampling rate": f"{info.rate:,} Hz" if info.rate else "as recorded",
        "audio": _audio(info),
        "trained on": f"{_training_data(info)}{speeds}",
        "by label": f"{by_label} (clips/speakers)",
        "score": score(info).removeprefix("score: "),
        "data": f"{info.corpus.title}; licence: {info.corpus.licence or 'not known'}",
        "cite": info.corpus.citation or "not known",
        "fingerprint": info.corpus.fingerprint,
        "created": f"{info.created} with {', '.join(f'{name} {v}' for name, v in info.versions.items())}",
        "intended use": info.intended_use,
    }
    lines = [f"{name + ':':<15}{text}" for name, text in entries.items()]
    limits = [f"{'limits:' if k == 0 else '':<15}{text}" for k, text in enumerate(info.limits)]
    return [*([SYNTHETIC] if info.synthetic else []), *lines, *limits]


def score(info: Manifest) -> str:
    """Return the line with the scores on held-out speakers.

    Parameters
    ----------
    info : Manifest
        The manifest of the file.

    Returns
    -------
    str
        UAR and accuracy with intervals over speakers, or with the score of each speaker where they are few. Without
        held-out speakers, how to measure a score.
    """
    held_out = info.held_out
    if held_out is None:
        return "score: none, since no speaker was held out (--hold-out); ser-bench run measures it"
    count = len(held_out.speakers)
    speakers = f"speaker{'s' * (count != 1)} {', '.join(held_out.speakers)}"
    scores = ", ".join(_with_interval(held_out.scores[name]) for name in ("uar", "accuracy"))
    intervals = " (95 % intervals over speakers)" if held_out.scores["uar"].low is not None else ""
    return f"score: {scores}{intervals} on {plural(held_out.clips, 'clip')} of {speakers}"


def _with_interval(score: Score) -> str:
    text = f"{score.title} {100 * score.value:.1f} %"
    if score.low is not None and score.high is not None:
        return f"{text} [{100 * score.low:.1f}, {100 * score.high:.1f}]"
    each = ", ".join(f"{100 * value:.1f}" for value in score.by_speaker.values())
    return f"{text} (by speaker {each})" if len(score.by_speaker) > 1 else text


def file_size(count: int) -> str:
    """Return a file size as text.

    Parameters
    ----------
    count : int
        Bytes.

    Returns
    -------
    str
        In kB or MB.
    """
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.1f} kB"


def _training_data(info: Manifest) -> str:
    synthetic = " of synthetic speech" if info.synthetic else ""
    speakers = speaker_count(info.corpus.speakers)
    stopping = f", {info.corpus.stopping_clips:,} more for early stopping" if info.corpus.stopping_clips else ""
    return f"{plural(info.corpus.clips, 'clip')}{synthetic} by {speakers} ({info.corpus.name}){stopping}"


def _audio(info: Manifest) -> str:
    """Describe the sound of the training clips."""
    if info.audio is None:
        return "not known"
    rates = " and ".join(f"{rate:,}" for rate in info.audio.rates[:3])
    return f"clips of {info.audio.shortest:.1f} to {info.audio.longest:.1f} s at {rates} Hz"


def _numbers(values: Sequence[float]) -> str:
    return ", ".join(f"{value:g}" for value in values)

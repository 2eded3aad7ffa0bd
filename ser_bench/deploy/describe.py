"""Lines that describe a model file to people."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ser_bench.core.text import listed, plural, speaker_count
from ser_bench.deploy.coverage import COVERAGE
from ser_bench.report.descriptions import HEARD_MARK, HEARD_NOTE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ser_bench.deploy.manifest import ConditionsInfo, CrossValidation, HeldOutScores, Manifest, Score
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
        *(f"{name}: {text}" for name, text in scores(info).items()),
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
    by_label = ", ".join(f"{label} {n['clips']}/{n['speakers']}" for label, n in info.corpus.by_label.items())
    entries = {
        "model": f"{info.model.name} ({info.model.kind}), seed {info.model.seed}{_effort(info)}",
        "parameters": ", ".join(f"{name}={value}" for name, value in info.model.parameters.items()) or "none",
        "predicts": f"{info.target}: {', '.join(info.labels)}",
        "features": " + ".join(
            f"{s.name} (version {s.version}, {plural(len(s.columns), 'column')})" for s in info.features
        ),
        **({"licences": _licences(info)} if _licences(info) else {}),
        "sampling rate": f"{info.rate:,} Hz" if info.rate else "as recorded",
        "audio": _audio(info),
        "trained on": f"{_training_data(info)}{_copies(info)}",
        "by label": f"{by_label} (clips/speakers)",
        **scores(info),
        **({"by condition": "\n".join(by_condition(info))} if by_condition(info) else {}),
        "probabilities": probabilities(info),
        "reliability": reliability(info),
        "data": f"{info.corpus.title}; licence: {info.corpus.licence or 'not known'}",
        "cite": info.corpus.citation or "not known",
        "fingerprint": info.corpus.fingerprint,
        "created": f"{info.created} with {', '.join(f'{name} {v}' for name, v in info.versions.items())}",
        "intended use": info.intended_use,
    }
    lines = [line for name, text in entries.items() for line in _indented(name, text.split("\n"))]
    return [*([SYNTHETIC] if info.synthetic else []), *lines, *_indented("limits", info.limits)]


def _copies(info: Manifest) -> str:
    """Name the copies of clips that the model is trained on."""
    heard = info.model.parameters.get("conditions") or []
    speeds = [f"at speeds {_numbers(info.speeds)}"] if info.speeds else []
    under = [f"under {', '.join(map(str, heard))}"] if isinstance(heard, list) and heard else []
    return f", also {' and '.join([*speeds, *under])}" if speeds or under else ""


def _indented(name: str, texts: Sequence[str]) -> list[str]:
    """Return lines after the name."""
    return [f"{name + ':' if k == 0 else '':<15}{text}" for k, text in enumerate(texts)]


def scores(info: Manifest) -> dict[str, str]:
    """Return the scores as text.

    Parameters
    ----------
    info : Manifest
        The manifest of the file.

    Returns
    -------
    dict of str to str
        ``score``: UAR and accuracy of the cross-validation with intervals over speakers, or why there are none.
        ``sets``: how often a prediction set holds the true label. ``held out``: UAR and accuracy on the held-out
        speakers. ``conditions``: the recording conditions that the model was tested under, and the range of UAR.
    """
    entries = {"score": f"{_cross_validated(info)}{_heard(info)}"}
    if info.cross_validation and "coverage" in info.cross_validation.scores:
        entries["sets"] = _sets(info.cross_validation)
    if info.conditions is not None:
        entries["conditions"] = _conditions(info.conditions)
    if info.held_out is not None:
        entries["held out"] = _held_out(info.held_out)
    if info.held_out is not None and info.cross_validation is None:
        del entries["score"]
    return entries


def _conditions(info: ConditionsInfo) -> str:
    """Say under which recording conditions the model was tested, and between which scores."""
    others = info.tested[1:]
    if not others:
        return "tested on clean speech only; --conditions phone,noise tests others"
    best, worst = (choose(others, key=lambda tested: tested.uar) for choose in (max, min))
    return (
        f"tested under {plural(len(others), 'recording condition')}: UAR from {100 * worst.uar:.1f} % "
        f"({worst.name}) to {100 * best.uar:.1f} % ({best.name})"
    )


def by_condition(info: Manifest) -> list[str]:
    """Return the UAR under each recording condition.

    Parameters
    ----------
    info : Manifest
        The manifest of the file.

    Returns
    -------
    list of str
        A line per family, and a note where the model heard some; empty for a model that was tested on clean speech.
    """
    others = [] if info.conditions is None else info.conditions.tested[1:]
    heard = {tested.family: tested.heard for tested in others}
    lines = [
        f"{family}{HEARD_MARK if is_heard else ''}: "
        + ", ".join(f"{tested.name} {100 * tested.uar:.1f} %" for tested in others if tested.family == family)
        for family, is_heard in heard.items()
    ]
    return [*lines, *([HEARD_NOTE] if any(heard.values()) else [])]


def _cross_validated(info: Manifest) -> str:
    validation = info.cross_validation
    if validation is None:
        reason = info.no_score or "no speaker was held out"
        return f"none ({reason}); ser-bench run measures it"
    listed = ", ".join(_with_interval(validation.scores[name]) for name in ("uar", "accuracy"))
    intervals = " (95 % intervals over speakers)" if validation.scores["uar"].low is not None else ""
    folds = validation.folds
    return (
        f"{listed}{intervals}, cross-validated on new speakers: {speaker_count(validation.speakers)} in "
        f"{plural(folds, 'fold')}, models trained on {folds - 1}/{folds} of them"
    )


def _heard(info: Manifest) -> str:
    """Return what the score means where a network may have heard the clips that it is measured on."""
    for heard, clause in (
        ("heard", "was trained on this corpus, so the score says nothing about new recordings"),
        ("unknown", "may have been trained on this corpus: its training data is unknown"),
    ):
        names = [feature_set.name for feature_set in info.features if feature_set.heard == heard]
        if names and info.cross_validation is not None:
            return f"; the network of {listed(names)} {clause}"
    return ""


def _licences(info: Manifest) -> str:
    """Return the licences of the feature sets that state one."""
    return "; ".join(f"{s.name}: {s.licence}" for s in info.features if s.licence)


def _sets(validation: CrossValidation) -> str:
    coverage = validation.scores["coverage"].model_copy(update={"by_speaker": {}})
    share = _with_interval(coverage).removeprefix(f"{coverage.title} ")
    size, promised = validation.scores["set_size"].value, 100 * (validation.set_coverage or 0)
    return f"{share} of the {promised:g} % sets hold the true label; a set has {size:.1f} labels on average"


def _held_out(held_out: HeldOutScores) -> str:
    count = len(held_out.speakers)
    speakers = f"speaker{'s' * (count != 1)} {', '.join(held_out.speakers)}"
    listed = ", ".join(_with_interval(held_out.scores[name]) for name in ("uar", "accuracy"))
    intervals = " (95 % intervals over speakers)" if held_out.scores["uar"].low is not None else ""
    return f"{listed}{intervals} on {plural(held_out.clips, 'clip')} of {speakers}"


def probabilities(info: Manifest) -> str:
    """Return whether and how the probabilities are calibrated, with their error.

    Parameters
    ----------
    info : Manifest
        The manifest of the file.

    Returns
    -------
    str
    """
    known = {} if info.cross_validation is None else info.cross_validation.scores
    measured = [_with_interval(known["ece"])] if "ece" in known else []
    measured += [f"log loss {known['log_loss'].value:.2f}"] if "log_loss" in known else []
    if info.calibration is None:
        return "; ".join(["not calibrated", *measured])
    calibration = info.calibration
    speakers = f" of {speaker_count(calibration.speakers)}" if calibration.speakers else ""
    clips = f"calibrated on {plural(calibration.clips, 'held-out clip')}{speakers}"
    return "; ".join([f"{clips} (temperature {calibration.temperature:.2f})", *measured])


def reliability(info: Manifest) -> str:
    """Return what makes a prediction unreliable.

    Parameters
    ----------
    info : Manifest
        The manifest of the file.

    Returns
    -------
    str
    """
    if info.novelty is None:
        return "flags clips without speech; does not recognise features outside the training data"
    share = 100 * (1 - info.novelty.quantile)
    tested = "" if info.conditions is None else ", unlike every tested recording condition or like a costly one"
    return (
        f"flags clips without speech, with noise or a narrow band unlike the training clips{tested}, and with "
        f"features outside the training data ({share:.0f} % of the clips of new speakers too)"
    )


def coverage_warning(info: Manifest, coverage: float) -> str:
    """Return why the prediction sets do not have a coverage.

    Parameters
    ----------
    info : Manifest
        The manifest of the file.
    coverage : float
        The coverage that the user asks for.

    Returns
    -------
    str
        One sentence; empty where they have it, and for the default coverage of a model without sets.
    """
    if info.calibration is None:
        unavailable = "the model is not calibrated, so there are no prediction sets; --coverage is not used"
        return unavailable if coverage != COVERAGE else ""
    clips = info.calibration.clips
    if coverage * (1 + 1 / clips) <= 1:
        return ""
    return (
        f"{plural(clips, 'held-out clip')} calibrate the model, too few for --coverage {coverage:g}: every set holds "
        f"all labels; choose at most {math.floor(1000 * clips / (clips + 1)) / 1000:g}"
    )


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


def _effort(info: Manifest) -> str:
    return ", quick effort: trained for a shorter time" if info.model.effort == "quick" else ""


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

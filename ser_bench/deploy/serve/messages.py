"""Messages of the service for clients and for the page."""

from __future__ import annotations

from ser_bench.core.text import plural, speaker_count
from ser_bench.deploy import describe
from ser_bench.deploy.manifest import Manifest
from ser_bench.deploy.serve.settings import MEGABYTE

NOT_A_FORM = (
    "Send the clip (WAV, FLAC, OGG or MP3) as the field 'file' of multipart/form-data, as in "
    "curl -F file=@clip.wav http://127.0.0.1:8000/predict."
)
"""The message for a request with another type of content."""

_BY_STATUS = {
    400: "Malformed request.",
    404: "Not found; the paths are /, /predict, /model, /health and /openapi.json.",
    405: "Method not allowed.",
    431: "The headers are too large.",
    501: "This transfer encoding is not supported.",
}


def for_status(status: int, max_bytes: int) -> str:
    """Return the message for an HTTP status.

    Parameters
    ----------
    status : int
        HTTP status.
    max_bytes : int
        Size limit of a file.

    Returns
    -------
    str
        One sentence.
    """
    if status == 413:
        return too_large(max_bytes)
    return _BY_STATUS.get(status, "Internal server error." if status >= 500 else "The request was refused.")


def too_large(max_bytes: int) -> str:
    """Return the message for a file that exceeds the size limit.

    Parameters
    ----------
    max_bytes : int
        The limit.

    Returns
    -------
    str
        One sentence.
    """
    size = f"{max_bytes / MEGABYTE:g} MB" if max_bytes >= MEGABYTE else f"{max_bytes / 1000:g} kB"
    return f"The file is larger than {size}."


def to_sentence(reason: str) -> str:
    """Format a reason as a sentence.

    Parameters
    ----------
    reason : str
        An error message in lower case.

    Returns
    -------
    str
        The message with a capital and a full stop.
    """
    return f"{reason[:1].upper()}{reason[1:]}".rstrip(".") + "."


def caution(manifest: Manifest) -> str:
    """Return the first line of the page: the kind of speech that the model was trained on.

    Parameters
    ----------
    manifest : Manifest
        Description of the model.

    Returns
    -------
    str
        One or two sentences.
    """
    if manifest.synthetic:
        return f"{describe.SYNTHETIC}."
    return (
        f"Trained on {manifest.corpus.title}. Most emotion corpora are acted. On speech of another kind, such as "
        "everyday speech, expect a lower accuracy."
    )


def about_probabilities(manifest: Manifest, coverage: float) -> str:
    """Return what the probabilities and the set on the page mean.

    Parameters
    ----------
    manifest : Manifest
        Description of the model.
    coverage : float
        Coverage of the prediction sets.

    Returns
    -------
    str
        One or two sentences.
    """
    if manifest.calibration is None:
        return "Probabilities rank the labels. They are not calibrated."
    return (
        f"The set holds the true label for {100 * coverage:g} % of the clips of new speakers, if they are recorded as "
        "the training data."
    )


def model_facts(manifest: Manifest) -> list[tuple[str, str]]:
    """Return what the page shows about the model.

    Parameters
    ----------
    manifest : Manifest
        Description of the model.

    Returns
    -------
    list of (name, text)
        One pair per row.
    """
    corpus = manifest.corpus
    return [
        ("Model", f"{manifest.model.name} with {' + '.join(s.name for s in manifest.features)}"),
        ("Predicts", f"{manifest.target}: {', '.join(manifest.labels)}"),
        ("Trained on", f"{plural(corpus.clips, 'clip')} by {speaker_count(corpus.speakers)} ({corpus.title})"),
        *((name.capitalize(), text) for name, text in describe.scores(manifest).items()),
        ("Probabilities", describe.probabilities(manifest)),
        ("Reliability", describe.reliability(manifest)),
        ("Licence of the data", corpus.licence or "unknown"),
        ("Intended use", manifest.intended_use),
        ("Limits", " ".join(manifest.limits)),
    ]

"""What the service says to people, in one place."""

from __future__ import annotations

from ser_bench.deploy import describe
from ser_bench.deploy.manifest import Manifest
from ser_bench.deploy.serve.settings import MEGABYTE

_BY_STATUS = {
    400: "The request cannot be understood.",
    404: "There is nothing here; try /, /predict, /model, /health or /openapi.json.",
    405: "This address does not take that method.",
    431: "The headers are too large.",
    501: "This transfer encoding is not known here.",
}


def of_status(status: int, most: int) -> str:
    """Return the sentence of a status that came up before a clip was looked at; ``most`` bytes are allowed."""
    if status == 413:
        return too_large(most)
    return _BY_STATUS.get(status, "Something went wrong here." if status >= 500 else "The request was refused.")


def too_large(most: int) -> str:
    """Return the sentence for a file of more than ``most`` bytes."""
    size = f"{most / MEGABYTE:g} MB" if most >= MEGABYTE else f"{most / 1000:g} kB"
    return f"The file is larger than {size}."


def sentence(reason: str) -> str:
    """Return a reason as a sentence."""
    return f"{reason[:1].upper()}{reason[1:]}".rstrip(".") + "."


def caution(info: Manifest) -> str:
    """Return the line that stands first on the page: what kind of speech the model knows."""
    if info.synthetic:
        return f"{describe.SYNTHETIC}."
    return (
        f"Trained on {info.corpus.title}. Most corpora of emotions are acted; everyday speech sounds different, "
        "and the model guesses badly on it."
    )


def about(info: Manifest) -> list[tuple[str, str]]:
    """Return what the page says of the model, as pairs of a name and a text."""
    return [
        ("Model", f"{info.model.name} with {' + '.join(s.name for s in info.features)}"),
        ("Predicts", f"{info.target}: {', '.join(info.labels)}"),
        ("Trained on", f"{info.corpus.clips:,} clips by {info.corpus.speakers} speakers ({info.corpus.title})"),
        ("Score", describe.score(info).removeprefix("score: ")),
        ("Licence of the data", info.corpus.licence or "not known"),
        ("Intended use", info.intended_use),
        ("Limits", " ".join(info.limits)),
    ]

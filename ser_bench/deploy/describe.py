"""How a model's file is told of, in lines for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ser_bench.deploy.manifest import Manifest, ScoreSaid
    from ser_bench.deploy.onnx import Agreement
    from ser_bench.deploy.train import Made

SYNTHETIC = "SYNTHETIC SPEECH: this model learnt from made-up voices; its answers on real ones mean nothing"


_FEW = 6


def made(done: Made) -> list[str]:
    """Return what is said of a file that was just written."""
    info = done.info
    return [
        f"{info.model.name} with {'+'.join(s.name for s in info.features)}, trained in {done.fit_seconds:.1f} s on "
        f"{_trained_on(info)}",
        f"labels: {', '.join(info.labels)}",
        score(info),
        *([SYNTHETIC] if info.synthetic else []),
        *([agreement(done.agreement)] if done.agreement else []),
        f"model: {done.path} ({size(done.size)})",
    ]


def agreement(found: Agreement) -> str:
    """Return the line that says how well an ONNX file agrees with its model."""
    asked = "training clips" if found.clips else "rows drawn at random around the training data's mean"
    return (
        f"ONNX: answers as the model does on {found.rows:,} {asked}; "
        f"probabilities differ by at most {found.largest:.1g} (allowed: {found.tolerance:g})"
    )


def about(info: Manifest) -> list[str]:
    """Return what a model's file says of itself."""
    told = {
        "model": f"{info.model.name} ({info.model.kind}), seed {info.model.seed}",
        "parameters": ", ".join(f"{name}={value}" for name, value in info.model.parameters.items()) or "none",
        "predicts": f"{info.target}: {', '.join(info.labels)}",
        "features": " + ".join(f"{s.name} (version {s.version}, {len(s.columns)} columns)" for s in info.features),
        "clips heard": f"at {info.rate:,} Hz" if info.rate else "at their own sampling rate",
        "trained on": _trained_on(info) + (f", also at speeds {_listed(info.speeds)}" if info.speeds else ""),
        "by label": ", ".join(f"{label} {n['clips']}/{n['speakers']}" for label, n in info.corpus.by_label.items())
        + " (clips/speakers)",
        "score": score(info).removeprefix("score: "),
        "data": f"{info.corpus.title}; licence: {info.corpus.licence or 'not known'}",
        "cite": info.corpus.citation or "not known",
        "fingerprint": info.corpus.fingerprint,
        "made": f"{info.created} with {', '.join(f'{k} {v}' for k, v in info.versions.items())}",
        "intended use": info.intended_use,
    }
    lines = [f"{name + ':':<14}{text}" for name, text in told.items()]
    limits = [f"{'limits:' if k == 0 else '':<14}{text}" for k, text in enumerate(info.limits)]
    return [*([SYNTHETIC] if info.synthetic else []), *lines, *limits]


def score(info: Manifest) -> str:
    """Return the line with the score on speakers held out, or that there is none."""
    if (held := info.held_out) is None:
        return "score: none, since no speaker was held out (--hold-out); ser-bench run measures it"
    who = f"speaker{'s' * (len(held.speakers) != 1)} {', '.join(held.speakers)}"
    rough = "; an interval over so few is rough" if 1 < len(held.speakers) < _FEW else ""
    measures = ", ".join(_measure(held.scores[name]) for name in ("uar", "accuracy"))
    return f"score: {measures} on {held.clips} clips of {who}{rough}"


def _measure(score: ScoreSaid) -> str:
    ends = "" if score.low is None or score.high is None else f" [{100 * score.low:.1f}, {100 * score.high:.1f}]"
    return f"{score.title} {100 * score.value:.1f} %{ends}"


def size(count: int) -> str:
    """Write a number of bytes."""
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.1f} kB"


def _trained_on(info: Manifest) -> str:
    made_up = " of synthetic speech" if info.synthetic else ""
    return f"{info.corpus.clips:,} clips{made_up} by {info.corpus.speakers} speakers ({info.corpus.name})"


def _listed(numbers: list[float]) -> str:
    return ", ".join(f"{n:g}" for n in numbers)

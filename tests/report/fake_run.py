"""Made-up runs: random predictions whose scores differ by model and split as those of real runs do."""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from ser_bench.core.labels import EMOTIONS
from ser_bench.runs.results import UNCALIBRATED, read_run, write_run
from ser_bench.runs.results.run_info import ConditionInfo, RunInfo
from ser_bench.runs.results.tables import AUDIT, IMPORTANCE, LOSSES
from tests.runs.run_folder import changed_info, make_info

MODELS = {
    "chance": (0.125, 0.0),
    "majority": (0.0, 0.0),
    "svm": (0.56, 0.14),
    "knn": (0.28, 0.34),
    "tree": (0.27, 0.09),
    "forest": (0.48, 0.17),
    "xgboost": (0.51, 0.18),
    "lda": (0.58, 0.08),
    "mlp": (0.54, 0.16),
    "mlp-keras": (0.53, 0.17),
    "cnn1d": (0.555, 0.13),
    "cnn2d": (0.50, 0.15),
    "lstm": (0.44, 0.12),
}
"""The accuracy of each model on new speakers, and what known speakers add."""

_APART = ("actor", "loso", "emobox", "within", "cross")
BASELINES = ("chance", "majority")
NETWORKS = ("mlp-keras", "cnn1d", "cnn2d", "lstm")
TEMPERATURE = 1.5
"""Temperature of every calibrated fit."""

WEIGHTS = {"mlp-keras": 290_000, "cnn1d": 65_000, "cnn2d": 31_000, "lstm": 71_000}
SECONDS = {"chance": 0.002, "majority": 0.001, "knn": 0.01, "lda": 0.09, "xgboost": 6.0, "lstm": 48.0}


CONDITIONS = {
    condition.name: condition
    for condition in (
        ConditionInfo(
            name="white-10",
            kind="white",
            family="noise",
            phrase="in white noise at 10 dB SNR",
            level=10.0,
            unit="dB SNR",
        ),
        ConditionInfo(
            name="white-0",
            kind="white",
            family="noise",
            phrase="in white noise at 0 dB SNR",
            level=0.0,
            unit="dB SNR",
        ),
        ConditionInfo(name="phone", kind="phone", family="telephone", phrase="on the telephone", common=True),
        ConditionInfo(
            name="mp3-16", kind="mp3", family="codecs", phrase="as MP3 at 16 kbit/s", level=16.0, unit="kbit/s"
        ),
        ConditionInfo(
            name="room-0.6",
            kind="room",
            family="rooms",
            phrase="in a room with 0.6 s of reverberation",
            level=0.6,
            unit="s",
            harder="higher",
            common=True,
        ),
        ConditionInfo(name="shift-1", kind="shift-1", family="inaudible", phrase="one sample later", audible=False),
    )
}
"""Facts of recording conditions, in the order of a run."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """The content of a made-up run; ``shortfalls`` maps (model, split, repeat, fold) to a status.

    ``conditions`` maps names to the share of labels that become calm, ``trained_under`` models to condition and family,
    and ``missing`` conditions to a number of clips that could not be changed. ``pretrained``, ``licences``,
    ``exposure`` and ``features_of`` are those of ``run.json``. ``skills`` are accuracies like those of ``MODELS``.
    ``groups`` has the UAR that a model loses when a group of features is shuffled, where that is its own.
    """

    models: tuple[str, ...] = tuple(MODELS)
    splits: tuple[tuple[str, int], ...] = (("actor", 6), ("random", 6))
    labels: tuple[str, ...] = EMOTIONS[:8]
    speakers: int = 24
    clips_per_label: int = 8
    repeats: int = 1
    synthetic: bool = False
    normalize: str = "none"
    target: str = "emotion"
    name: str = "ravdess"
    title: str = "RAVDESS speech"
    corpora: tuple[str, ...] = ()
    transductive: tuple[str, ...] = ()
    quick: tuple[str, ...] = ()
    shortfalls: dict = field(default_factory=dict)
    conditions: dict[str, float] = field(default_factory=dict)
    trained_under: dict = field(default_factory=dict)
    missing: dict[str, int] = field(default_factory=dict)
    pretrained: dict = field(default_factory=dict)
    licences: dict[str, str] = field(default_factory=dict)
    exposure: dict = field(default_factory=dict)
    features_of: dict[str, str] = field(default_factory=dict)
    skills: dict = field(default_factory=dict)
    groups: dict = field(default_factory=dict)

    def sides(self, split: str, fold: int) -> tuple[str, str]:
        """Return the training and test corpora of a fold; speaker s belongs to the corpus s modulo their number."""
        if not self.corpora or split not in ("within", "cross"):
            return ("+".join(self.corpora) or self.name,) * 2
        own = self.corpora[fold % len(self.corpora)]
        return (own if split == "within" else "+".join(c for c in self.corpora if c != own), own)


STAND_IN = b"""<?xml version="1.0"?>
<svg width="90pt" height="60pt" viewBox="0 0 90 60" xmlns="http://www.w3.org/2000/svg" version="1.1"><g/></svg>
"""
"""A file that stands for a chart, where drawing is not what a test is about."""


def stand_in_charts(run) -> dict[str, bytes]:
    """Return a stand-in for every chart of a run, by name."""
    from ser_bench.report.charts.registry import charts_of

    return dict.fromkeys(charts_of(run), STAND_IN)


def save_fake_run(folder: Path, recipe: Recipe, metrics: dict[str, str] | None = None):
    """Write a made-up run into a folder and read it back; ``metrics`` are titles by name."""
    clips = _clips(recipe)
    parts = [
        _fit(recipe, clips, (model, split, repeat), folds)
        for model, (split, folds), repeat in itertools.product(recipe.models, recipe.splits, range(recipe.repeats))
    ]
    columns, predicted, curves = (list(part) for part in zip(*parts, strict=True))
    fits, predictions = pd.DataFrame(_joined(columns)), _joined(predicted)
    predictions = clips.iloc[predictions.pop("clip")].reset_index(drop=True).assign(**predictions)
    curves = pd.concat(curves, ignore_index=True)
    tables = {
        "fits": fits.assign(model_bytes=[1000 * (1 + len(model)) ** 2 for model in fits["model"]]),
        "curves": curves,
        "clips": clips.drop(columns="true"),
        "audit": _audit(recipe, predictions),
        "importance": _importance(recipe, fits),
        "losses": pd.DataFrame([], columns=list(LOSSES.columns)),
    }
    predictions = pd.concat([predictions, *_changed(recipe, predictions)], ignore_index=True)
    metrics = metrics or {"accuracy": "accuracy", "uar": "UAR", "macro_f1": "macro F1"}
    tables["fits"] = tables["fits"].assign(**dict.fromkeys(metrics, fits["uar"]))
    write_run(folder, changed_info(_info(recipe, clips), metrics=metrics), predictions, tables)
    return read_run(folder)


def _joined(parts: list[dict]) -> dict[str, np.ndarray]:
    """Return the columns of all parts, joined; a table is made once because making many takes long."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _full(columns: dict, length: int) -> dict[str, np.ndarray]:
    """Return columns in which each value has been repeated that was given once."""
    return {name: np.broadcast_to(np.asarray(column), length) for name, column in columns.items()}


def _changed(recipe: Recipe, predictions: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Yield the predictions under each condition: some labels become calm, fewer of models trained under the family."""
    spoilt = recipe.labels.index("calm") if "calm" in recipe.labels else 0
    columns = [f"p_{label}" for label in recipe.labels]
    for condition, share in recipe.conditions.items():
        rng = np.random.default_rng(zlib.crc32(condition.encode()))
        family = CONDITIONS[condition].family
        heard = [model for model, under in recipe.trained_under.items() if family in under.values()]
        part = predictions[
            ~predictions["clip"].isin(sorted(set(predictions["clip"]))[: recipe.missing.get(condition, 0)])
        ]
        falls = part["model"].isin(heard).map({True: share / 4, False: share}).to_numpy()
        chosen = (rng.random(len(part)) < falls) & ~part["model"].isin(BASELINES).to_numpy()
        chances = part[columns].to_numpy(copy=True)
        chances[chosen] = np.eye(len(columns))[spoilt]
        predicted = part["predicted"].where(~chosen, recipe.labels[spoilt])
        part = part.assign(condition=condition, predicted=predicted, **dict.fromkeys(UNCALIBRATED, np.float32(np.nan)))
        part[columns] = chances
        yield part


def _clips(recipe: Recipe) -> pd.DataFrame:
    grid = itertools.product(range(1, recipe.speakers + 1), recipe.labels, range(recipe.clips_per_label))
    rows = [
        (f"Actor_{s:02d}/03-01-{label}-{take:02d}-{s:02d}.wav", f"{s:02d}", label)
        for s, label, take in grid
        if not (label == "neutral" and take * 2 >= recipe.clips_per_label)
    ]
    clips = pd.DataFrame(rows, columns=["clip", "speaker", "true"])
    if recipe.corpora:
        prefixes = [recipe.corpora[int(speaker) % len(recipe.corpora)] + "/" for speaker in clips["speaker"]]
        clips = clips.assign(clip=prefixes + clips["clip"], speaker=prefixes + clips["speaker"])
    takes = np.arange(len(clips))
    return clips.assign(
        emotion=clips["true"],
        gender=["male" if int(s[-2:]) % 2 else "female" for s in clips["speaker"]],
        text=np.array(["kids", "dogs"])[takes % 2],
        intensity=np.array(["normal", "strong"])[takes // 2 % 2],
        path=clips["clip"],
    )


def _audit(recipe, predictions):
    """Count what training and test clips of each fold share."""
    rows = []
    for (split, repeat, fold), part in predictions.groupby(["split", "repeat", "fold"]):
        apart = split.startswith(_APART)
        test, speakers = part["clip"].nunique(), part["speaker"].nunique()
        shared = 0 if apart else speakers
        takes = 0 if apart or split == "random-takes" else test * 4 // 5
        counts = (1000, test, 20, speakers, shared, 0 if apart else test, 2, 2, test, 0, takes, 0, 0 if apart else 3)
        rows.append((split, repeat, fold, *counts, *recipe.sides(split, fold), ""))
    return pd.DataFrame(rows, columns=list(AUDIT.columns))


def _importance(recipe, fits):
    """Make energy the most important group of features of every model without groups of its own."""
    lost = {"energy": 0.2, "MFCC": 0.1, "pitch and voice": 0.05, "modulation": -0.01}
    rows = fits[(fits["status"] == "ok") & fits["split"].isin(["actor", "loso", "emobox"]) & (fits["repeat"] == 0)]
    rows = rows[~rows["model"].isin(["chance", "majority"])][["model", "split", "repeat", "fold", "uar"]]
    parts = [rows.iloc[:0].assign(group="", columns=9, uar_shuffled=0.0)]
    parts += [
        part.assign(group=name, columns=9, uar_shuffled=part["uar"] - drop)
        for model, part in rows.groupby("model", sort=False)
        for name, drop in recipe.groups.get(model, lost).items()
    ]
    return pd.concat(parts, ignore_index=True)[list(IMPORTANCE.columns)]


def _fit(recipe, clips, key, folds):
    """Return columns of the fits and predictions of a model in one repeat of a split, and a table of its curves.

    In the predictions, a clip is a row of the clips.
    """
    model, split, repeat = key
    rng = np.random.default_rng(zlib.crc32(f"{model} {split} {repeat}".encode()))
    chances = _chances(recipe, clips, model, split, rng)
    fold, held_out = _folds(clips, split, repeat, folds, rng)
    key = {"model": model, "split": split, "repeat": repeat}
    statuses = [recipe.shortfalls.get((model, split, repeat, f), "ok") for f in range(folds)]
    predicted = np.array(recipe.labels)[chances.argmax(axis=1)]
    columns = {
        "clip": np.arange(len(clips)),
        **key,
        "normalize": recipe.normalize,
        "fold": fold,
        "condition": "clean",
        "predicted": predicted,
    }
    columns |= {f"p_{label}": chances[:, index] for index, label in enumerate(recipe.labels)}
    columns |= _before_calibration(clips["true"], chances, recipe.labels, calibrated=model not in BASELINES)
    finished = held_out & (np.array(statuses) == "ok")[fold]
    seconds = SECONDS.get(model, 1.0) * rng.uniform(0.9, 1.1, folds)
    curves = _curves(key, model, statuses, rng)
    n_train = np.array(_training_sizes(split, fold, held_out, folds))
    right = pd.Series((clips["true"] == predicted).to_numpy()[finished]).groupby(fold[finished]).mean()
    fits = {
        **key,
        **dict.fromkeys(("accuracy", "uar", "macro_f1"), right.reindex(range(folds)).to_numpy()),
        "fold": range(folds),
        "status": statuses,
        "fit_seconds": seconds,
        "n_test": [int((held_out & (fold == f)).sum()) for f in range(folds)],
        "n_train": n_train,
        "trained_clips": n_train,
        "error": ["" if status == "ok" else "ValueError: made up" for status in statuses],
        **_trained(model, split, clips, fold, held_out, folds),
        **_calibrated(model, n_train),
        **_ended(model, curves, folds),
        **_alike(recipe, model),
    }
    predictions = {name: column[finished] for name, column in _full(columns, len(clips)).items()}
    return _full(fits, folds), predictions, curves


def _alike(recipe, model):
    """Return what is alike in all fits of a model."""
    return {
        "corpus": recipe.name,
        "target": recipe.target,
        "features": "functionals",
        "normalize": recipe.normalize,
        "seed": 0,
        "predict_seconds": 0.01,
        "parameters": '{"epochs": 12, "speeds": []}' if model in recipe.quick else "{}",
        "key": "",
        "transductive": "yes" if model in recipe.transductive else "no",
        "batch_difference": 0.0,
        "finished": "2026-01-01T00:05:00+00:00",
        "commit": "",
        "effort": "quick" if model in recipe.quick else "full",
    }


def _before_calibration(true, chances, labels, *, calibrated):
    """Return the scores of probabilities that were overconfident; NaN for a model that is not calibrated."""
    if not calibrated:
        return dict.fromkeys(UNCALIBRATED, np.float32(np.nan))
    p = chances**TEMPERATURE
    p = p / p.sum(axis=1, keepdims=True)
    truth = np.array(labels) == true.to_numpy()[:, None]
    values = (p.max(axis=1), -np.log(p[truth]), ((p - truth) ** 2).sum(axis=1))
    return {name: column.astype("float32") for name, column in zip(UNCALIBRATED, values, strict=True)}


def _calibrated(model, n_train):
    """Return what ``fits.csv`` says about calibration."""
    known = dict.fromkeys(("temperature", "set_threshold", "calibration_clips", "calibration_speakers"), np.nan)
    if model not in BASELINES:
        known = {"temperature": TEMPERATURE, "set_threshold": 0.95, "calibration_speakers": 2}
        known["calibration_clips"] = np.minimum(8, n_train)
    return known


def _ended(model, curves, folds):
    """Return the weights of a network, its epochs, the one with the lowest validation loss, and why training ended."""
    if model not in NETWORKS:
        return {"n_weights": np.nan, "epochs": np.nan, "best_epoch": np.nan, "ended": ""}
    by_fold = curves.groupby("fold")
    best = curves.loc[by_fold["val_loss"].idxmin()].set_index("fold")["epoch"].reindex(range(folds))
    reasons = [("patience", "last epoch")[f % 2] if f in by_fold.groups else "" for f in range(folds)]
    epochs = by_fold["epoch"].max().reindex(range(folds))
    values = {"epochs": epochs.to_numpy(), "best_epoch": best.to_numpy(), "ended": reasons}
    return {"n_weights": np.where(epochs.isna(), np.nan, WEIGHTS[model]), **values}


def _folds(clips, split, repeat, folds, rng):
    """Return the fold of each clip, and which clips are tested; a name such as random-80-20 is a hold-out."""
    speaker = clips["speaker"].str[-2:].astype(int).to_numpy()
    if not split[-1].isdigit():
        fold = speaker % folds if split.startswith(_APART) else rng.permutation(len(clips)) % folds
        return fold, np.full(len(clips), True)
    groups = round(100 / int(split[-2:]))
    if split.startswith("actor") and "twin" not in split:
        return speaker * 0, speaker % groups == 0
    drawn = np.random.default_rng(repeat).permutation(len(clips)) % groups == 0
    return (speaker % folds if "twin" in split else speaker * 0), drawn


def _trained(model, split, clips, fold, held_out, folds):
    """Count the speakers that train each fold, and its test clips of known voices; networks hold out two speakers."""
    apart = split.startswith(_APART)
    names = clips["speaker"].factorize()[0]
    trained = [fold != f if apart else ~(held_out & (fold == f)) for f in range(folds)]
    speakers = [len(np.unique(names[chosen])) for chosen in trained]
    tested = [int((held_out & (fold == f)).sum()) for f in range(folds)]
    fewer = 2 if apart and model in NETWORKS else 0
    return {"trained_speakers": [n - fewer for n in speakers], "trained_voices": [0 if apart else n for n in tested]}


def _training_sizes(split, fold, held_out, folds):
    """Count the clips that train each fold: all of the other speakers for a twin, else those that are not tested."""
    if "twin" in split:
        return [int((fold != f).sum()) for f in range(folds)]
    return [int((~(held_out & (fold == f))).sum()) for f in range(folds)]


def _chances(recipe, clips, model, split, rng):
    """Draw probabilities whose maximum is right about as often as MODELS and the speaker's ease say."""
    size = len(recipe.labels)
    if model == "majority":
        return np.tile(np.eye(size)[-1], (len(clips), 1))
    base, flattery = recipe.skills.get(model, MODELS.get(model, (0.45, 0.1)))
    known = {"random": 1.0, "random-takes": 0.4, "text": 0.7, "emobox": 0.05, "loso": 0.1}
    known = known.get(split, 1.1 if "random" in split else 0.0)
    ease = np.random.default_rng(1).normal(0, 0.12, recipe.speakers)[clips["speaker"].str[-2:].astype(int) - 1]
    skill = np.clip(base + flattery * known + (ease if model != "chance" else 0), 0.02, 0.97)
    codes = np.searchsorted(np.arange(size), pd.Categorical(clips["true"], categories=recipe.labels).codes)
    near = (codes + rng.choice([1, 2, size - 1, size // 2], len(codes))) % size
    chosen = np.where(rng.random(len(codes)) < skill, codes, near)
    chosen = rng.integers(0, size, len(codes)) if model == "chance" else chosen
    logits = rng.normal(0, 1, (len(codes), size)) + 1.5 * np.eye(size)[codes]
    row, best = np.arange(len(codes)), logits.argmax(axis=1)
    logits[row, best], logits[row, chosen] = logits[row, chosen], logits[row, best]
    chances = np.exp(np.where(chosen == codes, 1.3, 0.9)[:, np.newaxis] * logits)
    return (chances / chances.sum(axis=1, keepdims=True)).astype("float32")


def _curves(key, model, statuses, rng):
    names = ["fold", "epoch", "loss", "accuracy", "clean_accuracy", "val_loss", "val_accuracy"]
    rows = []
    for fold, status in enumerate(statuses):
        epochs = int(rng.integers(25, 60)) if model in NETWORKS and status == "ok" else 0
        t = np.arange(1, epochs + 1)
        noise = rng.normal(0, 0.02, (4, epochs))
        loss, held = 0.5 + 1.6 * np.exp(-t / 12), 1.1 + 1.0 * np.exp(-t / 9) + 0.004 * t
        learnt = 0.85 - 0.7 * np.exp(-t / 12) + noise[1]
        columns = (loss + noise[0], learnt, learnt + 0.08, held + 2 * noise[2])
        values = zip(t, *columns, 0.55 - 0.4 * np.exp(-t / 9) + noise[3], strict=True)
        rows += [(fold, *row) for row in values]
    return pd.DataFrame(rows, columns=names).assign(**key)


def _info(recipe: Recipe, clips: pd.DataFrame) -> RunInfo:
    corpus = {
        "name": recipe.name,
        "title": recipe.title,
        "clips": len(clips),
        "speakers": recipe.speakers,
        "emotions": clips["true"].value_counts().to_dict(),
        "labels": list(recipe.labels),
        "corpora": list(recipe.corpora),
    }
    splits = [name for name, _ in recipe.splits]
    options = {"splits": splits, "models": list(recipe.models), "repeats": recipe.repeats}
    options |= {"normalize": recipe.normalize, "target": recipe.target, "effort": "quick" if recipe.quick else "full"}
    full = {model: {"epochs": 40, "speeds": [0.85, 1.17]} for model in recipe.quick}
    described = {"models": list(recipe.models), "synthetic": recipe.synthetic, "full_parameters": full}
    tested = [CONDITIONS[name].model_dump() for name in recipe.conditions]
    described |= {"conditions": tested, "trained_under": recipe.trained_under, "features_of": recipe.features_of}
    exposed = {"pretrained": recipe.pretrained, "licences": recipe.licences, "exposure": recipe.exposure}
    return make_info(corpus, options, **described, **exposed)

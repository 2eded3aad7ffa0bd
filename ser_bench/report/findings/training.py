"""Sentences about the training of networks: why it ended, and which epochs were kept."""

from __future__ import annotations

from math import isnan

import pandas as pd

from ser_bench.core.text import listed, number_range, plural
from ser_bench.report.analysis.models import model_parameters, models_with_copies
from ser_bench.report.analysis.splits import is_speaker_independent
from ser_bench.report.analysis.training import network_training
from ser_bench.runs.results import SavedRun


def training_ends(run: SavedRun, model: str, only: str = "") -> list[str]:
    """State per split why the training of a network ended, and which epochs had the lowest validation loss.

    Parameters
    ----------
    run : SavedRun
    model : str
        A network.
    only : str
        A split, to state its own end only; empty for every split.

    Returns
    -------
    list of str
        A sentence per split, then what became of the network after its best epoch; empty if that is unknown.
    """
    table = network_training(run)
    rows = [row for _, row in table[table["model"] == model].iterrows() if row["patience"] or row["last_epoch"]]
    if not rows:
        return []
    if any(row["refitted"] for row in rows):
        epochs = _refit_epochs(sum(row["patience"] for row in rows), sum(row["last_epoch"] for row in rows))
        after = f"Each network is then trained again on all training clips, {epochs}."
    else:
        after = "The weights of the best epoch are kept."
    members = model_parameters(run)[model].get("members")
    rows = [row for row in rows if row["split"] == only or not only]
    several = isinstance(members, int) and members > 1
    first = f"Epochs and curves are those of the first of {members} networks. " if several else ""
    copies = "Copies at other speeds count in the validation loss. " if model in models_with_copies(run) else ""
    return [*(f"{row['split']}: {_end(row)}." for row in rows), first + copies + after]


def held_out_sentence(run: SavedRun, split: str) -> str:
    """State what the networks hold out of training to measure their validation loss.

    Parameters
    ----------
    run : SavedRun
    split : str

    Returns
    -------
    str
        One or two sentences; empty for a run without networks under the split.
    """
    table = network_training(run)
    rows = table[(table["split"] == split) & table["validated"]]
    if rows.empty:
        return "No clip was held out of training." if (table["split"] == split).any() else ""
    unit = "whole training speakers" if is_speaker_independent(split) else "some of the training clips"
    clips, speakers = rows["held_out_clips"].dropna(), rows["held_out_speakers"].dropna()
    sizes = [f"{number_range(clips.min(), clips.max())} clips"] if len(clips) else []
    if is_speaker_independent(split) and len(speakers):
        count = number_range(speakers.min(), speakers.max())
        sizes.append(f"{count} speaker{'' if count == '1' else 's'}")
    size = f" ({' of '.join(sizes)} on average)" if sizes else ""
    return f"Each fit holds out {unit}{size}. They choose the best epoch; no test clip does."


def endings(patience: int, last_epoch: int) -> str:
    """Write how many fits ended by patience and how many with the last epoch.

    Parameters
    ----------
    patience, last_epoch : int

    Returns
    -------
    str
        Such as "4 by patience and 2 with the last epoch"; empty for no fit.
    """
    counts = {"by patience": patience, "with the last epoch": last_epoch}
    return listed([f"{count} {reason}" for reason, count in counts.items() if count])


def _refit_epochs(patience: int, last_epoch: int) -> str:
    """Write for how many epochs the networks are trained again."""
    if not patience:
        return "for all epochs"
    best = "for as many epochs as were best"
    return f"{best} where patience ended training, else for all epochs" if last_epoch else best


def _end(row: pd.Series) -> str:
    """Write how the fits of one split ended, and what their validation loss was measured on."""
    took = f"{number_range(row['shortest'], row['longest'])} epochs"
    ended = f"training ended after {took}, {endings(row['patience'], row['last_epoch'])}"
    if not row["validated"]:
        return f"{ended}; no clip was held out"
    clips = "held-out clips" if isnan(row["held_out_clips"]) else f"{row['held_out_clips']:,.0f} held-out clips"
    if is_speaker_independent(row["split"]) and not isnan(row["held_out_speakers"]):
        clips += f" of {plural(round(row['held_out_speakers']), 'speaker')}"
    noun = "epoch" if row["first"] == row["last"] else "epochs"
    best = f"the loss on {clips} was lowest in {noun} {number_range(row['first'], row['last'])}"
    return f"{ended}; {best}" + (f", in {plural(row['at_end'], 'fit')} the last one" if row["at_end"] else "")

"""The registered name that a user probably means by an unknown one."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

_SYNONYMS = {
    "rf": "forest",
    "dt": "tree",
    "cart": "tree",
    "xgb": "xgboost",
    "svc": "svm",
    "kneighbors": "knn",
    "lineardiscriminantanalysis": "lda",
    "nn": "mlp",
    "ann": "mlp",
    "neuralnetwork": "mlp",
    "rnn": "lstm",
    "dummy": "majority",
    "baseline": "majority",
    "speaker": "actor",
    "speakers": "actor",
    "speakerindependent": "actor",
    "groupkfold": "actor",
    "kfold": "random",
    "cv": "random",
    "shuffle": "random",
    "leaveonespeakerout": "loso",
    "berlin": "emodb",
    "melspectrogram": "logmel",
    "spectrogram": "logmel",
    "opensmile": "egemaps",
    "onnx": "onnxfile",
    **dict.fromkeys(("ssl", "wav2vec", "wav2vec2", "hubert", "wavlm", "whisper"), "sslnameorfolder"),
}
"""Usual names of models, splits, corpora and feature sets, in lower case without punctuation, with ours."""


def nearest_name(name: str, known: Iterable[str]) -> str:
    """Return the known name that is nearest to an unknown one.

    Parameters
    ----------
    name : str
        The unknown name.
    known : iterable of str
        The known names.

    Returns
    -------
    str
        In this order: the name that differs in case and punctuation only, that of a synonym, one with nearly equal
        letters, the only one that is a word of ``name``, or the most similar one; empty if none is similar.
    """
    by_letters = {_letters(candidate): candidate for candidate in known}
    letters = _letters(name)
    for candidate in (letters, _SYNONYMS.get(letters)):
        if candidate in by_letters:
            return by_letters[candidate]
    if typed := difflib.get_close_matches(letters, by_letters, n=1, cutoff=0.9):
        return by_letters[typed[0]]
    words = [word for word in re.split(r"[\W_]+", name.casefold()) if word in by_letters]
    if len(words) == 1:
        return by_letters[words[0]]
    similar = difflib.get_close_matches(letters, by_letters, n=1, cutoff=0.5)
    return by_letters[similar[0]] if similar else ""


def _letters(name: str) -> str:
    """Return the letters and digits of a name in lower case."""
    return re.sub(r"[\W_]+", "", name.casefold())

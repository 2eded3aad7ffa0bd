"""The parts of a model file beside its manifest: the estimator and its novelty detector."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ser_bench.core.errors import ModelFileError
from ser_bench.deploy.file import state
from ser_bench.deploy.novelty import NoveltyDetector

FIRST_FORMAT_WITH_PARTS = 2
"""Files of an earlier format hold the estimator alone."""

_NAMES = {"estimator", "novelty"}


def pack(estimator: Any, novelty: NoveltyDetector | None) -> dict[str, bytes]:
    """Return the members of a file.

    Parameters
    ----------
    estimator : estimator
        The fitted estimator.
    novelty : NoveltyDetector or None
        The fitted detector.

    Returns
    -------
    dict of str to bytes
        As from :func:`ser_bench.deploy.file.state.pack`.

    Raises
    ------
    ModelFileError
        If the estimator contains an object of a class that a file may not contain.
    """
    return state.pack({"estimator": estimator, "novelty": None if novelty is None else novelty.to_saved()})


def unpack(members: Mapping[str, bytes], file_format: int = FIRST_FORMAT_WITH_PARTS) -> tuple[Any, Any]:
    """Return the parts of a file.

    Parameters
    ----------
    members : mapping of str to bytes
        The result of :func:`pack`.
    file_format : int
        The format that the manifest states.

    Returns
    -------
    estimator : estimator
        The fitted estimator.
    novelty : object
        The saved values of the detector, not yet validated; None where the file has none.

    Raises
    ------
    ModelFileError
        For any other content.
    """
    content = state.unpack(members)
    if file_format < FIRST_FORMAT_WITH_PARTS:
        return content, None
    if not isinstance(content, dict) or set(content) != _NAMES:
        raise ModelFileError("the state of the model has unexpected parts")
    return content["estimator"], content["novelty"]

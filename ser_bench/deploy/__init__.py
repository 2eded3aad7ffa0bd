"""A trained model in one file, and what answers from it. Reading a file runs no code that it holds.

``load_model(path)`` returns a :class:`TrainedModel`; :mod:`ser_bench.deploy.train` trains one and writes its file.
"""

from __future__ import annotations

from ser_bench.deploy.model import Answer, TrainedModel, load_model

__all__ = ["Answer", "TrainedModel", "load_model"]

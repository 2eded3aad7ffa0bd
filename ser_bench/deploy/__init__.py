"""Trained models: one file, predictions, ONNX and an HTTP service. Reading a file runs no code from it.

``load_model(path)`` returns a :class:`TrainedModel`; :mod:`ser_bench.deploy.train` writes its file.
"""

from __future__ import annotations

from ser_bench.deploy.model import Prediction, TrainedModel, load_model

__all__ = ["Prediction", "TrainedModel", "load_model"]

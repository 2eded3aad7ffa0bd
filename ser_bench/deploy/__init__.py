"""Trained models: model files, predictions, ONNX export and an HTTP service.

``load_model(path)`` returns a :class:`TrainedModel` and runs no code from the file;
:mod:`ser_bench.deploy.train` writes the file.
"""

from __future__ import annotations

from ser_bench.deploy.model import Prediction, TrainedModel, load_model

__all__ = ["Prediction", "TrainedModel", "load_model"]

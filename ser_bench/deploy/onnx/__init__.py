"""Trained models as ONNX files for other programs; the file does not contain the feature extraction.

The input ``features`` is float32 ``(n, d)``, or ``(n, t, d)`` padded with NaN for models of sequences. The outputs are
``label`` (string) and ``probabilities``, float32 ``(n, labels)`` in the order of ``labels`` in the metadata.
"""

from __future__ import annotations

from ser_bench.deploy.onnx.check import Agreement
from ser_bench.deploy.onnx.export import check_extra, write

__all__ = ["Agreement", "check_extra", "write"]

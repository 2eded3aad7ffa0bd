"""A trained model as an ONNX file, which other programs can run; features are still for ser-bench to compute.

The file takes ``features``, float32 ``(n, d)`` or, for networks over time, ``(n, t, d)`` padded with NaN, and gives
``label`` (text) and ``probabilities``, float32 ``(n, labels)`` in the order of ``labels`` in its metadata.
"""

from __future__ import annotations

from ser_bench.deploy.onnx.check import Agreement
from ser_bench.deploy.onnx.export import check_extra, write

__all__ = ["Agreement", "check_extra", "write"]

"""The low-level descriptors of eGeMAPSv02 as frames, computed by openSMILE."""

from __future__ import annotations

from ser_bench.features.opensmile import opensmile_set

FEATURE_SET = opensmile_set(
    "egemaps-frames",
    kind="frames",
    configuration="eGeMAPSv02",
    summary="25 low-level descriptors of eGeMAPSv02, every 10 ms",
    source="Eyben et al., The Geneva minimalistic acoustic parameter set (GeMAPS), 2016; computed by openSMILE",
)

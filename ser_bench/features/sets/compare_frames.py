"""The low-level descriptors of ComParE 2016 as frames, computed by openSMILE."""

from __future__ import annotations

from ser_bench.features.opensmile import opensmile_set

FEATURE_SET = opensmile_set(
    "compare-frames",
    kind="frames",
    configuration="ComParE_2016",
    summary="65 low-level descriptors of ComParE 2016, every 10 ms",
    source="Schuller et al., The INTERSPEECH 2016 computational paralinguistics challenge, 2016; computed by openSMILE",
)

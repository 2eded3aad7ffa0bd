"""ComParE 2016, the large set of the paralinguistics challenges, computed by openSMILE."""

from __future__ import annotations

from ser_bench.features.opensmile import opensmile_set

FEATURE_SET = opensmile_set(
    "compare",
    kind="vector",
    configuration="ComParE_2016",
    summary="6,373 functionals of 65 descriptors and their differences (ComParE 2016)",
    source="Schuller et al., The INTERSPEECH 2016 computational paralinguistics challenge, 2016; computed by openSMILE",
)

"""eGeMAPSv02, the extended Geneva parameter set, computed by openSMILE."""

from __future__ import annotations

from ser_bench.features.opensmile import opensmile_set

FEATURE_SET = opensmile_set(
    "egemaps",
    kind="vector",
    configuration="eGeMAPSv02",
    summary="88 functionals of F0, loudness, voice quality, formants and spectrum (eGeMAPSv02)",
    source="Eyben et al., The Geneva minimalistic acoustic parameter set (GeMAPS), 2016; computed by openSMILE",
)

"""GeMAPSv01b, the Geneva minimalistic parameter set, computed by openSMILE."""

from __future__ import annotations

from ser_bench.features.opensmile import opensmile_set

FEATURE_SET = opensmile_set(
    "gemaps",
    kind="vector",
    configuration="GeMAPSv01b",
    summary="62 functionals of F0, loudness, voice quality, formants and spectrum (GeMAPSv01b)",
    source="Eyben et al., The Geneva minimalistic acoustic parameter set (GeMAPS), 2016; computed by openSMILE",
)

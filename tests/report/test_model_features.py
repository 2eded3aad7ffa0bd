"""What reports say about models with other feature sets than the rest of the run."""

from __future__ import annotations

import dataclasses
import json

import pytest

from ser_bench.core.options import ModelTable
from ser_bench.report.analysis.models import variants_without_copies
from ser_bench.report.descriptions import protocol, settings
from ser_bench.report.page.sections.provenance import provenance


@pytest.fixture
def mixed(run):
    tables = {"svm": ModelTable(base="knn", parameters={"speeds": []}, features="functionals+mfcc")}
    options = run.info.options.model_copy(update={"features": "mfcc", "model_tables": tables})
    features_of = dict.fromkeys(run.info.models, "mfcc") | {"svm": "functionals+mfcc"}
    info = run.info.model_copy(update={"options": options, "features_of": features_of})
    texts = {model: json.dumps({"speeds": [0.9] if model == "knn" else []}) for model in info.models}
    fits = run.fits.assign(parameters=run.fits["model"].map(texts))
    return dataclasses.replace(run, info=info, fits=fits)


def test_lines_on_the_run_except_the_models_of_other_features(mixed):
    assert "features: mfcc, except those of svm" in protocol(mixed)
    assert "features: mfcc, except those of svm" in settings(mixed)


def test_the_configuration_that_repeats_the_run_names_them(mixed):
    assert 'base = "knn"\nfeatures = "functionals+mfcc"' in provenance(mixed).configuration


def test_a_model_on_other_features_is_no_variant_without_copies(mixed):
    same = mixed.info.model_copy(update={"features_of": dict.fromkeys(mixed.info.models, "mfcc")})
    assert variants_without_copies(dataclasses.replace(mixed, info=same)) == {"knn": "svm"}
    assert variants_without_copies(mixed) == {}

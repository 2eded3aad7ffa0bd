"""Models whose features have heard a tested corpus."""

from __future__ import annotations

import pytest

from ser_bench.report.analysis.exposure import exposure, heard_models, ranked, unknown_models
from tests.report.fake_run import Recipe, save_fake_run

HEARD = {
    "lda": {"actor": "heard", "random": "heard"},
    "knn": {"random": "heard"},
    "tree": {"actor": "unknown", "random": "unknown"},
}


@pytest.fixture(scope="module")
def exposed(tmp_path_factory):
    models = ("svm", "knn", "tree", "lda", "chance")
    recipe = Recipe(models=models, speakers=8, clips_per_label=4, exposure=HEARD)
    return save_fake_run(tmp_path_factory.mktemp("exposed"), recipe)


def test_a_split_decides_what_counts_as_heard(exposed):
    assert [exposure(exposed, "knn", split) for split in ("actor", "random", None)] == ["no", "heard", "heard"]
    assert [exposure(exposed, model, "actor") for model in ("svm", "lda", "tree")] == ["no", "heard", "unknown"]


def test_models_are_listed_by_what_their_features_have_heard(exposed):
    assert heard_models(exposed) == ["knn", "lda"]
    assert heard_models(exposed, "actor") == ["lda"]
    assert unknown_models(exposed) == ["tree"]


def test_a_heard_model_takes_no_rank_and_an_unknown_one_does(exposed):
    assert ranked(exposed, exposed.info.models) == ["svm", "knn", "tree", "chance"]
    assert ranked(exposed, ["lda", "knn"], "random") == []

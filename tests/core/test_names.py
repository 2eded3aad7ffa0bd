"""The name that is meant by an unknown one."""

from __future__ import annotations

import pytest

from ser_bench import corpora, features, models, splits
from ser_bench.core.errors import UnknownNameError
from ser_bench.core.names import nearest_name


@pytest.mark.parametrize(
    ("registry", "name", "meant"),
    [
        (corpora.CORPORA, "RAVDESS", "ravdess"),
        (corpora.CORPORA, "CREMA-D", "cremad"),
        (corpora.CORPORA, "ravdess_speech", "ravdess"),
        (models.MODELS, "SVM", "svm"),
        (models.MODELS, "random-forest", "forest"),
        (models.MODELS, "RF", "forest"),
        (models.MODELS, "decision-tree", "tree"),
        (models.MODELS, "k-nn", "knn"),
        (models.MODELS, "MLP_Keras", "mlp-keras"),
        (features.FEATURE_SETS, "MFCC", "mfcc"),
        (features.FEATURE_SETS, "mfcc_frames", "mfcc-frames"),
        (splits.SPLITS, "speaker-independent", "actor"),
        (models.MODELS, "qqqq", ""),
        (("lda", "lda-network"), "lda-netwrk", "lda-network"),
        (("lda", "lda-network"), "lda-other", "lda"),
        ((*features.FEATURE_SETS, "ssl:NAME_OR_FOLDER"), "WavLM", "ssl:NAME_OR_FOLDER"),
    ],
)
def test_the_registered_name_is_found_despite_case_punctuation_and_synonyms(registry, name, meant):
    assert nearest_name(name, registry) == meant


def test_the_error_names_it():
    with pytest.raises(UnknownNameError, match="unknown model 'K-NN'; did you mean 'knn'"):
        models.get("K-NN")

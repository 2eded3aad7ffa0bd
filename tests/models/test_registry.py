"""The registry: names, parameters, variants, and that asking costs nothing."""

import pickle
import subprocess
import sys

import pytest

from ser_bench import models
from ser_bench.core.errors import ConfigError, UnknownNameError

PROMISED = "chance majority svm linear ridge knn tree forest xgboost lda mlp ensemble mlp-keras cnn1d cnn2d lstm"


def test_the_promised_models_are_there():
    assert list(models.MODELS) == PROMISED.split()


def test_an_unknown_model_names_the_nearest():
    with pytest.raises(UnknownNameError, match="'cnn1d'"):
        models.get("cnn1")


def test_an_unknown_parameter_names_the_nearest():
    with pytest.raises(ConfigError, match="did you mean 'dropout'"):
        models.build("cnn1d", drop_out=0.1)


def test_a_model_without_parameters_says_so():
    with pytest.raises(ConfigError, match="it takes none"):
        models.build("majority", C=1)


@pytest.mark.parametrize(
    ("name", "wrong", "message"),
    [
        ("svm", {"C": "six"}, "invalid value for C of model 'svm': expected a number > 0, got 'six'"),
        ("svm", {"C": 0}, "expected a number > 0, got 0"),
        ("svm", {"balance": 1}, "expected true or false, got 1"),
        ("svm", {"kernel": 3}, "expected one of 'rbf', 'linear'"),
        ("svm", {"gamma": "wide"}, "expected a number > 0 or a text such as '0.3/d' or one of"),
        ("lda", {"shrinkage": 2}, "expected a number ≥ 0 and ≤ 1 or 'auto', got 2"),
        ("forest", {"n_estimators": 2.5}, "expected an integer ≥ 1, got 2.5"),
        ("forest", {"n_estimators": True}, "expected an integer ≥ 1, got True"),
        ("mlp", {"hidden": 64}, "expected a list, each an integer ≥ 1, got 64"),
        ("mlp", {"hidden": ["wide"]}, r"got \['wide'\]"),
        ("cnn1d", {"schedule": ["cosine"]}, "expected one of 'cosine', 'constant'"),
    ],
)
def test_a_value_that_a_parameter_does_not_take_is_refused(name, wrong, message):
    with pytest.raises(ConfigError, match=message):
        models.build(name, **wrong)


@pytest.mark.parametrize("name", list(models.MODELS))
def test_every_parameter_has_a_description_and_says_what_it_takes(name):
    model = models.get(name)
    for parameter, declared in model.schema.model_fields.items():
        assert declared.description
        assert model.allowed(parameter)


def test_whole_numbers_pass_for_numbers_and_words_may_become_numbers():
    pipeline = models.build("svm", calibrate=False, C=2, gamma=0.01)
    assert pipeline[-1].C == 2.0
    assert pipeline[-1].gamma == 0.01
    assert models.build("svm", calibrate=False, gamma="1e-3/d")[-1].gamma == "1e-3/d"
    assert models.build("lda", calibrate=False, shrinkage="auto")[-1].shrinkage == "auto"


@pytest.mark.parametrize("value", [1, 5, 1.0, 0.5, "sqrt"])
def test_a_forest_takes_a_number_of_columns_as_well_as_a_share(value):
    forest = models.build("forest", calibrate=False, max_features=value)[-1]
    assert forest.max_features == value
    assert type(forest.max_features) is type(value)


def test_tuples_pass_for_lists():
    assert models.variant("svm", "svm", {"speeds": (0.9, 1.1)}).parameters["speeds"] == [0.9, 1.1]
    assert models.build("mlp", calibrate=False, hidden=(64, 32))[-1].hidden_layer_sizes == (64, 32)


@pytest.mark.parametrize("name", list(models.MODELS))
def test_every_default_is_a_plain_value_of_a_configuration_file(name):
    plain = (bool, int, float, str)
    for value in models.get(name).parameters.values():
        assert isinstance(value, plain) or (isinstance(value, list) and all(isinstance(v, plain) for v in value))


def test_a_variant_keeps_the_base_and_changes_what_it_says():
    deep = models.variant("cnn1d", "cnn1d-deep", {"filters": [32, 64, 64, 96]})
    estimator = models.build(deep, calibrate=False, epochs=3)
    assert deep.name == "cnn1d-deep"
    assert estimator.architecture["filters"] == [32, 64, 64, 96]
    assert estimator.epochs == 3
    assert models.get("cnn1d").parameters["filters"] != [32, 64, 64, 96]


def test_a_variant_needs_a_name_of_its_own():
    with pytest.raises(ConfigError, match="another name"):
        models.variant("svm", "knn", {})


def test_a_variant_with_an_unknown_parameter_is_refused():
    with pytest.raises(ConfigError, match="'n_neighbors'"):
        models.variant("knn", "knn-9", {"n_neighbours": 9})


def test_models_travel_to_other_processes():
    """A variant is pickled with the function that builds it."""
    sent = pickle.loads(pickle.dumps(models.variant("lstm", "lstm-wide", {"units": 96})))
    assert models.build(sent, calibrate=False).architecture["units"] == 96


def test_every_source_is_a_module_of_this_package():
    from importlib.util import find_spec

    assert all(find_spec(module) for model in models.MODELS.values() for module in model.source)


def run(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()


def test_asking_for_the_models_imports_nothing_heavy():
    heavy = run(
        "import sys, ser_bench.models\n"
        "print(*{'numpy', 'sklearn', 'scipy', 'xgboost', 'tensorflow', 'keras', 'pandas'} & set(sys.modules))"
    )
    assert heavy == []


def test_classical_models_never_import_tensorflow():
    heavy = run(
        "import sys, numpy as np\n"
        "from ser_bench import models\n"
        "X = np.random.default_rng(0).normal(size=(20, 3)); y = np.array(['a', 'b'] * 10)\n"
        "for m in models.MODELS.values():\n"
        "    if m.kind != 'network': models.fit(m, models.build(m, seed=1), X, y).predict_proba(X)\n"
        "print(*{'tensorflow', 'keras'} & set(sys.modules))"
    )
    assert heavy == []


@pytest.mark.parametrize("name", [name for name, model in models.MODELS.items() if model.space])
def test_every_value_of_a_declared_space_can_be_built(name):
    model = models.get(name)
    assert set(model.space) <= set(model.parameters)
    for parameter, values in model.space.items():
        for value in values:
            models.build(name, **{parameter: value})


def test_every_learner_declares_what_can_be_tuned():
    assert all(model.space for model in models.MODELS.values() if model.kind != "baseline")


def test_no_model_of_the_package_is_external():
    """External models are fitted in a process of their own, which costs a network an import of Keras per fit."""
    assert [model.name for model in models.MODELS.values() if model.is_external] == []


class _Unlimited(models.Parameters):
    C: float = models.parameter(1.0, "inverse strength of the penalty")


def _build_unlimited(*, seed, C):
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    return make_pipeline(LogisticRegression(C=C))


def test_a_value_that_scikit_learn_refuses_is_wrong_input():
    model = models.Model(
        name="mine", summary="", kind="classical", features="mfcc", build=_build_unlimited, schema=_Unlimited
    )
    models.check_parameters(model)
    with pytest.raises(ConfigError, match=r"invalid parameter of model 'mine': The 'C' .* Got -1.0 instead"):
        models.check_parameters(model.with_parameters({"C": -1.0}))


def _build_nothing(*, seed):
    sys.exit()


def test_a_build_that_fails_is_left_to_the_fits():
    model = models.Model(name="mine", summary="", kind="classical", features="mfcc", build=_build_nothing)
    models.check_parameters(model)


def test_integers_that_overflow_are_wrong_input():
    with pytest.raises(ConfigError, match="max_depth of model 'tree': expected an integer below 2,147,483,648, got 10"):
        models.get("tree").with_parameters({"max_depth": 10**20})

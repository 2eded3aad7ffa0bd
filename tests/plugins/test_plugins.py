"""Plugins: the extensions of a file are registered; invalid files are errors."""

from __future__ import annotations

import sys
from pathlib import Path

import cloudpickle
import numpy as np
import pandas as pd
import pytest

from ser_bench import api, corpora, features, models, plugins, splits
from ser_bench.audio import conditions
from ser_bench.core.errors import ConfigError, CorpusError, SplitError
from ser_bench.features.analysis import Analysis
from ser_bench.metrics import METRICS
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.summary import markdown
from ser_bench.runs.keys import fit_key
from ser_bench.runs.results import read_run
from tests.report.fake_run import Recipe, save_fake_run

PLUGIN = Path(__file__).with_name("plugin_recorder.py")


def test_models_of_a_plugin_are_registered_with_its_version():
    assert plugins.load(PLUGIN) == ["recorder", "failing", "crashing", "hungry", "hanging", "slow", "fickle"]
    version = models.get("recorder").version
    assert models.get("recorder").is_external
    plugins.load(PLUGIN)
    assert models.get("recorder").version == version != ""


def example_in_the_guide(number: int) -> str:
    guide = Path(__file__).parents[2] / "CONTRIBUTING.md"
    return guide.read_text(encoding="utf-8").split("```python\n")[number].split("```")[0]


def test_the_corpus_in_the_guide_for_contributors_works(tmp_path, monkeypatch, write_wav):
    monkeypatch.setitem(corpora.CORPORA, "kitchen", None)  # so that the test removes what it registers
    del corpora.CORPORA["kitchen"]
    (tmp_path / "kitchen.py").write_text(example_in_the_guide(2), encoding="utf-8")
    assert plugins.load(tmp_path / "kitchen.py") == ["kitchen"]
    write_wav(tmp_path / "clips" / "ben-A-07.wav")
    clips = corpora.open_corpus("kitchen", tmp_path / "clips").clips
    row = clips.drop(columns=["path", "corpus"]).to_dict("records")
    expected = {
        "clip": "ben-A-07",
        "speaker": "ben",
        "gender": "male",
        "text": "07",
        "intensity": "",
        "emotion": "angry",
    }
    assert row == [expected]
    with pytest.raises(CorpusError, match="looks like Kitchen, not EmoDB"):
        corpora.open_corpus("emodb", tmp_path / "clips")


def test_the_example_in_the_guide_for_contributors_works(tmp_path):
    (tmp_path / "my_model.py").write_text(example_in_the_guide(1), encoding="utf-8")
    assert plugins.load(tmp_path / "my_model.py") == ["logistic"]
    rng = np.random.default_rng(0)
    y = np.repeat(["happy", "sad"], 20)
    X = rng.normal(size=(40, 5)) + (y == "sad")[:, None]
    estimator = models.fit(models.get("logistic"), models.build("logistic", C=1.0), X, y)
    assert (estimator.predict(X) == y).mean() > 0.7


def test_the_feature_set_in_the_guide_for_contributors_works(tmp_path, monkeypatch):
    monkeypatch.setattr(features, "FEATURE_SETS", dict(features.FEATURE_SETS))
    (tmp_path / "my_features.py").write_text(example_in_the_guide(3), encoding="utf-8")
    assert plugins.load(tmp_path / "my_features.py") == ["levels"]
    y = 0.1 * np.random.default_rng(0).standard_normal(16000)
    values = features.FEATURE_SETS["levels"].compute(Analysis(y, 16000))
    assert values.dtype == np.float32
    assert values[0] == pytest.approx(-20, abs=1)  # dBFS of noise with a standard deviation of 0.1


def test_the_condition_in_the_guide_for_contributors_works(tmp_path, monkeypatch):
    monkeypatch.setitem(conditions.KINDS, "tremolo", None)  # so that the test removes what it registers
    del conditions.KINDS["tremolo"]
    (tmp_path / "my_condition.py").write_text(example_in_the_guide(4), encoding="utf-8")
    assert plugins.load(tmp_path / "my_condition.py") == ["tremolo"]
    changed, sr = conditions.get("tremolo-60").apply(np.ones(8000, np.float32), 8000)
    assert sr == 8000
    assert (changed.min(), changed.max()) == pytest.approx((0.4, 1.0))


def test_the_split_in_the_guide_for_contributors_works(tmp_path, monkeypatch):
    monkeypatch.setattr(splits, "SPLITS", dict(splits.SPLITS))
    (tmp_path / "my_split.py").write_text(example_in_the_guide(5), encoding="utf-8")
    assert plugins.load(tmp_path / "my_split.py") == ["gender"]
    genders = ["female", "female", "male", "male"]
    clips = pd.DataFrame({"clip": list("abcd"), "speaker": list("1234"), "gender": genders, "label": list("xyxy")})
    assert splits.make_folds("gender", clips) == (
        splits.Fold(("a", "b"), ("c", "d")),
        splits.Fold(("c", "d"), ("a", "b")),
    )
    with pytest.raises(SplitError, match="fill in the column gender"):
        splits.make_folds("gender", clips.assign(gender="female"))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x = 1", "defines no extension; assign one of Model, FeatureSet, ConditionKind, Split, Corpus, Metric, Chart"),
        ("1 / 0", "failed: ZeroDivisionError"),
        ("from ser_bench.metrics import UAR", "defines no extension"),
        (
            "from dataclasses import replace\nfrom ser_bench.metrics import UAR\n"
            "A = replace(UAR, name='mine')\nB = replace(UAR, name='mine')",
            "defines the metric 'mine' twice; rename one",
        ),
        (
            "from dataclasses import replace\nfrom ser_bench.models import MODELS\nMINE = replace(MODELS['svm'])",
            "the model .svm. is already registered",
        ),
    ],
)
def test_an_invalid_plugin_is_an_error(tmp_path, text, reason):
    (tmp_path / "mine.py").write_text(text)
    with pytest.raises(ConfigError, match=reason):
        plugins.load(tmp_path / "mine.py")


HELPED = """
from kit_label import LABEL
from ser_bench.features.base import FeatureSet
from ser_bench.metrics import UAR
from ser_bench.models import MODELS
from ser_bench.models.base import Model

def build(*, seed):
    from kit_lazy import LABEL as LATER
    return LABEL, LATER

def compute(analysis):
    return LABEL

SVM = MODELS["svm"]
HELPED = Model(name="helped", summary="", kind="classical", features="mfcc", build=build)
SET = FeatureSet(name="letters", kind="vector", summary="", source="", columns=("a",), compute=compute)
"""


@pytest.fixture
def helped(tmp_path, monkeypatch) -> Path:
    """A plugin with two helper modules, one of them imported by a function."""
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("kit_label", "kit_lazy"):
        (tmp_path / f"{name}.py").write_text("LABEL = 'sad'")
    (tmp_path / "helped.py").write_text(HELPED)
    yield tmp_path / "helped.py"
    for name in ("kit_label", "kit_lazy"):
        sys.modules.pop(name, None)


def test_a_plugin_may_import_extensions_of_ser_bench(helped):
    assert [extension.name for extension in plugins.read(helped).extensions] == ["helped", "letters"]


@pytest.mark.parametrize("changed", ["helped", "kit_label", "kit_lazy"])
def test_a_change_of_a_plugin_or_a_helper_changes_keys_and_runs(helped, changed):
    """In one process, as in a notebook, and within a second, so that bytecode looks current."""
    versions = []
    for _ in range(2):
        model, letters = plugins.read(helped).extensions
        versions.append((fit_key(model, {}), features.set_key(letters), *model.build(seed=0)))
        path = helped.with_name(f"{changed}.py")
        path.write_text(path.read_text().replace("'sad'", "'mad'").replace("return LABEL, ", "return 'mad', "))
    first, second = versions
    assert first[2:] == ("sad", "sad")
    assert second[2:] == {"kit_lazy": ("sad", "mad")}.get(changed, ("mad", "sad"))
    assert first[0] != second[0]
    assert first[1] != second[1]


def test_a_worker_gets_the_functions_of_a_plugin_with_its_helpers(helped):
    model, letters = cloudpickle.loads(cloudpickle.dumps(plugins.read(helped).extensions))
    assert model.build(seed=0) == ("sad", "sad")
    assert letters.compute(None) == "sad"
    assert model.is_external
    assert {letters: 1}[letters]  # runs use feature sets as keys


def test_a_plugin_without_helpers_is_registered_for_a_block_only(tmp_path):
    (tmp_path / "worst.py").write_text(METRIC)
    plugin = plugins.read(tmp_path / "worst.py")
    before = dict(METRICS)
    with pytest.raises(ZeroDivisionError), plugins.registered(plugin):
        assert "worst_recall" in METRICS
        _ = 1 / 0
    assert before == METRICS


METRIC = """
from ser_bench.metrics import Metric

def worst_recall(hits, recorded, predicted):
    import numpy as np
    return np.min(np.divide(hits, recorded, out=np.ones(np.shape(hits)), where=recorded > 0), axis=-1)

WORST = Metric(name="worst_recall", title="worst recall", summary="The lowest recall of a class.", score=worst_recall)
"""


def test_the_metric_of_a_plugin_is_a_column_of_every_table_and_the_run_is_read_without_it(tmp_path):
    recipe = Recipe(models=("chance", "svm"), splits=(("actor", 3),), speakers=6, clips_per_label=2)
    (tmp_path / "worst.py").write_text(METRIC)
    plugin = plugins.read(tmp_path / "worst.py")
    with plugins.registered(plugin):
        run = save_fake_run(tmp_path / "run", recipe, metrics={name: m.title for name, m in METRICS.items()})
        assert list(run.fits.columns).index("worst_recall") == list(run.fits.columns).index("macro_f1") + 1
        assert "worst recall %" in markdown(run)
    row = api.Run(run, plugin).summary.set_index("model").loc["svm"]
    assert row["actor_worst_recall_low"] <= row["actor_worst_recall"] <= row["actor_worst_recall_high"]
    again = read_run(tmp_path / "run")
    assert again.fits["worst_recall"].equals(run.fits["worst_recall"])
    assert "actor_worst_recall" not in summarise(again)
    assert "worst recall (`worst_recall` in `fits.csv`) comes from a plugin" in markdown(again)


def test_a_metric_named_as_another_column_of_fits_csv_is_refused(tmp_path):
    (tmp_path / "mine.py").write_text(METRIC.replace("worst_recall", "seed"))
    with pytest.raises(ConfigError, match=r"is a column of fits\.csv; rename it"):
        plugins.load(tmp_path / "mine.py")

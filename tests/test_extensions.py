"""One plugin file with an example of each kind of extension, followed from the listing to the report."""

from __future__ import annotations

import json
from pathlib import Path

import cloudpickle
import numpy as np
import pandas as pd
import pytest

from ser_bench import features, plugins, report
from ser_bench.audio import conditions
from ser_bench.cli import call
from ser_bench.core.errors import ConfigError
from ser_bench.report.charts.registry import CHARTS

PLUGIN = """
from pathlib import Path

import numpy as np

from ser_bench.audio.conditions.base import ConditionKind
from ser_bench.corpora.base import Corpus
from ser_bench.corpora.filenames import FileNamePattern
from ser_bench.features.base import FeatureSet
from ser_bench.metrics import Metric
from ser_bench.models.base import Model, Parameters, parameter
from ser_bench.report.charts.base import Chart
from ser_bench.splits.base import Split, cross_validation


def make_clips(folder: Path) -> None:
    import soundfile

    folder.mkdir(exist_ok=True)
    time = np.arange(4000) / 8000
    for number, speaker in enumerate("abcd"):
        for take in range(3):
            for emotion, frequency in (("A", 900), ("S", 300)):
                y = 0.5 * np.sin(2 * np.pi * (frequency + 10 * number + take) * time) * np.hanning(len(time))
                soundfile.write(folder / f"{speaker}-{emotion}-{take}.wav", y, 8000)


TONES = Corpus(
    name="tones",
    title="Tones",
    licence="CC0",
    source="https://example.org/tones",
    citation="An example",
    counts={"angry": 12, "sad": 12},
    speakers=4,
    reader=FileNamePattern(
        pattern=r"(?P<speaker>[a-d])-(?P<emotion>[AS])-(?P<text>\\d)",
        example="a-A-0.wav",
        codes={"emotion": {"A": "angry", "S": "sad"}},
    ),
    make=make_clips,
    synthetic=True,
)


def crossings(analysis) -> np.ndarray:
    y = analysis.y
    return np.array([np.mean(np.diff(np.signbit(y))), np.std(y)], dtype=np.float32)


CROSSINGS = FeatureSet(
    name="crossings",
    kind="vector",
    summary="rate of zero crossings, and level",
    source="an example",
    columns=("crossings", "level"),
    compute=crossings,
)


def soften(y, sr, rng, share):
    return y * np.float32(1 - share / 100), sr


SOFTER = ConditionKind(
    name="softer",
    family="gains",
    summary="softer by a share",
    source="an example",
    phrase="when {level} % softer",
    change=soften,
    levels=(50.0,),
    unit="%",
    lowest=0.0,
    highest=100.0,
    harder="higher",
)


class LogisticParameters(Parameters):
    C: float = parameter(1.0, "inverse strength of the penalty", gt=0, tune=(0.1, 1.0, 10.0))


def build(*, seed, C):
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression(C=C, random_state=seed))


LOGISTIC = Model(
    name="logit",
    summary="logistic regression",
    kind="classical",
    features="crossings",
    build=build,
    schema=LogisticParameters,
    seeded=False,
)


def halves(clips, settings):
    return cross_validation(clips["speaker"].isin(["a", "b"]).astype(int).to_numpy())


HALVES = Split(name="halves", summary="two speakers held out", masks=halves, needs="four speakers", folds="2")


def worst(hits, recorded, predicted):
    recall = np.divide(hits, recorded, out=np.ones(np.shape(hits)), where=np.asarray(recorded) > 0)
    return recall.min(axis=-1)


WORST = Metric(name="worst_recall", title="worst recall", summary="The lowest recall of a class.", score=worst)


def draw(run):
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4, 3))
    counts = run.predictions["true"].value_counts()
    figure.subplots().bar(counts.index, counts.to_numpy())
    return figure


COUNTS = Chart(name="clip_counts", title="Tested clips", draw=draw, alt_text=lambda run: "Bars of tested clips.")
"""

NAMES = ["tones", "crossings", "softer", "logit", "halves", "worst_recall", "clip_counts"]
LISTED = {"corpora": "tones", "features": "crossings", "models": "logit", "splits": "halves", "conditions": "softer"}


@pytest.fixture(scope="module")
def plugin(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("plugin") / "my_extensions.py"
    path.write_text(PLUGIN, encoding="utf-8")
    return path


@pytest.fixture(autouse=True, scope="module")
def _unregister_afterwards():
    """Restore every registry after the tests."""
    registries = [kind.registry() for kind in plugins.KINDS.values()]
    before = [dict(registry) for registry in registries]
    yield
    for registry, entries in zip(registries, before, strict=True):
        registry.clear()
        registry.update(entries)


@pytest.fixture(scope="module")
def finished(plugin, tmp_path_factory) -> Path:
    """A finished run of the plugin's corpus, feature set, model and split, tested under its condition."""
    folder = tmp_path_factory.mktemp("run")
    choice = ("--corpus", "tones", "--features", "crossings", "--models", "logit", "--splits", "halves")
    choice = (*choice, "--conditions", "softer")
    places = ("--data-dir", folder / "clips", "--store", folder / "store", "--out", folder / "out")
    words = ("run", "--plugin", plugin, *choice, *places, "--jobs", "1", "--quiet")
    with pytest.MonkeyPatch.context() as monkeypatch:
        for name in set(CHARTS) - {"clip_counts"}:
            monkeypatch.delitem(CHARTS, name)  # drawing them takes most of the time
        assert call([str(word) for word in words]) == 0
    return folder / "out"


def test_a_plugin_registers_every_kind_and_can_be_loaded_again(plugin):
    assert plugins.load(plugin) == NAMES
    assert plugins.load(plugin) == NAMES
    assert len(plugins.KINDS) == len(NAMES)


@pytest.mark.parametrize(("command", "name"), LISTED.items())
def test_extensions_are_listed_and_described(capsys, plugin, command, name):
    assert call([command, "--plugin", str(plugin)]) == 0
    assert f"\n{name} " in capsys.readouterr().out
    assert call([command, name, "--plugin", str(plugin)]) == 0
    assert f"ser-bench run --{command.replace('corpora', 'corpus')} {name}" in capsys.readouterr().out


def test_features_under_a_condition_of_a_plugin_are_those_of_the_changed_clip(plugin, monkeypatch):
    plugins.load(plugin)
    crossings = features.FEATURE_SETS["crossings"].under(conditions.get("softer-50"))
    crossings = cloudpickle.loads(cloudpickle.dumps(crossings))  # as a worker receives it
    monkeypatch.delitem(conditions.KINDS, "softer")
    y = np.sin(np.arange(8000, dtype=np.float32))
    changed = features.compute([crossings], y, 8000)["crossings~softer-50"]
    assert changed == pytest.approx([np.mean(np.diff(np.signbit(y))), np.std(y) / 2], rel=1e-4)


def test_a_change_of_a_plugin_changes_the_key_of_features_under_its_condition(plugin, tmp_path):
    changed = tmp_path / "my_extensions.py"
    changed.write_text(plugin.read_text(encoding="utf-8") + "\n# changed", encoding="utf-8")
    keys = set()
    for path in (plugin, changed):
        (kind,) = (e for e in plugins.read(path).extensions if isinstance(e, conditions.ConditionKind))
        keys.add(features.set_key(features.FEATURE_SETS["mfcc"].under(kind.at(50))))
    assert len(keys) == 2


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"softer"', '"white-3"', "the condition 'white-3' has the name of another"),
        ('"softer"', '"rooms"', "the condition 'rooms' has the name of another"),
        ('"softer"', '"gains"', "the condition 'gains' has the name of another"),
        ('"gains"', '"phone"', "the family 'phone' has the name of a condition"),
    ],
)
def test_a_condition_of_a_plugin_needs_a_name_of_its_own(tmp_path, old, new, message):
    path = tmp_path / "clashing.py"
    path.write_text(PLUGIN.replace(f"={old}", f"={new}"), encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        plugins.load(path)


def test_a_run_uses_the_corpus_feature_set_model_and_split(finished):
    fits = pd.read_csv(finished / "fits.csv")
    fits = fits[fits["model"] == "logit"]
    assert set(fits["corpus"]) == {"tones"}
    assert set(fits["features"]) == {"crossings"}
    assert fits["split"].tolist() == ["halves", "halves"]
    assert set(fits["status"]) == {"ok"}
    assert set(fits["uar"]) == {1.0}
    assert list(json.loads((finished / "run.json").read_text(encoding="utf-8"))["plugins"]) == [
        *("logit", "crossings", "softer"),
    ]


def test_the_condition_has_scores_and_a_description(finished):
    rows = pd.read_csv(finished / "conditions.csv").set_index(["model", "condition"])
    assert rows.loc[("logit", "softer-50"), "family"] == "gains"
    assert rows.loc[("logit", "softer-50"), "uar"] == 0.5  # the level of softer clips means sad
    assert "softer-50" in (finished / "report.html").read_text(encoding="utf-8")


def test_the_metric_is_a_column_of_the_tables_and_on_the_page(finished):
    assert "worst_recall" in pd.read_csv(finished / "fits.csv").columns
    summary = pd.read_csv(finished / "summary.csv").set_index("model")
    assert summary.loc["logit", "halves_worst_recall"] == 1.0
    assert "worst recall" in (finished / "report.html").read_text(encoding="utf-8")


def test_the_chart_is_drawn_and_shown_on_the_page(plugin, finished, monkeypatch):
    for name in set(CHARTS) - {"clip_counts"}:
        monkeypatch.delitem(CHARTS, name)  # the other charts take most of the time
    (finished / "charts" / "clip_counts.svg").unlink()
    assert call(["report", str(finished), "--plugin", str(plugin), "--quiet"]) == 0
    with plugins.registered(plugins.read(plugin)):
        assert report.is_current(finished)
        plugin.write_text(PLUGIN + "\n# changed", encoding="utf-8")
    with plugins.registered(plugins.read(plugin)):
        assert not report.is_current(finished)
    assert (finished / "charts" / "clip_counts.png").is_file()
    assert (finished / "charts" / "clip_counts.svg").is_file()
    page = (finished / "report.html").read_text(encoding="utf-8")
    assert "Tested clips" in page
    assert "Bars of tested clips." in page

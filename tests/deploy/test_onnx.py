"""ONNX files: every registered model answers from one as it did before, or says why it has none."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from ser_bench import models
from ser_bench.cli import call
from ser_bench.core.errors import ModelFileError
from ser_bench.core.progress import NoProgress
from ser_bench.deploy import load_model, train
from ser_bench.deploy import onnx as exporting
from ser_bench.deploy.manifest import Manifest
from ser_bench.deploy.model import TrainedModel
from ser_bench.deploy.onnx import check as agreement
from ser_bench.deploy.onnx import estimators
from ser_bench.deploy.onnx import export as writing
from tests.deploy.conftest import clusters
from tests.deploy.test_conformance import CASES, SMALL, VARIANTS

pytestmark = pytest.mark.skipif(
    not all(importlib.util.find_spec(name) for name in ("onnx", "onnxruntime")), reason="needs the extra [onnx]"
)

DEPLOY = Path(__file__).parents[2] / "docs" / "deploy.md"
LABELS = ["calm", "bored", "sad", "angry"]
"""Neither in the classes' order nor all known to the models: what a corpus with a rare label gives."""

MORE = [
    *[("svm", {"kernel": kernel}) for kernel in ("linear", "poly", "sigmoid")],
    ("knn", {"weights": "uniform", "n_neighbors": 4}),
    ("knn", {"p": 3.0}),
    ("mlp", {"hidden": [8, 4], "epochs": 5}),
    ("cnn1d", {"filters": [4], "chunk": 5, "epochs": 1, "batch_size": 16}),
    ("cnn2d", {"filters": [2], "units": 4, "epochs": 1, "pool": 1, "batch_size": 16}),
    ("lstm", {"bidirectional": False, "filters": [4], "units": 3, "pool": 3, "epochs": 1, "batch_size": 16}),
]


def said(name, kind, width, labels):
    """Return a manifest of what the test fits."""
    column = [f"c{k}" for k in range(width)]
    corpus = dict.fromkeys(("name", "title", "source", "citation", "fingerprint"), "x")
    return Manifest.model_validate(
        {
            "ser_bench": "0",
            "created": "2026-01-01",
            "model": {"name": name, "kind": "classical", "parameters": {}, "seed": 0},
            "target": "emotion",
            "labels": labels,
            "features": [
                {"name": "made", "kind": kind, "version": 3, "parameters": {}, "columns": column, "key": "made-3"}
            ],
            "rate": None,
            "speeds": [],
            "corpus": {**corpus, "licence": "CC0", "clips": 1, "speakers": 1, "by_label": {}},
            "synthetic": True,
            "held_out": None,
            "versions": {},
            "intended_use": "Tests.",
            "limits": [],
        }
    )


def trained(name, kind, parameters, classes=3):
    """Return a model of a few clusters, and its features."""
    X, y, groups = clusters(kind)
    chosen = np.isin(y, ["angry", "calm", "sad"][:classes])
    X, y, groups = X[chosen], y[chosen], groups[chosen]
    model = models.get(name)
    estimator = models.fit(model, models.build(name, **parameters), X, y, groups)
    sets = (SimpleNamespace(kind=kind, dimension=X.shape[-1]),)
    return TrainedModel(said(name, kind, X.shape[-1], LABELS), estimator, sets), X


def agrees(name, kind, parameters, path, classes=3):
    import onnx

    model, X = trained(name, kind, parameters, classes)
    for rows in (None, X, X[:1]):
        found = exporting.write(model, path, rows)
        assert found.max_difference <= agreement.TOLERANCE / 10
        assert (found.rows > 1) is (rows is None or len(rows) > 1)
    onnx.checker.check_model(str(path), full_check=True)


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_a_model_answers_alike_from_its_onnx_file_or_is_listed_as_having_none(name, kind, tmp_path):
    if name == "chance":
        model, _ = trained(name, kind, {})
        with pytest.raises(ModelFileError, match=re.escape(estimators.not_exported()["Chance"])):
            exporting.write(model, tmp_path / "m.onnx")
        assert list(tmp_path.iterdir()) == []
    else:
        agrees(name, kind, SMALL.get(name, {}), tmp_path / "m.onnx")


@pytest.mark.parametrize(("name", "parameters"), VARIANTS + MORE)
def test_other_parameters_bring_other_parts_which_agree_too(name, parameters, tmp_path):
    agrees(name, models.get(name).accepts[-1 if "pool" in parameters else 0], parameters, tmp_path / "m.onnx")


@pytest.mark.parametrize("name", [m.name for m in models.MODELS.values() if m.kind == "classical"])
def test_two_classes_are_computed_in_other_ways_which_agree_too(name, tmp_path):
    agrees(name, "vector", SMALL.get(name, {}), tmp_path / "m.onnx", classes=2)


# -- the file ---------------------------------------------------------------------------------------


@pytest.fixture
def session():
    """Return ``session(path)``: the file as another program opens it."""
    import onnxruntime

    return lambda path: onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


def test_the_file_answers_another_program_in_the_corpus_s_order_of_labels(tmp_path, session):
    """Of labels that the model never saw the probability is zero, and the label is text."""
    model, X = trained("lda", "vector", {})
    exporting.write(model, tmp_path / "m.onnx")
    label, p = session(tmp_path / "m.onnx").run(["label", "probabilities"], {"features": X})
    assert (p.dtype, p.shape) == (np.float32, (48, len(LABELS)))
    assert np.all(p[:, LABELS.index("bored")] == 0)
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-6)
    assert label.tolist() == [answer.label for answer in model.predict_features(list(X))]


def test_the_file_tells_what_its_input_is_and_what_the_model_s_file_tells(svm, tmp_path, session):
    exporting.write(load_model(svm), tmp_path / "m.onnx")
    opened = session(tmp_path / "m.onnx")
    told, info = opened.get_modelmeta().custom_metadata_map, load_model(svm).info
    assert json.loads(told["labels"]) == info.labels
    assert json.loads(told["columns"]) == info.features[0].columns
    assert json.loads(told["features"])[0]["key"] == info.features[0].key
    assert (told["licence"], told["intended_use"]) == (info.corpus.licence, info.intended_use)
    assert json.loads(told["synthetic"]) is info.synthetic
    assert json.loads(told["rate"]) is None
    assert json.loads(told["held_out"])["scores"]["uar"]["value"] == info.held_out.scores["uar"].value
    (given,) = opened.get_inputs()
    assert (given.name, given.type, given.shape[1]) == ("features", "tensor(float)", len(info.features[0].columns))


def test_the_same_model_gives_the_same_bytes(svm, tmp_path):
    for name in ("a.onnx", "b.onnx"):
        exporting.write(load_model(svm), tmp_path / name)
    assert (tmp_path / "a.onnx").read_bytes() == (tmp_path / "b.onnx").read_bytes()


# -- a file that would answer otherwise -------------------------------------------------------------


def test_a_file_that_answers_otherwise_is_refused_and_what_was_there_stays(tmp_path, monkeypatch):
    path = tmp_path / "m.onnx"
    path.write_text("before")
    model, _ = trained("lda", "vector", {})
    usual = estimators.discriminant

    def bent(graph, one, x):
        return usual(
            graph, SimpleNamespace(**vars(one) | {"intercept_": one.intercept_ * 1.01 + 0.01 * np.arange(3)}), x
        )

    monkeypatch.setattr(estimators, "discriminant", bent)
    with pytest.raises(ModelFileError, match=r"predicts differently: of 256 rows"):
        exporting.write(model, path)
    assert [one.name for one in tmp_path.iterdir()] == ["m.onnx"]
    assert path.read_text() == "before"


@pytest.mark.parametrize(("p", "refused"), [(0.5, False), (0.50002, False), (0.501, True)])
def test_another_label_is_let_pass_in_a_tie_only(monkeypatch, p, refused):
    """The file says the second label, whose probability is ``1 - p``."""
    estimator = SimpleNamespace(classes_=["a", "b"], predict_proba=lambda X: np.array([[p, 1 - p]]))
    model = SimpleNamespace(estimator=estimator, labels=("a", "b"))
    monkeypatch.setattr(agreement, "_predict", lambda *_: (np.array([[p, 1 - p]]), np.array(["b"])))
    rows = np.zeros((1, 2), np.float32)
    if refused:
        with pytest.raises(ModelFileError, match="1 have another label"):
            agreement.check(model, b"", rows, clips=True)
    else:
        assert agreement.check(model, b"", rows, clips=True).rows == 1


def test_numbers_that_are_none_are_refused(monkeypatch):
    estimator = SimpleNamespace(classes_=["a", "b"], predict_proba=lambda X: np.array([[0.6, 0.4]]))
    model = SimpleNamespace(estimator=estimator, labels=("a", "b"))
    monkeypatch.setattr(agreement, "_predict", lambda *_: (np.full((1, 2), np.nan), np.array(["a"])))
    with pytest.raises(ModelFileError, match="by up to inf"):
        agreement.check(model, b"", np.zeros((1, 2), np.float32), clips=True)


# -- the commands -----------------------------------------------------------------------------------


def test_training_writes_onnx_by_the_file_s_ending_or_when_told(options, tmp_path, session, monkeypatch, capsys):
    chosen = options()
    typed = ["train", "--model", "lda", "--corpus", chosen.corpus, "--features", "mfcc", "--store", str(chosen.store)]
    assert call([*typed, "-o", str(tmp_path / "m.onnx"), "--jobs", "1"]) == 0
    assert "ONNX: same labels as the model on 36 training clips" in capsys.readouterr().out
    assert call([*typed, "-o", str(tmp_path / "m.bin"), "--jobs", "1", "--format", "onnx"]) == 0
    assert call([*typed, "-o", str(tmp_path / "m.ser"), "--jobs", "1"]) == 0
    assert load_model(tmp_path / "m.ser").labels == ("neutral", "happy", "sad")
    for name in ("m.onnx", "m.bin"):
        assert [one.name for one in session(tmp_path / name).get_outputs()] == ["label", "probabilities"]


def test_a_kept_model_is_written_as_onnx(svm, clip, tmp_path, session, capsys):
    """What ser-bench computes of a clip is what the file takes, and its answer is predict's."""
    assert call(["model", str(svm), "--onnx", str(tmp_path / "m.onnx")]) == 0
    assert "256 random rows" in capsys.readouterr().out
    model = load_model(svm)
    label, p = session(tmp_path / "m.onnx").run(["label", "probabilities"], {"features": model.features(clip)[None]})
    (answer,) = model.predict(clip)
    assert label[0] == answer.label
    np.testing.assert_allclose(p[0], list(answer.probabilities.values()), atol=1e-6)


def test_what_cannot_be_exported_is_a_line_and_no_file(options, tmp_path, capsys):
    train.train(options(), "chance", tmp_path / "c.ser", NoProgress())
    assert call(["model", str(tmp_path / "c.ser"), "--onnx", str(tmp_path / "c.onnx")]) == 2
    assert "cannot be exported to ONNX: its guesses" in capsys.readouterr().err
    assert [one.name for one in tmp_path.iterdir()] == ["c.ser"]


@pytest.mark.parametrize(
    "command", [["train", "--model", "svm", "-o", "x.onnx", "--corpus", "nowhere"], ["model", "x"]]
)
def test_without_the_extra_the_way_to_get_it_is_told_first(command, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(writing.importlib.util, "find_spec", lambda name: None)
    assert call([*command, *(["--onnx", "y.onnx"] if command[0] == "model" else [])]) == 2
    assert "pip install 'ser-bench[onnx]'" in capsys.readouterr().err


def test_the_table_in_the_documents_names_every_model():
    """A line of the table holds models and, for those that have no ONNX file, the reason in the code's words."""
    section = DEPLOY.read_text(encoding="utf-8").split("| model | ONNX |", 1)[1].split("\n\n", 1)[0]
    rows = [row.strip("| ").split(" | ") for row in section.splitlines()[2:]]
    exported = {name for models_, how in rows if not how.startswith("no:") for name in re.findall(r"`(.*?)`", models_)}
    refused = {name: how for models_, how in rows if how.startswith("no:") for name in re.findall(r"`(.*?)`", models_)}
    assert exported | set(refused) == set(models.MODELS)
    assert refused == {"chance": f"no: {estimators.not_exported()['Chance']}"}

"""ONNX files: content, comparison with the model, and the commands that write them."""

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
from ser_bench.deploy import load_model, onnx, train
from ser_bench.deploy.onnx import check, estimators, export
from tests.deploy.fitted_models import LABELS, trained

pytestmark = [
    pytest.mark.skipif(
        not all(importlib.util.find_spec(name) for name in ("onnx", "onnxruntime")), reason="needs the extra [onnx]"
    ),
]

DEPLOY = Path(__file__).parents[2] / "docs" / "deploy.md"
# -- the file ---------------------------------------------------------------------------------------


@pytest.fixture
def session():
    """Return ``session(path)``, which opens an ONNX file as other programs do."""
    import onnxruntime

    return lambda path: onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


def test_the_probabilities_are_in_the_order_of_the_labels(tmp_path, session):
    """The probability of a label without training clips is zero."""
    model, X = trained("lda")
    onnx.write(model, tmp_path / "m.onnx")
    label, p = session(tmp_path / "m.onnx").run(["label", "probabilities"], {"features": X})
    assert (p.dtype, p.shape) == (np.float32, (48, len(LABELS)))
    assert np.all(p[:, LABELS.index("bored")] == 0)
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-6)
    assert label.tolist() == [prediction.label for prediction in model.predict_features(list(X))]


def test_the_metadata_contain_the_manifest_and_the_columns_of_the_input(svm, tmp_path, session):
    onnx.write(load_model(svm), tmp_path / "m.onnx")
    opened = session(tmp_path / "m.onnx")
    metadata, info = opened.get_modelmeta().custom_metadata_map, load_model(svm).info
    assert json.loads(metadata["labels"]) == info.labels
    assert json.loads(metadata["columns"]) == info.features[0].columns
    assert json.loads(metadata["features"])[0]["key"] == info.features[0].key
    assert (metadata["licence"], metadata["intended_use"]) == (info.corpus.licence, info.intended_use)
    assert json.loads(metadata["synthetic"]) is info.synthetic
    assert json.loads(metadata["rate"]) is None
    assert json.loads(metadata["held_out"])["scores"]["uar"]["value"] == info.held_out.scores["uar"].value
    (features,) = opened.get_inputs()
    assert (features.name, features.type, features.shape[1]) == (
        "features",
        "tensor(float)",
        len(info.features[0].columns),
    )


def test_the_same_model_gives_the_same_bytes(svm, tmp_path):
    for name in ("a.onnx", "b.onnx"):
        onnx.write(load_model(svm), tmp_path / name)
    assert (tmp_path / "a.onnx").read_bytes() == (tmp_path / "b.onnx").read_bytes()


# -- a file that predicts differently ---------------------------------------------------------------


def test_a_file_that_predicts_differently_is_refused_and_the_previous_file_kept(tmp_path, monkeypatch):
    path = tmp_path / "m.onnx"
    path.write_text("before")
    model, _ = trained("lda")
    discriminant = estimators.discriminant

    def inexact_discriminant(graph, estimator, x):
        changed = vars(estimator) | {"intercept_": estimator.intercept_ * 1.01 + 0.01 * np.arange(3)}
        return discriminant(graph, SimpleNamespace(**changed), x)

    monkeypatch.setattr(estimators, "discriminant", inexact_discriminant)
    with pytest.raises(ModelFileError, match=r"predicts differently: of 256 rows"):
        onnx.write(model, path)
    assert [file.name for file in tmp_path.iterdir()] == ["m.onnx"]
    assert path.read_text() == "before"


@pytest.mark.parametrize(("p", "refused"), [(0.5, False), (0.50002, False), (0.501, True)])
def test_another_label_is_allowed_in_a_tie_only(monkeypatch, p, refused):
    """The file gives the second label, whose probability is ``1 - p``."""
    estimator = SimpleNamespace(classes_=["a", "b"], predict_proba=lambda X: np.array([[p, 1 - p]]))
    model = SimpleNamespace(estimator=estimator, labels=("a", "b"))
    monkeypatch.setattr(check, "_predict", lambda *_: (np.array([[p, 1 - p]]), np.array(["b"])))
    rows = np.zeros((1, 2), np.float32)
    if refused:
        with pytest.raises(ModelFileError, match="1 have another label"):
            check.check(model, b"", rows, clips=True)
    else:
        assert check.check(model, b"", rows, clips=True).rows == 1


def test_probabilities_that_are_not_finite_are_refused(monkeypatch):
    estimator = SimpleNamespace(classes_=["a", "b"], predict_proba=lambda X: np.array([[0.6, 0.4]]))
    model = SimpleNamespace(estimator=estimator, labels=("a", "b"))
    monkeypatch.setattr(check, "_predict", lambda *_: (np.full((1, 2), np.nan), np.array(["a"])))
    with pytest.raises(ModelFileError, match="by up to inf"):
        check.check(model, b"", np.zeros((1, 2), np.float32), clips=True)


# -- the commands -----------------------------------------------------------------------------------


def test_train_writes_onnx_for_the_file_extension_or_the_option(options, tmp_path, session, monkeypatch, capsys):
    defaults = options()
    corpus = ["--corpus", defaults.corpus, "--features", "mfcc", "--store", str(defaults.store)]
    command = ["train", "--model", "lda", "--no-score", *corpus]
    assert call([*command, "-o", str(tmp_path / "m.onnx"), "--jobs", "1"]) == 0
    assert "ONNX: same labels as the model on 36 training clips" in capsys.readouterr().out
    assert call([*command, "-o", str(tmp_path / "m.bin"), "--jobs", "1", "--format", "onnx"]) == 0
    assert call([*command, "-o", str(tmp_path / "m.ser"), "--jobs", "1"]) == 0
    assert load_model(tmp_path / "m.ser").labels == ("neutral", "happy", "sad")
    for name in ("m.onnx", "m.bin"):
        assert [output.name for output in session(tmp_path / name).get_outputs()] == ["label", "probabilities"]


def test_a_model_file_is_exported_as_onnx(svm, clip, tmp_path, session, capsys):
    """With the features of a clip, the ONNX file predicts as the model does."""
    assert call(["model", str(svm), "--onnx", str(tmp_path / "m.onnx")]) == 0
    assert "256 random rows" in capsys.readouterr().out
    model = load_model(svm)
    label, p = session(tmp_path / "m.onnx").run(["label", "probabilities"], {"features": model.features(clip)[None]})
    (prediction,) = model.predict(clip)
    assert label[0] == prediction.label
    np.testing.assert_allclose(p[0], list(prediction.probabilities.values()), atol=1e-6)


def test_a_model_without_onnx_export_is_an_error_and_writes_no_file(options, tmp_path, capsys):
    train.train(options(), "chance", tmp_path / "c.ser", NoProgress(), score=False)
    assert call(["model", str(tmp_path / "c.ser"), "--onnx", str(tmp_path / "c.onnx")]) == 2
    assert "cannot be exported to ONNX: its guesses" in capsys.readouterr().err
    assert [file.name for file in tmp_path.iterdir()] == ["c.ser"]


@pytest.mark.parametrize(
    "command", [["train", "--model", "svm", "-o", "x.onnx", "--corpus", "nowhere"], ["model", "x"]]
)
def test_without_the_extra_the_error_names_it_first(command, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(export.importlib.util, "find_spec", lambda name: None)
    assert call([*command, *(["--onnx", "y.onnx"] if command[0] == "model" else [])]) == 2
    assert "pip install 'ser-bench[onnx]'" in capsys.readouterr().err


def test_the_table_in_the_documents_lists_every_model():
    """A row contains models and, without ONNX export, the reason as in the code."""
    section = DEPLOY.read_text(encoding="utf-8").split("| model | ONNX |", 1)[1].split("\n\n", 1)[0]
    rows = [row.strip("| ").split(" | ") for row in section.splitlines()[2:]]
    exports = {name: export for names, export in rows for name in re.findall(r"`(.*?)`", names)}
    refused = {name: export for name, export in exports.items() if export.startswith("no:")}
    assert set(exports) == set(models.MODELS)
    assert refused == {"chance": f"no: {estimators.not_exported()['Chance']}"}

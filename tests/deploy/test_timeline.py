"""The picture of a recording over time: stretches with one label, title, marks of unsure windows."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ser_bench.deploy.model import Prediction
from ser_bench.deploy.predict import stretches, timeline
from ser_bench.deploy.predict.batch import ClipPrediction
from tests.conftest import tone
from tests.legible import assert_legible, words_of


def window(start, label="", *, labels=("a", "b"), members=None, reasons=()):
    """Return the prediction of a window of one second, or of a silent one without a label."""
    if not label:
        return ClipPrediction("x.wav", None, "silent", start, start + 1.0)
    shares = {name: 0.6 if name == label else 0.4 / (len(labels) - 1) for name in labels}
    return ClipPrediction("x.wav", Prediction(label, shares, (), members, reasons), "", start, start + 1.0)


def test_windows_with_one_label_and_state_are_one_stretch():
    windows = [
        window(0.0, "a", members=("a",)),
        window(0.5, "a", members=("a",)),
        window(1.0, "a", members=("a", "b")),
        window(1.5, "b", members=("b",), reasons=("no speech",)),
        window(2.0),
    ]
    states = [(s.start, s.end, s.label, s.state) for s in stretches.find_stretches(windows)]
    assert states == [
        (0.0, 1.25, "a", "sure"),
        (1.25, 1.75, "a", "several"),
        (1.75, 2.25, "b", "unreliable"),
        (2.25, 3.0, "", "none"),
    ]


@pytest.mark.parametrize(
    ("windows", "words"),
    [
        ([window(0, "a"), window(1, "a"), window(2, "b")], "mostly a, 2.0 of the 3.0 reliable seconds"),
        ([window(0, "a"), window(1, "b"), window(2)], "a and b for longest, 1.0 each of the 2.0 reliable seconds"),
        ([window(0, "a", reasons=("no speech",)), window(1)], "no reliable prediction"),
        ([window(0, "a", reasons=("no speech",)), window(1, "b")], "mostly b, 1.0 of the 1.0 reliable seconds"),
    ],
)
def test_the_title_of_a_timeline_names_the_label_of_most_reliable_time(windows, words):
    assert stretches.longest_label(stretches.find_stretches(windows)) == words


@pytest.mark.parametrize("count", [2, 30])
def test_a_timeline_of_many_labels_is_legible_and_marks_unsure_windows(count, tmp_path, write_wav, monkeypatch):
    labels = tuple(f"label {number:02d} with a rather long name" for number in range(count))
    corpus = SimpleNamespace(clips=24, speakers=6, title="Corpus")
    info = SimpleNamespace(synthetic=False, model=SimpleNamespace(name="svm"), corpus=corpus)
    model = SimpleNamespace(info=info, labels=labels, is_calibrated=False)
    path = write_wav(tmp_path / "x.wav", tone(8.0))
    windows = [window(k, labels[k % count], labels=labels, members=labels[: 1 + k % 2]) for k in range(6)]
    windows += [window(6, labels[0], labels=labels, members=labels[:1], reasons=("no speech",)), window(7)]
    figure = timeline._figure(model, windows, path)
    words = words_of(figure)
    keys = ("pale: several labels", "hatched: not reliable", "empty: no prediction", labels[0][:8], labels[1][:8])
    for key in ("not calibrated", "Not reliable for 1.0 of 8.0 s", *keys):
        assert key in words
    assert ("other labels" in words) == (count == 30)
    assert_legible(figure, monkeypatch)

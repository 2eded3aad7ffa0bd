"""What the feature sets of a run have heard: from the description of a set to run.json."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest

from ser_bench import features
from ser_bench.core import options as config
from ser_bench.core.errors import ConfigError, UnknownNameError
from ser_bench.core.options import ModelTable, Options, PretrainingTable
from ser_bench.corpora.identity import CorpusIdentity
from ser_bench.features.pretraining import FEATURE_TABLE, Pretraining
from ser_bench.report.analysis.ranking import best_model
from ser_bench.runs import results, runner
from ser_bench.runs.exposure import licence_of, pretrained_sets, pretraining_of, report_sets, set_exposure
from ser_bench.runs.plan import plan_models
from tests.runs.in_process import no_workers

NETWORK = Pretraining(corpora=("alpha", "LibriSpeech"), source="a paper, 2024")


@pytest.fixture
def table(tmp_path):
    """A feature table of two corpora with four speakers each, and two sets."""
    rng = np.random.default_rng(0)
    rows = [
        (f"{corpus}{speaker}{emotion}{take}", corpus, f"{corpus}/s{speaker}", emotion)
        for corpus in ("alpha", "beta")
        for speaker in range(4)
        for emotion in ("happy", "sad")
        for take in range(2)
    ]
    frame = pd.DataFrame(rows, columns=["clip", "corpus", "speaker", "emotion"])
    for column in ("net.0", "net.1", "hand.0", "hand.1"):
        frame[column] = rng.normal(size=len(frame))
    frame.to_csv(tmp_path / "both.csv", index=False)
    return tmp_path / "both.csv"


@pytest.fixture
def go(table, tmp_path):
    """Return ``go(**options)``, which runs on the table and returns the saved run."""

    def run(**options):
        chosen = {"corpus": str(table), "models": ("knn",), "folds": 2, "store": tmp_path / "store"}
        with no_workers():
            outcome = runner.run(Options(**chosen | {"out": tmp_path / "out"} | options))
        return results.read_run(outcome.folder)

    return run


def test_the_columns_of_a_table_are_unknown_until_somebody_states_them(go, tmp_path):
    unknown = go(features="net", splits=("actor",))
    assert unknown.info.exposure == {"knn": {"actor": "unknown"}}  # not the baselines, which see no feature
    assert unknown.info.pretrained["net"].corpora is None
    stated = {"net": PretrainingTable(corpora=(), source="our own statistics")}
    known = go(features="net", splits=("actor",), pretraining=stated)
    assert known.info.exposure == {}
    assert known.info.pretrained["net"].source == "stated in the configuration of the run: our own statistics"
    assert known.info.identity != unknown.info.identity


def test_only_the_tested_corpora_count(go):
    card = "/home/anna/notes/card.md"
    stated = {
        "net": PretrainingTable(corpora=("alpha", "LibriSpeech"), unheard=("beta",), licence="MIT", source=card),
        "hand": PretrainingTable(corpora=()),
    }
    run = go(features="hand+net", splits=("within", "cross:beta", "cross:alpha"), pretraining=stated)
    assert run.info.exposure == {"knn": {"within": "heard", "cross:alpha": "heard"}}
    assert run.info.pretrained["net"].exposure == {"alpha": "heard"}
    assert run.info.pretrained["hand"].exposure == {}
    assert run.info.licences == {"net": "MIT"}
    assert "anna" not in json.dumps(run.info.model_dump(mode="json"))  # no folder of this machine


def test_an_ensemble_has_heard_what_a_member_has_heard(go):
    stated = {"net": PretrainingTable(corpora=("alpha",)), "hand": PretrainingTable(corpora=())}
    tables = {
        "plain": ModelTable(base="lda", features="hand", parameters={"speeds": []}),
        "deep": ModelTable(base="lda", features="net", parameters={"speeds": []}),
        "both": ModelTable(base="ensemble", parameters={"members": ["plain", "deep"], "speeds": []}),
    }
    chosen = {"models": ("both", "plain"), "model_tables": tables, "folds": 2}
    run = go(splits=("actor", "cross:beta"), pretraining=stated, **chosen)
    assert run.info.exposure == {"both": {"actor": "heard", "cross:beta": "unknown"}}
    assert best_model(run) == "plain"


def test_a_statement_takes_no_training_corpus_away():
    name = "hidden"
    heard = dataclasses.replace(features.get("mfcc"), name=name, pretraining=NETWORK)
    options = Options(pretraining={name: PretrainingTable(corpora=(), unheard=("alpha",))})
    stated = pretraining_of(heard, options)
    assert stated.corpora == NETWORK.corpora
    assert set_exposure(stated, CorpusIdentity(("alpha",))) == "heard"
    assert set_exposure(stated, CorpusIdentity(("own",))) == "unknown"


def test_a_statement_for_a_network_holds_with_every_pooling():
    pooled = dataclasses.replace(features.get("mfcc"), name="onnx:net.onnx#pool=mean", pretraining=Pretraining())
    options = Options(pretraining={"onnx:/home/anna/net.onnx": PretrainingTable(corpora=("tess",))})
    assert pretraining_of(pooled, options).corpora == ("tess",)


def test_a_statement_about_no_set_of_the_run_is_an_error(go):
    with pytest.raises(UnknownNameError, match="'nett'; did you mean 'net'"):
        go(features="net", splits=("actor",), pretraining={"nett": PretrainingTable(corpora=())})


def test_no_network_has_heard_the_synthetic_corpus_unless_it_says_so():
    synthetic = CorpusIdentity(("demo",), known=True, synthetic=True)
    assert set_exposure(Pretraining(), synthetic) == "no"
    assert set_exposure(Pretraining(corpora=("demo",)), synthetic) == "heard"


@pytest.fixture
def messages(monkeypatch):
    """Return the lines that a run on RAVDESS with a set of some pretraining and licence reports at its start."""

    class Corpus:
        members = ()

    class Lines:
        def __init__(self):
            self.lines = []

        def info(self, text):
            self.lines.append(text)

        def warning(self, text):
            self.lines.append(f"warning: {text}")

    def report(pretraining, licence="", known=True):
        corpora = {"ravdess": CorpusIdentity(("ravdess",), known=known)}
        monkeypatch.setattr("ser_bench.runs.exposure.identities", lambda opened: corpora)
        feature_set = dataclasses.replace(features.get("mfcc"), name="net", pretraining=pretraining, licence=licence)
        monkeypatch.setitem(features.FEATURE_SETS, "net", feature_set)
        lines = Lines()
        options = Options(models=("knn",), features="net")
        report_sets(plan_models(options), Corpus(), options, lines)
        return lines.lines

    return report


def test_a_run_says_at_its_start_what_its_sets_have_heard(messages):
    assert messages(Pretraining(corpora=("ravdess",)), "CC BY 4.0") == [
        "warning: the network of net (licence: CC BY 4.0) was trained on ravdess; its scores there say nothing about "
        "new recordings, and take no rank"
    ]
    assert messages(Pretraining(corpora=("LibriSpeech",))) == ["the network of net was not trained on ravdess"]
    assert messages(Pretraining()) == [
        "unknown whether the network of net was trained on ravdess; state it in a table "
        '[pretraining."net"] of a configuration file'
    ]
    (line,) = messages(Pretraining(source=FEATURE_TABLE))
    assert line.endswith("configuration file, with corpora = [] for features without a network")
    assert messages(None, "research use") == ["feature set net (licence: research use)"]
    assert messages(None) == []
    assert messages(Pretraining(corpora=())) == []


def test_a_configuration_file_states_what_networks_were_trained_on(tmp_path):
    path = tmp_path / "run.toml"
    path.write_text('[pretraining."onnx:net.onnx"]\ncorpora = ["LibriSpeech"]\nlicence = "MIT"\n', encoding="utf-8")
    assert config.load(path, {}).pretraining["onnx:net.onnx"].corpora == ("LibriSpeech",)
    path.write_text('[pretraining.net]\ncorpus = "LibriSpeech"\n', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"pretraining in .*run\.toml"):
        config.load(path, {})


@pytest.mark.parametrize(
    ("corpus", "listed"),
    [
        ("ravdess", "RAVDESS speech v1.0"),
        ("ravdess", "narad/ravdess"),
        ("ravdess", "The Ryerson Audio-Visual Database of Emotional Speech and Song (2018)"),
        ("emodb", "Berlin Database of Emotional Speech"),
        ("cremad", "Crema-D (train)"),
        ("tess", "EmoBox"),
    ],
)
def test_a_known_corpus_is_found_in_longer_names_of_training_corpora(corpus, listed):
    network = Pretraining(corpora=("LibriSpeech", listed))
    assert set_exposure(network, CorpusIdentity((corpus,), known=True)) == "heard"
    assert set_exposure(network, CorpusIdentity(("mine", corpus))) == "heard"  # file names follow its code
    assert set_exposure(network, CorpusIdentity(("savee" if corpus != "tess" else "demo",), known=True)) == "no"


def test_words_that_contain_the_name_of_a_corpus_are_other_corpora():
    assert set_exposure(Pretraining(corpora=("Tesseract", "RAVDESSX")), CorpusIdentity(("tess",), known=True)) == "no"
    assert set_exposure(Pretraining(corpora=("customer calls",)), CorpusIdentity(("calls",))) == "unknown"


def test_every_table_about_a_network_counts():
    pooled = dataclasses.replace(features.get("mfcc"), name="ssl:net#layer=9", pretraining=Pretraining(unheard=("a",)))
    tables = {
        "ssl:net": PretrainingTable(corpora=("tess",), complete=False, source="a paper"),
        "ssl:net#layer=9": PretrainingTable(unheard=("b",), licence="MIT"),
    }
    for order in (tables, dict(reversed(tables.items()))):
        options = Options(pretraining=order)
        stated = pretraining_of(pooled, options)
        assert (stated.corpora, stated.complete, stated.unheard) == (("tess",), False, ("a", "b"))
        assert licence_of(pooled, options) == "MIT"


def test_long_statements_do_not_end_a_run(go):
    described = {"net": PretrainingTable(corpora=tuple(map(str, range(1_500))), source="/home/anna/" + "s" * 900)}
    run = go(features="net", splits=("actor",), pretraining=described)
    assert len(run.info.pretrained["net"].corpora) == 1_500
    many = {"net": PretrainingTable(corpora=tuple(map(str, range(10_001))))}
    with pytest.raises(ConfigError, match="net lists more than 10,000 corpora"):
        go(features="net", splits=("actor",), pretraining=many)


def test_a_long_source_is_cut(monkeypatch):
    monkeypatch.setattr("ser_bench.runs.exposure.identities", lambda opened: {})
    network = Pretraining(corpora=(), source="a paper " * 500)
    monkeypatch.setitem(
        features.FEATURE_SETS, "net", dataclasses.replace(features.get("mfcc"), name="net", pretraining=network)
    )
    options = Options(models=("knn",), features="net")
    described = pretrained_sets(plan_models(options), None, options)["net"]
    assert (len(described.source), described.source[-1]) == (2_000, "…")


def test_a_corpus_of_a_user_needs_another_statement_than_a_network(messages):
    (line,) = messages(Pretraining(corpora=("LibriSpeech",)), known=False)
    assert 'if it was not, add unheard = ["ravdess"] to a table [pretraining."net"] of a configuration file' in line


def test_two_files_of_one_network_have_heard_what_either_states(monkeypatch):
    monkeypatch.setattr("ser_bench.runs.exposure.identities", lambda opened: {"alpha": CorpusIdentity(("alpha",))})
    copies = [dataclasses.replace(features.get("mfcc"), name="net", pretraining=p) for p in (NETWORK, Pretraining())]
    (planned,) = (m for m in plan_models(Options(models=("knn",))) if m.name == "knn")
    for order in (copies, copies[::-1]):
        models = [dataclasses.replace(planned, sets=(copy,)) for copy in order]
        described = pretrained_sets(models, None, Options())["net"]
        assert (described.corpora, described.exposure) == (NETWORK.corpora, {"alpha": "heard"})

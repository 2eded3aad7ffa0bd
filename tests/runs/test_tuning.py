"""Tuning: choices use training speakers only, an interrupted search continues, the result is a configuration."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
import sklearn.metrics
from sklearn.neighbors import KNeighborsClassifier

from ser_bench import load_corpus, models, splits
from ser_bench.cli import call
from ser_bench.core import options as config
from ser_bench.core.errors import ConfigError, RunError, SplitError
from ser_bench.core.options import Options
from ser_bench.core.progress import NoProgress
from ser_bench.corpora.datasets.demo.clips import make_clips
from ser_bench.features import FEATURE_SETS
from ser_bench.models import LearnerParameters, parameter
from ser_bench.report import tuning_table, write_tuning
from ser_bench.report.charts.tuning import draw_tuning
from ser_bench.report.descriptions import TRANSDUCTIVE_NOTE
from ser_bench.report.tuning import headline, nested_scores, trial_summary
from ser_bench.runs import runner, tasks, tuning
from ser_bench.runs.tasks import FitFailure
from ser_bench.runs.tuning import SearchSettings, tune
from tests.legible import words_of
from tests.runs.in_process import no_workers

SPEAKERS = ("S01", "S02", "S03", "S04", "S05", "S06")


@pytest.fixture(scope="module", autouse=True)
def _in_process():
    with no_workers():
        yield


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """Six speakers, three emotions, two sentences, as a manifest."""
    folder = tmp_path_factory.mktemp("tuned")
    paths = make_clips(folder, speakers=SPEAKERS, emotions=("happy", "neutral", "sad"), intensities=("normal",))
    table = pd.DataFrame([path.stem.split("_") for path in paths], columns=["speaker", "emotion", "intensity", "text"])
    table.assign(path=[str(path.relative_to(folder)) for path in paths]).to_csv(folder / "small.csv", index=False)
    return folder / "small.csv"


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("store")


def options(data, store, out, **more) -> Options:
    chosen = {"corpus": str(data), "features": "mfcc", "splits": ("actor",), "folds": 3, "jobs": 2}
    return Options(**(chosen | {"store": store, "out": out} | more))


@pytest.fixture(scope="module")
def result(data, store, tmp_path_factory):
    return tune(SearchSettings("lda", trials=6, inner_folds=2), options(data, store, tmp_path_factory.mktemp("out")))


def test_every_trial_is_a_row_per_outer_fold_and_one_is_chosen_in_each(result):
    table = result.trials
    assert list(table.columns) == list(tuning.TRIAL_COLUMNS)
    assert set(table.groupby("outer_fold").size()) == {7}
    chosen = table[table["chosen"]]
    assert list(chosen["outer_fold"]) == [0, 1, 2]
    for fold, part in table.groupby("outer_fold"):
        assert part["uar"].max() == chosen.set_index("outer_fold").at[fold, "uar"]
    assert json.loads(table["parameters"].iloc[0]) == dict(models.get("lda").parameters)


def test_the_reported_score_is_that_of_the_nested_predictions(result):
    rows = result.predictions
    assert len(rows) == 36
    assert rows["clip"].is_unique
    assert result.tuned_uar == pytest.approx(sklearn.metrics.balanced_accuracy_score(rows["true"], rows["tuned"]))
    assert result.default_uar == pytest.approx(sklearn.metrics.balanced_accuracy_score(rows["true"], rows["default"]))
    scores = nested_scores(result)
    assert (scores["low"] <= scores["uar"]).all()
    assert (scores["uar"] <= scores["high"]).all()


def test_no_inner_fit_sees_a_speaker_of_the_outer_test(data, tmp_path, monkeypatch):
    """Every fit of a search trains on speakers apart from its own test and, if inner, from the outer test."""
    seen = []
    monkeypatch.setattr(models, "MODELS", dict(models.MODELS))
    real = tuning.carry_out_fits

    def watched(planned, keys, data, *rest):
        speakers = data.clips["speaker"]
        seen.extend(
            (fit.split, fit.fold_number, set(speakers[list(fit.fold.train)]), set(speakers[list(fit.fold.test)]))
            for fit in planned
        )
        return real(planned, keys, data, *rest)

    monkeypatch.setattr(tuning, "carry_out_fits", watched)
    tune(SearchSettings("lda", trials=2, inner_folds=2), options(data, tmp_path / "store", tmp_path / "out"))
    outer = {number: test for split, number, _, test in seen if split == "actor"}
    assert len(outer) == 3
    for split, number, train, test in seen:
        assert not train & test
        if split != "actor":
            held = outer[int(split.split()[-1]) - 1]
            assert not (train | test) & held, (split, number)


def test_a_search_that_is_repeated_fits_nothing_again(data, store, result, tmp_path, monkeypatch):
    monkeypatch.setattr(tasks, "run_tasks", None)  # would fail if anything were fitted
    again = tune(SearchSettings("lda", trials=6, inner_folds=2), options(data, store, tmp_path / "again"))
    pd.testing.assert_frame_equal(again.trials, result.trials)
    assert again.parameters == result.parameters


def test_halving_fits_better_trials_on_more_inner_folds(data, store, tmp_path):
    done = tune(SearchSettings("lda", "halving", trials=5, inner_folds=3), options(data, store, tmp_path / "out"))
    counts = done.trials.pivot(index="trial", columns="outer_fold", values="inner_folds")
    assert (counts == 1).any().all()
    assert (done.trials.loc[done.trials["chosen"], "inner_folds"] == 3).all()
    finished = counts[(counts == 3).any(axis="columns")]
    assert (finished == 3).all(axis=None)  # what finished in one outer fold is scored in all of them
    means = done.trials.groupby("trial")["uar"].mean()[finished.index]
    best = done.trials.set_index("trial")["parameters"].loc[means.idxmax()].iloc[0]
    assert json.loads(best) == json.loads(json.dumps(dict(done.parameters)))


def test_trials_of_other_outer_folds_are_compared_relative_to_their_fold():
    """Trial 1 finished in the first fold only, where every trial scores high."""
    rows = [(0, 0, 0.9), (0, 1, 0.95), (1, 0, 0.4), (1, 2, 0.5), (2, 2, 0.5), (2, 3, 0.45)]
    table = pd.DataFrame(rows, columns=["outer_fold", "trial", "uar"]).assign(status="ok", inner_folds=4)
    assert tuning._best_trial(table) == 2


def test_tuned_toml_repeats_the_search_and_its_score(data, store, tmp_path):
    """A run with the configuration has the folds, the features, the labels and the UAR of the search."""
    chosen = {"normalize": "speaker", "seed": 3, "merge": {"happy": "other", "sad": "other"}, "part": "all"}
    settings = SearchSettings("knn", "halving", trials=3, inner_folds=2)
    done = tune(settings, options(data, store, tmp_path / "out", **chosen))
    loaded = config.load(done.folder / "tuned.toml", {})
    assert loaded.models == ("knn",)
    assert models.variant("knn", "knn", loaded.model_tables["knn"].parameters).parameters == done.parameters
    expected = options(data, store, None, **chosen, models=("knn",), model_tables=loaded.model_tables)
    assert loaded == expected.model_copy(update={"store": None, "jobs": None, "corpus": data.name})
    here = {"corpus": str(data), "store": store, "out": tmp_path / "run", "jobs": 1}
    saved = runner.run(loaded.model_copy(update=here)).saved
    predictions = saved.predictions[saved.predictions["model"] == "knn"].set_index("clip")["predicted"].astype(str)
    assert predictions.to_dict() == done.predictions.set_index("clip")["written"].to_dict()
    assert f"UAR with these parameters, actor split: {100 * done.written_uar:.1f} %" in (
        (done.folder / "tuned.toml").read_text(encoding="utf-8")
    )


def test_the_configuration_of_a_search_of_other_data_is_kept_and_named(data, store, tmp_path):
    class Warnings(NoProgress):
        lines: ClassVar[list[str]] = []

        def warning(self, message: str) -> None:
            self.lines.append(message)

    for emotions in ((), (), ("happy", "sad")):
        settings = SearchSettings("lda", trials=1, inner_folds=2)
        tune(settings, options(data, store, tmp_path, emotions=emotions), Warnings())
    (line,) = Warnings.lines
    assert line.endswith(
        "was found with emotions its default (now happy,sad), other clips of the corpus; "
        "it is kept as tuned-earlier-1.toml"
    )
    assert config.load(tmp_path / "tuned-earlier-1.toml", {}).emotions == ()
    assert config.load(tmp_path / "tuned.toml", {}).emotions == ("happy", "sad")


def test_the_report_of_a_search_has_a_table_and_a_chart(result):
    files = write_tuning(result)
    assert {path.name for path in files} == {"tuned.md", "tuning.png", "tuning.svg"}
    text = tuning_table(result, 1000)
    assert headline(result) in text
    assert all(max(map(len, tuning_table(result, width).splitlines())) <= width for width in (60, 80, 100, 140, 200))
    assert "the defaults" in text
    assert len(trial_summary(result)) == 7


class AveragingParameters(LearnerParameters):
    """Parameters of :class:`Averaging`."""

    n_neighbors: int = parameter(1, "neighbours", tune=(1, 3))


class Averaging(KNeighborsClassifier):
    """Averages over the clips that it predicts together."""

    def predict_proba(self, X):
        p = super().predict_proba(X)
        return (p + p.mean(axis=0)) / 2


def test_table_chart_and_file_mark_a_model_that_uses_the_other_test_clips(data, result, tmp_path, monkeypatch):
    averaging = models.Model(
        name="averaging",
        summary="for tests",
        kind="classical",
        features="mfcc",
        build=lambda seed, n_neighbors: Averaging(n_neighbors),
        schema=AveragingParameters,
    )
    monkeypatch.setattr(models, "MODELS", models.MODELS | {"averaging": averaging})
    settings = SearchSettings("averaging", trials=1, inner_folds=2)
    done = tune(settings, options(data, tmp_path / "store", tmp_path / "out"))
    assert done.transductive
    for text in (tuning_table(done), words_of(draw_tuning(done))):
        words = " ".join(text.split())
        assert "averaging † tuned on" in words
        assert TRANSDUCTIVE_NOTE in words
    assert "averaging predicts from the other test clips" in (done.folder / "tuned.toml").read_text(encoding="utf-8")
    assert not result.transductive
    assert "†" not in tuning_table(result)


def test_table_and_chart_mark_quick_effort(result):
    quick = dataclasses.replace(result, quick=True)
    for text in (tuning_table(quick), words_of(draw_tuning(quick))):
        assert f"{quick.model} ‡ tuned on" in " ".join(text.split())
    assert f"Trials of tuning {quick.model} ‡" in " ".join(words_of(draw_tuning(quick)).split())
    assert not result.quick
    assert "‡" not in tuning_table(result)


def test_a_trial_that_fails_is_a_row_and_is_not_chosen(data, store, tmp_path):
    """A dozen training clips are too few for 25 neighbours."""
    done = tune(SearchSettings("knn", trials=6, inner_folds=2), options(data, store, tmp_path / "out"))
    failed = done.trials[done.trials["status"] == "failed"]
    assert failed["error"].str.contains("n_neighbors").all()
    assert len(failed)
    assert failed["uar"].isna().all()
    assert not failed["chosen"].any()


def test_the_error_names_the_first_reason_if_every_trial_fails(data, store, tmp_path, monkeypatch):
    failure = FitFailure("failed", "ValueError: on purpose")
    monkeypatch.setattr(tuning, "carry_out_fits", lambda planned, *_: (dict.fromkeys(planned, failure), {}))
    with pytest.raises(RunError, match="no trial of knn could be fitted: ValueError: on purpose"):
        tune(SearchSettings("knn", trials=1, inner_folds=2), options(data, store, tmp_path / "out"))


@pytest.mark.parametrize(("model", "message"), [("majority", "has no parameter space"), ("cnn2d", "cannot be tuned")])
def test_a_model_that_cannot_be_tuned_is_refused(model, message, data, store, tmp_path):
    with pytest.raises(ConfigError, match=message):
        tune(SearchSettings(model), options(data, store, tmp_path / "out"))


def test_an_outer_split_that_shares_speakers_is_refused(data, store, tmp_path):
    with pytest.raises(ConfigError, match="split random shares speakers"):
        tune(SearchSettings("lda"), options(data, store, tmp_path / "out", splits=("random",)))


def test_trials_start_from_the_configured_parameters(data, store, tmp_path):
    tables = {"lda": {"base": "lda", "parameters": {"solver": "eigen"}}}
    heard = {"pretraining": {"mfcc": {"corpora": [data.stem], "source": "made up"}}}
    chosen = options(data, store, tmp_path / "out", model_tables=tables, **heard)
    done = tune(SearchSettings("lda", trials=2, inner_folds=2), chosen)
    assert done.exposure == "heard"
    assert "lda\N{NO-BREAK SPACE}§ tuned on" in headline(done)
    loaded = config.load(done.folder / "tuned.toml", {})
    assert loaded.pretraining == chosen.pretraining
    assert "Its features have heard the corpus." in (done.folder / "tuned.toml").read_text(encoding="utf-8")
    assert {json.loads(text)["solver"] for text in done.trials["parameters"]} == {"eigen"}
    assert loaded.model_tables["lda"].parameters["solver"] == "eigen"


def test_the_command_tunes_and_names_an_unknown_model(data, store, tmp_path, capsys):
    common = ["--corpus", str(data), "--features", "mfcc", "--folds", "3", "--store", str(store), "--jobs", "2"]
    assert call(["tune", "lda", *common, "--trials", "2", "--inner-folds", "2", "--out", str(tmp_path / "o")]) == 0
    assert "against the defaults" in capsys.readouterr().out
    assert {path.name for path in (tmp_path / "o").iterdir()} >= {"tuned.toml", "trials.csv", "nested.csv", "tuned.md"}
    assert call(["tune", "ldaa", *common]) == 2
    assert "'lda'" in capsys.readouterr().err


def test_too_few_speakers_for_the_inner_folds_are_refused(data, store, tmp_path, capsys):
    common = ["--corpus", str(data), "--features", "mfcc", "--folds", "3", "--store", str(store)]
    assert call(["tune", "lda", *common, "--inner-folds", "5", "--out", str(tmp_path / "o")]) == 2
    assert "use fewer with --inner-folds 4" in capsys.readouterr().err
    assert not list((tmp_path / "o").glob("*.toml"))


def test_a_corpus_of_few_speakers_has_fewer_folds(data, store, tmp_path):
    people = {f"small/{name}": "S01" for name in ("S04", "S05", "S06")}
    chosen = options(data, store, tmp_path, folds=None, speakers=people)
    done = tune(SearchSettings("lda", trials=1), chosen)
    record = json.loads((tmp_path / "search.json").read_text(encoding="utf-8"))
    assert record["options"]["folds"] == done.trials["outer_fold"].nunique() == 3
    assert record["search"]["inner_folds"] == 2


def test_speeds_are_not_searched_where_features_come_from_a_table(store, tmp_path):
    """There is no audio to play at another speed, so trials would differ in name only."""
    rng = np.random.default_rng(0)
    grid = [(s, e) for s in SPEAKERS for e in ("happy", "sad") for _ in range(3)]
    table = pd.DataFrame(grid, columns=["speaker", "emotion"]).assign(clip=[f"{i}.wav" for i in range(len(grid))])
    table = table.assign(**{f"x{i}": rng.normal(size=len(grid)) for i in range(3)})
    table.to_csv(tmp_path / "table.csv", index=False)
    settings = SearchSettings("knn", trials=4, inner_folds=2)
    done = tune(settings, options(tmp_path / "table.csv", store, tmp_path / "out", features="auto"))
    assert {tuple(json.loads(text)["speeds"]) for text in done.trials["parameters"]} == {()}
    assert "Brackets hold 95 % t intervals over speakers." in tuning_table(done)


def test_too_many_inner_folds_are_named_with_their_option(data, store, tmp_path):
    clips = load_corpus(str(data)).clips
    clips = clips.assign(label=clips["emotion"])
    outer = splits.make_folds("actor", clips, splits.FoldSettings(3, 0))[0]
    reason = "5 inner folds need as many training speakers; 4 speakers train in an outer fold\nuse .* --inner-folds 4"
    with pytest.raises(SplitError, match=reason):
        tuning._make_inner_folds(outer, clips.set_index("clip", drop=False), SearchSettings("lda", inner_folds=5), 0)


def test_trials_are_not_tested_under_the_conditions_of_a_configuration():
    trials = tuning._plan_trials(SearchSettings("lda", trials=1), Options(conditions=("phone",)), FEATURE_SETS)
    assert [trial.tested_sets for trial in trials] == [{}, {}]

"""Models whose features have heard a tested corpus."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from ser_bench.core.labels import EMOTIONS
from ser_bench.report.analysis.choice import choice_of
from ser_bench.report.analysis.compared_runs import ComparedRuns, compared_scores, differences
from ser_bench.report.analysis.comparisons import comparison, comparisons_with_best
from ser_bench.report.analysis.conditions.robustness import robust_leader
from ser_bench.report.analysis.exposure import (
    exposure,
    heard_corpora,
    heard_models,
    ranked,
    ranked_learners,
    unknown_models,
    unranked_learners,
)
from ser_bench.report.analysis.gaps import largest_gap
from ser_bench.report.analysis.ranking import all_models_ranked, best_model, scored_models
from ser_bench.report.analysis.splits import gap_splits
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.charts.registry import charts_of
from ser_bench.report.compare import as_text
from ser_bench.report.descriptions import EXPOSED_MARK, exposed_sentence
from ser_bench.report.findings import (
    conditions,
    confidence,
    cost,
    gaps,
    headline,
    quotation,
    recommendation,
    titles,
    verdict,
)
from ser_bench.report.findings.exposure import set_sentences
from ser_bench.report.latex import latex
from ser_bench.report.summary import markdown
from ser_bench.report.terminal import terminal_table
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


BEST = "oracle"
RANKED = ("svm", "knn", "cnn1d", "lda-robust")
SMALL = {"conditions": {}, "trained_under": {}}
"""Changes of a recipe that make a run quick to analyse."""

SPLITS = (("actor", 4), ("random", 4), ("within", 2), ("cross", 2))


def recipe_with(*models: str, **changes) -> Recipe:
    """Return a run of two corpora under conditions, in which the model with almost no mistakes has heard both."""
    recipe = Recipe(
        models=("chance", "majority", *models),
        splits=SPLITS,
        speakers=8,
        labels=EMOTIONS[:3],
        clips_per_label=2,
        corpora=("emodb", "savee"),
        conditions={"white-0": 0.8, "phone": 0.7, "shift-1": 0.02},
        trained_under={"lda-robust": {"phone": "telephone"}},
        exposure={BEST: {name: "heard" for name, _ in SPLITS}} if BEST in models else {},
        pretrained={"ssl:net": {"corpora": ["emodb", "SAVEE", "LibriSpeech"]}} if BEST in models else {},
        features_of={BEST: "functionals+ssl:net"} if BEST in models else {},
        skills={BEST: (0.97, 0.0), "oracle2": (0.96, 0.0)},
    )
    return replace(recipe, **changes)


@pytest.fixture(scope="module")
def with_best(tmp_path_factory):
    return save_fake_run(tmp_path_factory.mktemp("with"), recipe_with(*RANKED, BEST))


@pytest.fixture(scope="module")
def without_best(tmp_path_factory):
    return save_fake_run(tmp_path_factory.mktemp("without"), recipe_with(*RANKED))


def test_the_best_scores_take_no_rank(with_best):
    assert summarise(with_best).set_index("model")["actor_uar"].idxmax() == BEST
    assert all_models_ranked(with_best)[4] == BEST
    assert BEST not in scored_models(with_best)
    assert best_model(with_best) == scored_models(with_best)[0] != BEST
    for split, _ in SPLITS:
        assert BEST not in comparison(with_best, split).models
    assert BEST not in set(comparisons_with_best(with_best)["model"])
    assert choice_of(with_best, [BEST, *RANKED], dict.fromkeys([BEST, *RANKED], 1.0)).best != BEST
    largest = largest_gap(with_best, gap_splits(with_best))
    assert BEST not in (largest.model, *largest.similar, *largest.tied)
    leader = robust_leader(with_best, "actor")
    assert BEST not in (leader.model, *leader.similar)


def alt_texts(run) -> dict[str, str]:
    return {name: chart.alt_text() for name, chart in charts_of(run).items() if not re.match("confusion|curves", name)}


def test_no_alternative_text_lists_a_model_without_a_rank_first_or_among_the_highest(with_best, without_best):
    texts, without = alt_texts(with_best), alt_texts(without_best)
    for name, text in texts.items():
        named = re.findall(rf"(?<![\w-])({'|'.join((BEST, *RANKED))})(?![\w-])", text)
        assert named[:1] != [BEST], name
    assert f"random split, the highest 3 without {EXPOSED_MARK}: cnn1d" in texts["uar"]
    for name in ("speakers", "groups"):
        assert texts[name].replace("ranked model", "model") == without[name]


def claims(run) -> Iterator[tuple[str, str]]:
    """Yield the sentences and titles of a run, without those about a model that a caller names."""
    texts = {
        "headline": headline.headline(run),
        "verdict": verdict.verdict(run),
        "recommendation": " ".join(recommendation.recommendation(run)),
        "quotation": quotation.quotation(run),
        "gaps": " ".join(gaps.gap_sentences(run)),
        "cost": cost.cost_sentences(run),
        "confidence": confidence.confidence_findings(run).calibration,
        "conditions": " ".join(conditions.condition_sentences(run)),
        "worst": conditions.worst_sentence(run),
    }
    of_a_model = {"confusion_title", "curves_title"}
    of_all = {"calibration_errors_title"}
    texts |= {name: getattr(titles, name)(run) for name in titles.__all__ if name not in of_a_model | of_all}
    return iter(texts.items())


def test_no_sentence_is_about_a_model_without_a_rank(with_best, without_best):
    sentence = exposed_sentence(with_best)
    assert sentence == "oracle\N{NO-BREAK SPACE}§ takes no rank: its features have heard emodb and savee."
    expected = dict(claims(without_best))
    for name, claim in claims(with_best):
        text = claim.replace(f"{sentence} ", "")
        assert BEST not in text, name
        assert text.replace("ranked model", "model").replace(" that takes a rank", "") == expected[name], name
    assert sentence in dict(claims(with_best))["headline"]
    assert sentence in dict(claims(with_best))["quotation"]


def test_tables_mark_the_model_and_state_what_it_has_heard(with_best, without_best):
    table = summarise(with_best).set_index("model")
    assert table.loc[[BEST, "svm", "chance"], "cross_heard"].to_list() == ["heard", "no", "no"]
    assert not [column for column in summarise(without_best) if column.endswith("_heard")]
    for text in (markdown(with_best), terminal_table(with_best)):
        assert "oracle §" in " ".join(text.split())
    assert "but the baselines and models without a rank" in latex(with_best)
    assert "models without a rank" not in latex(without_best)


@pytest.mark.parametrize("models", [(BEST,), (BEST, "oracle2")])
def test_a_run_without_a_ranked_model_says_so(tmp_path, models):
    exposed = {model: {name: "heard" for name, _ in SPLITS} for model in models}
    run = save_fake_run(tmp_path, recipe_with(*models, exposure=exposed, **SMALL))
    assert unranked_learners(run) == list(models)
    assert best_model(run) is None
    for name, text in claims(run):
        assert "finished every fold" not in text, name
        assert not [word for word in ("best", "highest", "Use ") if word in text], name
    assert "no model takes a rank" in headline.headline(run)
    assert "Choose no model by this run" in recommendation.recommendation(run)[0]
    assert terminal_table(run)
    assert markdown(run)


def test_only_the_tested_corpus_of_a_cross_run_counts(tmp_path):
    recipe = recipe_with(BEST, "svm", exposure={BEST: {"cross": "heard"}}, **SMALL)
    run = save_fake_run(tmp_path, recipe)
    assert best_model(run) == BEST
    assert ranked_learners(run, "cross") == ["svm"]
    assert exposed_sentence(run).startswith("oracle\N{NO-BREAK SPACE}§ takes no rank under cross:")
    assert "it was not trained on" not in headline.headline(run)
    assert "oracle" not in titles.transfer_title(run)


def test_an_unknown_model_keeps_its_rank_with_a_mark(tmp_path):
    recipe = recipe_with(BEST, "svm", exposure={BEST: {"actor": "unknown"}}, **SMALL)
    run = save_fake_run(tmp_path, recipe)
    assert best_model(run) == BEST
    assert "oracle\N{NO-BREAK SPACE}? has the highest UAR" in headline.headline(run)


def test_runs_are_not_compared_on_a_model_that_heard_the_corpus_in_one_of_them(tmp_path, with_best):
    unheard = save_fake_run(tmp_path, recipe_with(*RANKED, BEST, exposure={}))
    runs = ComparedRuns((unheard, with_best), ("first", "second"), "actor")
    assert set(differences(runs)["model"]) == set(RANKED)
    assert list(dict.fromkeys(compared_scores(runs)["model"]))[4] == BEST
    assert "second: oracle § takes no rank" in " ".join(as_text(runs, 200).split())


def test_the_summary_describes_each_set_with_a_network_or_a_licence(tmp_path):
    heard = {"emodb": "heard", "savee": "unknown"}
    network = {"corpora": ["emodb"], "complete": False, "source": "a card, 2024", "exposure": heard}
    sets = {"onnx:net": network, "table": {"corpora": None}, "stated": {"corpora": []}}
    licences = {"onnx:net": "MIT", "egemaps": "research use"}
    run = save_fake_run(tmp_path, recipe_with("svm", pretrained=sets, licences=licences, **SMALL))
    assert set_sentences(run) == [
        "Feature set onnx:net: licence MIT; trained on emodb, and others that are not listed (a card, 2024); "
        "it has heard emodb; unknown whether it has heard savee.",
        "Feature set table: no licence stated; unknown training corpora.",
        "Feature set stated: no licence stated; no network.",
        "Feature set egemaps: licence research use.",
    ]
    assert all(sentence in " ".join(markdown(run).split()) for sentence in set_sentences(run))


def test_the_heard_corpora_are_named_by_the_run(with_best, exposed):
    assert heard_corpora(with_best, BEST, "within") == ["emodb", "savee"]
    assert heard_corpora(with_best, "svm", "within") == []
    unnamed = "lda\N{NO-BREAK SPACE}§ takes no rank: its features have heard the tested corpus."
    assert unnamed in exposed_sentence(exposed)

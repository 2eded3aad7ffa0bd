"""The table of a run on the terminal: it fits every width, and leaves out the least important columns first."""

from __future__ import annotations

import re

import pytest

from ser_bench.report.analysis.summary import summarise
from ser_bench.report.formatting import percent, percent_interval, points_interval
from ser_bench.report.terminal import _omissions, terminal_table
from tests.report.fake_run import Recipe, save_fake_run

WIDTHS = (60, 80, 100, 140, 200)
ALL_SPLITS = (
    ("actor", 6),
    ("random", 6),
    ("random-takes", 6),
    ("loso", 24),
    ("text", 2),
    ("actor-text", 12),
    ("emobox", 6),
    ("random-80-20", 1),
    ("actor-80-20", 1),
)
LONG_NAME = "cnn1d-deeper-and-with-attention"
RECIPES = {
    "two-splits": Recipe(models=("chance", "svm", "knn"), clips_per_label=2),
    "takes": Recipe(models=("chance", "svm", "knn"), splits=ALL_SPLITS[:3], clips_per_label=2),
    "many-splits": Recipe(models=("chance", "svm", LONG_NAME), splits=ALL_SPLITS, clips_per_label=2),
    "one-split": Recipe(models=("svm", LONG_NAME), splits=(("loso", 24),), clips_per_label=2),
    "quick-and-transductive": Recipe(
        models=("chance", "svm", LONG_NAME), quick=(LONG_NAME,), transductive=(LONG_NAME,), clips_per_label=2
    ),
    "five-speakers": Recipe(models=("svm", "knn"), splits=(("actor", 5), ("random", 5)), speakers=5, clips_per_label=4),
    "corpora": Recipe(
        models=("svm", LONG_NAME),
        splits=(("actor", 2), ("within", 2), ("cross", 2), ("random", 2)),
        corpora=("a", "b"),
        speakers=12,
        clips_per_label=4,
    ),
    "failed": Recipe(models=("svm", "knn"), shortfalls={("knn", "actor", 0, 3): "failed"}, clips_per_label=2),
    "baselines": Recipe(models=("chance", "majority"), clips_per_label=2),
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A function that returns the made-up run of a recipe, each made once."""
    saved = {}

    def run(name):
        if name not in saved:
            saved[name] = save_fake_run(tmp_path_factory.mktemp(name), RECIPES[name])
        return saved[name]

    return run


def numbers(text: str) -> int:
    """Return how many scores and ends of intervals the rows of a table hold."""
    return len(re.findall(r"\d+\.\d", text.partition("\n---")[2].partition("\n\n")[0]))


@pytest.mark.parametrize("name", RECIPES)
def test_the_table_fits_every_width_and_shows_more_on_a_wider_terminal(runs, name):
    texts = {width: terminal_table(runs(name), width) for width in WIDTHS}
    for width, text in texts.items():
        assert max(map(len, text.splitlines())) <= width
    counts = [numbers(text) for text in texts.values()]
    assert counts == sorted(counts)
    assert all("UAR %" in text for text in texts.values())


@pytest.mark.parametrize("width", [*WIDTHS, 45, 70, 120])
def test_accuracy_is_left_out_before_any_interval(runs, width):
    text = terminal_table(runs("takes"), width)
    note = " ".join(text.partition("Left out")[2].split())
    assert "accuracy" in note or "interval" not in note
    assert "accuracy %" not in text or "accuracy" not in note
    row = summarise(runs("takes")).set_index("model").loc["svm"]
    assert percent_interval(row["actor_uar_low"], row["actor_uar_high"]) in text
    assert points_interval(row["uar_gap_low"], row["uar_gap_high"]) in text or width < 60


def test_columns_leave_in_the_documented_order(runs):
    steps = [f"{step.kind} {step.name}".strip() for step in _omissions(runs("many-splits"))]
    further = ["actor-80-20", "random-80-20", "emobox", "actor-text", "text", "loso", "random-takes"]
    assert steps == [
        "accuracy",
        "intervals and scores by speaker of the other splits",
        "intervals of the parts of the gap",
        "mean fit",
        *(f"UAR under {split}" for split in further),
        "the parts of the gap",
        "the ends of long names",
        "UAR under random",
        "intervals of the gap",
        "intervals of actor",
    ]


def test_the_note_names_the_files_and_the_width(runs):
    assert "Left out" not in terminal_table(runs("two-splits"), 200)
    text = " ".join(terminal_table(runs("two-splits"), 60).split())
    assert "Left out at 60 columns, the least important first: accuracy, " in text
    assert text.endswith("summary.csv has everything.")
    assert " ".join(terminal_table(runs("takes"), 60).split()).endswith("summary.csv and gap.csv have everything.")


def test_the_scores_of_few_speakers_are_named_as_such(runs):
    text = terminal_table(runs("five-speakers"), 80)
    assert "scores by speaker of the other splits" in " ".join(text.split())
    assert "intervals of" not in text


def test_intervals_that_a_run_does_not_have_are_not_left_out(runs):
    text = terminal_table(runs("two-splits"), 60)
    assert "parts of the gap" not in text


def test_a_long_name_is_cut_but_its_marks_stay(runs):
    for width, name in ((80, "cnn1d-deeper-and-with-a…"), (60, "cnn1d-deeper-…")):
        lines = terminal_table(runs("quick-and-transductive"), width).splitlines()
        (line,) = (line for line in lines if line.startswith("cnn1d-deeper"))
        assert re.match(rf"{name}\s†‡ ", line)


def test_names_that_would_become_equal_are_not_shortened_further(tmp_path):
    models = ("cnn1d-deeper-and-wider", "cnn1d-deeper-and-slower")
    run = save_fake_run(tmp_path, Recipe(models=models, clips_per_label=1))
    text = terminal_table(run, 50)
    assert all(f"\n{name} " in text for name in models)
    assert "names" not in text


def test_the_least_table_holds_uar_on_new_speakers(runs):
    run = runs("many-splits")
    row = summarise(run).set_index("model").loc["svm"]
    assert percent(row["actor_uar"]) in terminal_table(run, 40)

"""``summary.tex``: a row per model, with LaTeX's special characters escaped."""

from __future__ import annotations

from ser_bench.report.analysis.comparisons import comparison
from ser_bench.report.latex import escape, latex
from tests.report.fake_run import Recipe, save_fake_run


def test_the_table_has_a_row_per_model(run):
    text = latex(run)
    assert text.count(r"\\") == 1 + len(run.info.models)
    assert all(line.count("&") == 3 for line in text.splitlines() if line.endswith(r"\\"))


def test_bold_is_the_model_that_is_significantly_better_than_every_other(run):
    """svm has the highest UAR of both splits, but under actor its lead over cnn1d is not significant."""
    text = latex(run)
    (row,) = (line for line in text.splitlines() if r"\textbf" in line)
    assert row.startswith("svm & ")
    assert not comparison(run, "random").not_worse
    assert comparison(run, "actor").not_worse == ("cnn1d",)
    assert text.count(r"\textbf") == 1
    assert "Bold: significantly better than every other model of that column but the baselines" in text


def test_without_a_significant_lead_nothing_is_bold(broken_run):
    assert r"\textbf" not in latex(broken_run)
    assert "No score is bold" in latex(broken_run)


def test_special_characters_are_escaped():
    assert escape("50 % of a_b & <c>") == r"50 \% of a\_b \& $<$c$>$"


def test_the_caption_says_that_speech_is_synthetic(broken_run):
    assert "SYNTHETIC SPEECH" in latex(broken_run)
    assert "failed 1/6" in latex(broken_run)


def test_a_wide_table_is_scaled_to_the_width_of_the_text(tmp_path, run):
    assert "resizebox" not in latex(run)
    assert latex(run).startswith("% needs \\usepackage{booktabs}\n")
    folds = (("actor", 6), ("random", 6), ("emobox", 6), ("text", 2))
    text = latex(save_fake_run(tmp_path, Recipe(models=("svm", "chance"), splits=folds, clips_per_label=2)))
    assert text.startswith("% needs \\usepackage{booktabs,graphicx}\n")
    assert "\\resizebox{\\textwidth}{!}{%\n\\begin{tabular}" in text
    assert "\\end{tabular}}\n" in text
    assert text.count("{") == text.count("}")

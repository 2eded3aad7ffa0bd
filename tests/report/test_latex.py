"""``summary.tex``: a row per model, with LaTeX's special characters escaped."""

from __future__ import annotations

from ser_bench.report.latex import escape, latex


def test_the_table_has_a_row_per_model_and_the_best_in_bold(run):
    text = latex(run)
    assert text.count(r"\\") == 1 + len(run.info.models)
    assert all(line.count("&") == 3 for line in text.splitlines() if line.endswith(r"\\"))
    assert text.count(r"\textbf") == 2


def test_special_characters_are_escaped():
    assert escape("50 % of a_b & <c>") == r"50 \% of a\_b \& $<$c$>$"


def test_the_caption_says_that_speech_is_synthetic(broken_run):
    assert "SYNTHETIC SPEECH" in latex(broken_run)
    assert "failed 1/6" in latex(broken_run)

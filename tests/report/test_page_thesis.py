"""The section for a thesis: sentences and tables equal the data, and names of users stay text in every format."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from ser_bench import corpora
from ser_bench.report import citation
from ser_bench.report.analysis.comparisons import comparison
from ser_bench.report.analysis.gaps import gaps_of
from ser_bench.report.analysis.splits import gap_splits
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.citation import bibtex
from ser_bench.report.findings.quotation import quotation
from ser_bench.report.formatting import percent
from ser_bench.report.latex import latex
from ser_bench.report.page.sections.thesis import markdown_scores, thesis_report
from ser_bench.report.tsv import tab_separated
from tests.report.fake_run import Recipe, save_fake_run
from tests.runs.run_folder import changed_info

SMALL = {"labels": ("angry", "happy", "sad"), "clips_per_label": 2}


@pytest.fixture(scope="module", params=["analysed_run", "broken_run"])
def any_run(request):
    return request.getfixturevalue(request.param)


def rounded(run):
    """Return UAR per split with its ends and the gap as text with one decimal, empty without a value, by model."""
    table, pair = summarise(run), gap_splits(run)
    names = [f"{split}_uar{end}" for split in run.info.splits for end in ("", "_low", "_high")]
    values = table.set_index("model")[names].join(gaps_of(run, pair)[[f"total{end}" for end in ("", "_low", "_high")]])
    return values.apply(lambda column: column.map(lambda value: "" if pd.isna(value) else f"{100 * value:.1f}"))


def test_the_tab_separated_table_equals_the_summary(any_run):
    rows = list(csv.reader(io.StringIO(tab_separated(any_run)), delimiter="\t"))
    expected = rounded(any_run)
    assert rows[0][:4] == ["model", "actor UAR %", "actor UAR % low", "actor UAR % high"]
    assert [row[0] for row in rows[1:]] == list(expected.index)
    for row, (_, values) in zip(rows[1:], expected.iterrows(), strict=True):
        assert [float(cell or "nan") for cell in row[1 : 1 + len(values)]] == pytest.approx(
            [float(value or "nan") for value in values], nan_ok=True
        )


@pytest.mark.parametrize("form", ["markdown", "latex"])
def test_the_other_tables_hold_the_same_numbers(any_run, form):
    if form == "markdown":
        lines = [re.split(r"(?<!\\)\|", line)[1:-1] for line in markdown_scores(any_run).splitlines()[2:]]
    else:
        lines = [line.split(" & ") for line in latex(any_run).splitlines() if " & " in line][1:]
    expected = rounded(any_run)
    assert [line[0].strip() for line in lines] == list(expected.index)
    for line, (_, values) in zip(lines, expected.iterrows(), strict=True):
        for index, split in enumerate(any_run.info.splits):
            shown = re.findall(r"(?<![\d/])\d+\.\d", line[1 + index])
            assert shown == [value for value in values[[f"{split}_uar{end}" for end in ("", "_low", "_high")]] if value]
        assert [float(x) for x in re.findall(r"[-+]\d+\.\d", line[1 + len(any_run.info.splits)])][:1] == [
            float(value) for value in values[["total"]] if value
        ]


def test_the_sentences_state_the_data(analysed_run):
    info = changed_info(analysed_run.info, versions={"ser-bench": "0.1.0"})
    text, best = quotation(replace(analysed_run, info=info)), summarise(analysed_run).iloc[0]
    ends = f"[{percent(best['actor_uar_low'])}, {percent(best['actor_uar_high'])}]"
    assert f"{best['model']} has a UAR of {percent(best['actor_uar'])} % (95 % interval over speakers {ends})" in text
    assert "RAVDESS speech" in text
    assert "24 speakers, 8 emotions" in text
    assert "on speakers that are not in training (actor split, 6 folds, 2 repeats), " in text
    assert ", the highest of 4 models; chance is 12.5 %" in text
    assert ("is significantly better than every" in text) == (not comparison(analysed_run).not_worse)
    assert f"minus UAR under actor: {100 * best['uar_gap']:+.1f} points" in text
    assert text.endswith("Computed with ser-bench 0.1.0.")


@pytest.mark.parametrize(
    ("recipe", "wanted", "unwanted"),
    [
        (Recipe(models=("svm", "lda"), splits=(("actor", 2),), speakers=3, **SMALL), "(each speaker: ", "interval"),
        (Recipe(models=("svm",), splits=(("random", 2),), speakers=1, **SMALL), "1 speaker,", "each speaker"),
        (
            Recipe(models=("svm", "lda"), splits=(("random", 2),), speakers=6, **SMALL),
            "on speakers that are also in training (random split, 2 folds)",
            "not in training",
        ),
        (Recipe(models=("chance",), splits=(("actor", 2),), speakers=2, **SMALL), "baselines only", "has a UAR"),
        (
            Recipe(
                models=("svm",),
                splits=(("actor", 2),),
                speakers=4,
                shortfalls={("svm", "actor", 0, 0): "failed"},
                **SMALL,
            ),
            "no model finished every fold",
            "has a UAR",
        ),
        (
            Recipe(models=("svm",), splits=(("actor", 2),), speakers=4, target="gender", synthetic=True, **SMALL),
            "(synthetic speech, ",
            "emotions",
        ),
        (
            Recipe(models=("svm", "lda"), splits=(("actor", 2),), speakers=4, transductive=("svm", "lda"), **SMALL),
            "† predicts from the other test clips as well (transductive).",
            "significantly better",
        ),
    ],
    ids=["few speakers", "one speaker", "known speakers", "baselines", "failed", "gender", "transductive"],
)
def test_the_sentences_hold_for_runs_with_little_to_state(recipe, wanted, unwanted, tmp_path):
    text = quotation(save_fake_run(tmp_path, recipe))
    assert wanted in text
    assert unwanted not in text
    assert "nan" not in text.casefold().split()


def test_unknown_speakers_have_no_claim_on_new_voices(run):
    unknown = replace(
        run,
        clips=run.clips.assign(speaker=""),
        audit=run.audit.assign(test_clips_of_known_speakers=float("nan")),
    )
    text = quotation(unknown)
    assert "of whom it is unknown whether they are in training" in text
    assert "Speakers are unknown, so no score on new voices is known." in text


def test_citations_are_those_of_the_software_and_the_corpora(run):
    cff = Path(__file__).parents[2].joinpath("CITATION.cff").read_text(encoding="utf-8")
    assert f'title: "{citation.TITLE}"' in cff
    assert f"name: {citation.AUTHORS}\n" in cff
    assert dict(bibtex(run))["ser-bench"].count("{ser-bench}") == 1
    several = changed_info(run.info, corpus={"corpora": ["ravdess", "tess", "mine.csv"]})
    entries = dict(bibtex(replace(run, info=several)))
    assert list(entries) == ["ser-bench", "RAVDESS", "TESS"]
    assert entries["TESS"] == corpora.get("tess").bibtex


HOSTILE = '\\input{/etc/passwd} } {{ % " $x_^& <script>alert(1)</script>\n@misc{x'


def test_hostile_names_stay_text_in_every_format(run):
    corpus = {"name": f"c{HOSTILE}", "title": f"t{HOSTILE}", "citation": f"by {HOSTILE}"}
    hostile = replace(run, info=changed_info(run.info, corpus=corpus))
    (_, entry) = bibtex(hostile)[1]
    assert balanced(entry)
    assert re.match(r"@misc\{[A-Za-z0-9.+:-]+,\n  title = ", entry)
    assert len(entry.splitlines()) == 4
    for text in (entry, latex(hostile)):
        assert "\\input" not in text
        assert "\\textbackslash{}input" in text
    assert "<script" not in markdown_scores(hostile)


def test_hostile_models_keep_rows_and_columns(tmp_path):
    models = ("=1+1\tx", "[2] | y\nz", "* & \\\\", "svm")
    run = save_fake_run(tmp_path, Recipe(models=models, splits=(("actor", 2),), speakers=4, **SMALL))
    rows = list(csv.reader(io.StringIO(tab_separated(run)), delimiter="\t", quoting=csv.QUOTE_NONE))
    assert {len(row) for row in rows} == {5}
    assert {row[0] for row in rows[1:]} == {"'=1+1 x", "[2] | y z", "* & \\\\", "svm"}
    assert len(markdown_scores(run).splitlines()) == 2 + len(models)
    body = latex(run).split("\\midrule\n")[1].split("\\bottomrule")[0].splitlines()
    assert len(body) == len(models)
    assert not any(line.startswith(("[", "*")) for line in body)  # \\ would take them for its options


def balanced(text: str) -> bool:
    """Return whether braces match as BibTeX counts them, escaped ones included."""
    depth = 0
    for character in text:
        depth += {"{": 1, "}": -1}.get(character, 0)
        if depth < 0:
            return False
    return depth == 0


def test_models_with_missing_folds_are_named(broken_run):
    assert "Folds are missing for knn." in quotation(broken_run)


def test_the_section_offers_texts_to_copy(run):
    report = thesis_report(run)
    titles = [snippet.title for snippet in report.snippets]
    assert not re.search(r"(?<!\\)%", report.snippets[0].text)  # LaTeX would drop the rest of the line
    assert titles == [
        "Sentences in LaTeX",
        "Table in LaTeX",
        "Table in Markdown",
        "Table as TSV",
        "Citations in BibTeX",
    ]

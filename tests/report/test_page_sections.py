"""The sections on features, leakage, missing results and method: numbers equal the data, terms fit the run."""

from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd
import pytest
from markupsafe import escape

from ser_bench.report.analysis.failures import feature_importance
from ser_bench.report.analysis.leakage import leakage_by_split
from ser_bench.report.charts.registry import charts_of
from ser_bench.report.charts.render import render
from ser_bench.report.descriptions import UNKNOWN_NOTE, protocol, settings
from ser_bench.report.page import render_page
from ser_bench.report.page.sections.features import feature_report
from ser_bench.report.page.sections.glossary import glossary
from ser_bench.report.page.sections.leakage import leakage_report
from ser_bench.report.page.sections.missing import missing_report
from ser_bench.report.page.sections.pretrained import pretrained_table
from ser_bench.report.page.svg import inline
from ser_bench.runs.results.run_info import PretrainedInfo
from tests.legible import words_of
from tests.report.browser import chromium
from tests.report.fake_run import Recipe, save_fake_run
from tests.runs.run_folder import changed_info

SMALL = {"labels": ("angry", "happy", "sad"), "clips_per_label": 2}


def test_the_picture_of_features_shows_the_losses_of_the_best_model_and_the_mean(analysed_run):
    report, losses = feature_report(analysed_run), feature_importance(analysed_run, "actor")
    (picture,) = report.pictures
    best = picture.columns[0].head
    assert [row.head.text for row in picture.rows] == ["energy", "MFCC", "pitch and voice", "modulation"]
    for row in picture.rows:
        shown = [cell.value for cell in row.cells]
        assert shown == pytest.approx([losses.at[best, row.head.text], losses[row.head.text].mean()])
    assert picture.rows[-1].cells[0].text == "-1.0"
    assert "of the first repeat, actor split" in report.notes[0]


def test_models_with_a_part_of_the_groups_share_a_picture_and_others_have_their_own(run):
    table = run.importance
    part = table[(table["model"] != "svm") | (table["group"] != "energy")]
    (picture,) = feature_report(replace(run, importance=part)).pictures
    assert len(picture.rows) == 4
    other = table.assign(group=table["group"].where(table["model"] != "cnn1d", "band " + table["group"]))
    report = feature_report(replace(run, importance=other))
    assert [len(p.rows) for p in report.pictures] == [4, 4]
    assert len(report.tables) == 2
    without = feature_report(replace(run, importance=table[table["model"] != "knn"]))
    assert "Not shown: knn (no groups)." in without.notes


JOINED = ("energy", "MFCC", "treble", "onnx:embedding_model")


@pytest.fixture
def joined(run):
    """The run with sets of its own and of other programs, one of them with groups of the same names."""
    names = {"svm": JOINED, "knn": [f"functionals: {name}" for name in JOINED[:2]] + ["egemaps: MFCC", "onnx:net"]}
    sets = {"svm": "functionals+treble+onnx:embedding_model", "knn": "functionals+egemaps+onnx:net"}
    table, parts = run.importance, []
    for model, groups in names.items():
        own = table[table["model"] == model]
        parts.append(own.assign(group=own["group"].map(dict(zip(own["group"].unique(), groups, strict=True)))))
    importance = pd.concat([table[~table["model"].isin(names)], *parts])
    pretrained = {
        "onnx:embedding_model": PretrainedInfo(corpora=("emodb", "LibriSpeech"), source="a paper"),
        "onnx:net": PretrainedInfo(licence="MIT", exposure={"ravdess": "unknown"}),
    }
    update = {"features_of": run.info.features_of | sets, "pretrained": pretrained, "licences": {"egemaps": "research"}}
    return replace(run, info=run.info.model_copy(update=update), importance=importance)


def test_groups_of_joined_sets_stand_together_with_the_name_of_their_set(joined):
    report = feature_report(joined)
    heads = [
        [(row.head.text, row.head.note) for row in picture.rows] for picture in (*report.pictures, *report.further)
    ]
    assert [("energy", "functionals"), ("MFCC", "functionals"), ("treble", ""), ("onnx:embedding_model", "")] in heads
    own = [("energy", "functionals"), ("MFCC", "functionals"), ("MFCC", "egemaps"), ("onnx:net", "")]
    assert own in heads
    assert [("energy", ""), ("MFCC", ""), ("pitch and voice", ""), ("modulation", "")] in heads
    assert "points, egemaps" in [column.under for table in report.tables for column in table.columns]


def test_the_chart_names_sets_above_their_groups_and_breaks_long_names(joined):
    words = words_of(charts_of(joined)["importance"].draw())
    assert "functionals: energy" not in words
    assert "egemaps" in words
    assert "embedding_" in words  # the first line of a name that is wider than its column
    many = joined.importance[joined.importance["model"] == "svm"]
    parts = [many.assign(group=f"layer {number}") for number in range(25)]
    figure = charts_of(replace(joined, importance=pd.concat(parts)))["importance"].draw()
    assert all(f"layer {number}" in words_of(figure).replace("\n", " ") for number in range(25))


def test_pretrained_and_licensed_sets_are_listed_with_what_they_have_heard(joined, run):
    rows = [[cell.text for cell in row.cells] for row in pretrained_table(joined).rows]
    assert rows == [
        ["onnx:embedding_model", "unknown", "emodb, LibriSpeech", "not heard", "a paper"],
        ["onnx:net", "MIT", "unknown", "ravdess: unknown\N{NO-BREAK SPACE}?", ""],
        ["egemaps", "research", "no network", "not heard", ""],
    ]
    assert pretrained_table(joined).note == UNKNOWN_NOTE
    assert pretrained_table(run) is None


def test_a_run_without_importance_has_no_section_of_features(run):
    empty = replace(run, importance=run.importance.iloc[:0])
    assert feature_report(empty) is None
    assert 'id="features"' not in render_page(empty, {}).decode()


def test_the_bars_of_leakage_have_the_length_of_their_shares(analysed_run):
    report = leakage_report(analysed_run)
    for row, shares in zip(leakage_by_split(analysed_run).to_dict("records"), report.splits, strict=True):
        expected = [100 * row[name] for name in ("known_speakers", "known_texts", "known_takes")]
        assert [share.percent for share in shares.shares] == pytest.approx(expected, abs=0.05)
        assert shares.copies == f"{row['identical'] + row['near_identical']:,.0f}"
    html = render_page(analysed_run, {}).decode()
    assert [float(x) for x in re.findall(r'class="share"[^>]*><span style="width:([\d.]+)%', html)] == [
        share.percent for shares in report.splits for share in shares.shares
    ]


def test_shares_near_none_and_all_do_not_look_like_them(run):
    almost = run.audit["test_clips"] * 0.999
    report = leakage_report(replace(run, audit=run.audit.assign(test_clips_of_known_speakers=almost)))
    assert report.splits[0].shares[0].text == "99.90 %"
    unchecked = run.audit.assign(near_identical_clips=pd.array([pd.NA] * len(run.audit), dtype="Int64"))
    assert "or more" in leakage_report(replace(run, audit=unchecked)).splits[0].copies


def test_what_is_missing_is_open_where_it_is_short_and_folded_where_it_is_long(broken_run):
    report = missing_report(broken_run)
    assert report.few_failed
    assert sorted(row.cells[0].text for row in report.failed_fits.rows) == ["knn", "svm"]
    warned = replace(broken_run, info=changed_info(broken_run.info, warnings=[f"warning {i}" for i in range(9)]))
    assert (len(missing_report(warned).warnings), len(missing_report(warned).further_warnings)) == (6, 3)


def test_the_glossary_defines_what_the_run_uses(run, broken_run, tmp_path):
    terms = dict(glossary(run))
    assert {"UAR", "fold", "gap", "repeat", "95 % interval", "ECE", "importance", "baseline"} <= set(terms)
    assert not {"transductive", "published, frozen"} & set(terms)
    assert "transductive" in dict(glossary(broken_run))
    alone = save_fake_run(
        tmp_path,
        Recipe(models=("svm",), splits=(("random", 2),), speakers=1, target="gender", quick=("svm",), **SMALL),
    )
    few = dict(glossary(alone))
    assert "quick effort ‡" in few
    assert not {"gap", "repeat", "95 % interval", "significant", "baseline", "importance"} & set(few)
    assert not any("emotion" in text for term, text in few.items() if term not in ("take",))


def test_every_term_is_short_and_used_elsewhere_on_the_page(run):
    html = render_page(run, {}).decode()
    glossary_part = re.search(r'<dl class="glossary">.*?</dl>', html, re.DOTALL)[0]
    text = re.sub(r"<[^>]+>", " ", html.replace(glossary_part, "")).casefold()
    for term, definition in glossary(run):
        assert len(definition.split()) <= 25
        assert term in ("points", "importance") or term.casefold() in text
        assert definition.endswith(".")


def test_the_settings_stand_once_and_the_protocol_in_the_provenance(run):
    html = render_page(run, {}).decode()
    assert html.count(settings(run)) == 1
    assert html.count(escape(protocol(run))) == 1
    assert settings(run) == "1,440 clips · 24 speakers · 8 emotions · 3 models · 2 splits · 2 repeats"
    lost = pd.DataFrame([("clip", "a", "x"), ("clip", "b", "x"), ("class", "c", "y")], columns=list(run.losses.columns))
    assert settings(replace(run, losses=lost)).endswith(" · 2 clips and 1 class not used")


def test_an_inlined_chart_keeps_its_references_under_a_prefix(run):
    svg = render(charts_of(run)["importance"].draw(), "svg").decode()
    text = str(inline(svg, "c7", "title & <b>", "words"))
    ids = re.findall(r' id="([^"]+)"', text)
    references = {first or second for first, second in re.findall(r'url\(#([^)]+)\)|href="#([^"]+)"', text)}
    assert references
    assert references <= set(ids)
    assert all(name.startswith("c7-") for name in ids)
    assert "title &amp; &lt;b&gt;" in text


@pytest.mark.skipif(not (chromium.BROWSER and chromium.DRIVER), reason=chromium.ADVICE)
def test_buttons_copy_texts_and_tables_also_without_the_clipboard_of_the_browser(run, tmp_path):
    pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    path = tmp_path / "report.html"
    path.write_bytes(render_page(run, {}))
    driver = chromium.start_browser()
    try:
        chromium.show(driver, 1280)
        chromium.open_address(driver, path.as_uri())
        take = "navigator.clipboard.writeText = async (text) => { window.copied = text; }"
        driver.execute_script(take)
        driver.execute_script("document.querySelector('[data-copy=command]').focus()")
        chromium.press(driver, "Enter")
        assert driver.execute_script("return window.copied").startswith("ser-bench run --")
        assert driver.execute_script("return document.querySelector('[data-copy=command]').textContent") == "Copied"
        assert driver.execute_script("return document.querySelector('p[aria-live].hidden').textContent") == "Copied"
        driver.execute_script(
            "navigator.clipboard.writeText = async () => { throw new Error('denied'); };"
            "document.execCommand = () => { window.copied = document.activeElement.value; return true; };"
            "document.querySelector('[data-copy=thesis-sentence]').click()"
        )
        sentence = driver.execute_script("return document.getElementById('thesis-sentence').textContent")
        assert driver.execute_script("return window.copied") == sentence
        driver.execute_script(take + ";document.querySelector('#ranking table.data').querySelector('.copy')?.click()")
        rows = [line.split("\t") for line in driver.execute_script("return window.copied").splitlines()]
        assert len({len(row) for row in rows}) == 1
        assert rows[0][0] == "model"
        chromium.open_address(driver, path.as_uri(), scripts=False)
        visible = "return [...document.querySelectorAll('button')].filter(b => b.offsetParent !== null).length"
        driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
        assert driver.execute_script(visible) == 0
    finally:
        driver.quit()

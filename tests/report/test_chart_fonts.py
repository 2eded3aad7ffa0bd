"""Charts draw labels in other scripts with installed fonts, or say which font is missing."""

from __future__ import annotations

import warnings

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager

from ser_bench.report import font_warning
from ser_bench.report.charts import fonts
from ser_bench.report.charts.render import render
from ser_bench.report.charts.text import text_width
from tests.report.fake_run import Recipe, save_fake_run

ANGER = "愤怒"


@pytest.fixture
def font(tmp_path, monkeypatch):
    """A small font with two Chinese characters, as wide as high; no other further font is installed."""
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    for point in ((0, 800), (800, 800), (800, 0)):
        pen.lineTo(point)
    pen.closePath()
    square = pen.glyph()
    names = [".notdef", "first", "second"]
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({ord(ANGER[0]): "first", ord(ANGER[1]): "second"})
    builder.setupGlyf(dict.fromkeys(names, square))
    builder.setupHorizontalMetrics(dict.fromkeys(names, (1000, 0)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Two Squares", "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    builder.save(tmp_path / "squares.ttf")
    listed = list(fontManager.ttflist)
    fontManager.addfont(tmp_path / "squares.ttf")
    monkeypatch.setattr(fonts, "_families", lambda: [("Two Squares", str(tmp_path / "squares.ttf"))])
    for cached in (fonts.further_fonts, text_width):
        cached.cache_clear()
    yield
    fontManager.ttflist[:] = listed
    for cached in (fonts.further_fonts, text_width):
        cached.cache_clear()


def test_labels_are_drawn_with_a_font_that_has_their_glyphs(font):
    figure = Figure()
    ax = figure.subplots()
    ax.set_xticks([0, 1], [ANGER, "angry"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        render(figure, "png")
    chinese, english = ax.get_xticklabels()
    assert chinese.get_fontfamily()[-1] == "Two Squares"
    assert "Two Squares" not in english.get_fontfamily()
    assert b"Two Squares" in render(figure, "svg")


def test_the_width_of_a_label_is_that_of_its_own_font(font):
    assert text_width(ANGER, 72) == pytest.approx(2.0, abs=0.01)
    assert fonts.undrawable([ANGER, "angry", "süß", "خوف"]) == ""


def test_missing_glyphs_are_named_once_in_words(font, tmp_path):
    run = save_fake_run(tmp_path, Recipe(models=("svm",), labels=(ANGER, "悲しみ"), clips_per_label=1))
    assert font_warning(run) == (
        "charts as PNG show boxes for 3 characters that no installed font holds (し み 悲); "
        "install a font such as Noto Sans CJK, then draw them again"
    )
    assert font_warning(save_fake_run(tmp_path / "plain", Recipe(models=("svm",), clips_per_label=1))) == ""

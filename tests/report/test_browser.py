"""The page of a run in a browser: readable on every screen, with the keyboard, without scripts, and on paper."""

from __future__ import annotations

import re
from urllib.parse import quote

import numpy as np
import pytest
import soundfile

from ser_bench.report.analysis.failures import hardest_clips
from ser_bench.report.page import render_page
from ser_bench.runs.results import read_run
from tests.report.browser import chromium
from tests.report.browser.chromium import DESKTOP, HEIGHT, LAPTOP, PHONE, TABLET, show
from tests.report.browser.measures import FAINT, SMALLEST, axe_is_installed, measure, violations
from tests.report.browser.printing import pdfium_is_installed, print_page, shares_filled, sheets
from tests.report.fake_run import Recipe, save_fake_run, stand_in_charts
from tests.report.odd_runs import RECIPES

MODELS = (
    *("chance", "majority", "svm", "knn", "tree", "forest", "xgboost", "lda", "mlp", "mlp-keras", "cnn1d", "cnn2d"),
    *("lstm", "ridge", "ensemble", "cnn1d-deeper-and-with-attention-heads-and-no-break"),
)
"""Two baselines and fourteen models, one of them with a long name."""

pytestmark = pytest.mark.skipif(not (chromium.BROWSER and chromium.DRIVER), reason=chromium.ADVICE)


@pytest.fixture(scope="module")
def driver():
    pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    browser = chromium.start_browser()
    yield browser
    browser.quit()


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """A page with published scores, four splits, conditions, a failed fold, a long name, and clips to play."""
    folder = tmp_path_factory.mktemp("page")
    recipe = Recipe(
        models=MODELS,
        splits=(("actor", 6), ("random", 6), ("emobox", 6), ("text", 2)),
        clips_per_label=4,
        shortfalls={("knn", "actor", 0, 3): "failed"},
        conditions={"white-10": 0.4, "white-0": 0.8, "phone": 0.7, "shift-1": 0.02},
        trained_under={"ridge": {"phone": "telephone"}},
    )
    save_fake_run(folder, recipe)
    run = read_run(folder)
    tone = 0.1 * np.sin(np.arange(1600))
    for path in hardest_clips(run, "actor")["path"]:
        (folder / path).parent.mkdir(exist_ok=True)
        soundfile.write(folder / path, tone, 16_000)
    (folder / "report.html").write_bytes(render_page(run, stand_in_charts(run), folder))
    return folder / "report.html"


@pytest.fixture(scope="module")
def address(file):
    return file.as_uri()


@pytest.fixture
def page(driver, address):
    """The page freshly opened, wide and light; the logs of other pages are dropped."""
    show(driver, LAPTOP)
    chromium.open_address(driver, address)
    return driver


@pytest.fixture
def unfolded(page):
    """The page with every folded part open."""
    chromium.open_details(page)
    return page


FAULTY = """
<body style="margin:0;background:#fff;width:200vw"><section id="s">
<p style="font-size:10px">small</p>
<p style="width:3em;overflow:hidden;white-space:nowrap">cut words</p>
<p style="color:#999">faint words</p>
<div style="width:50px;overflow-x:auto"><p style="width:90px">wide</p></div>
<svg width="200" height="30"><text x="1" y="20">first</text><text x="9" y="20">second</text>
<path d="M9 9H50" fill="none" stroke="#ddd"/></svg>
<button></button><img src="data:,"></section></body>"""


@pytest.mark.parametrize(
    "measured", ["overflow", "scrolling", "cut", "overlapping", "faintTexts", "unnamed", "scripted"]
)
def test_each_measure_finds_its_fault(driver, measured):
    show(driver, LAPTOP)
    chromium.open_address(driver, f"data:text/html,{quote(FAULTY)}")
    assert measure(driver, measured)
    assert len(measure(driver, "small", SMALLEST)) == len(measure(driver, "faintMarks", "nothing")) == 1
    assert not axe_is_installed() or any("image-alt" in violation for violation in violations(driver))


def column(page, index):
    """Return the texts of a column of the table of scores."""
    rows = "[...document.querySelector('#ranking .sortable tbody').rows]"
    return page.execute_script(f"return {rows}.map(row => row.cells[arguments[0]].firstChild?.textContent)", index)


def sort_states(page):
    script = (
        "return [...document.querySelector('#ranking .sortable thead tr').cells].map(h => h.getAttribute('aria-sort'))"
    )
    return page.execute_script(script)


def test_the_page_logs_no_error_and_requests_nothing_else(page, address):
    assert chromium.console(page) == []
    assert chromium.requested(page) <= {address}


def test_a_click_sorts_and_a_second_click_reverses_the_order(unfolded):
    page = unfolded
    button = page.find_elements("css selector", "#ranking .sortable thead button")[1]
    button.click()
    descending = column(page, 1)
    assert sort_states(page)[1] == "descending"
    button.click()
    assert sort_states(page)[1] == "ascending"
    for values, reverse in ((descending, True), (column(page, 1), False)):
        numbers = [float(value) for value in values if value and value[0].isdigit()]
        assert numbers == sorted(numbers, reverse=reverse)
        assert not any(value and value[0].isdigit() for value in values[len(numbers) :])  # missing values come last


@pytest.mark.parametrize("key", ["\ue007", " "], ids=["Enter", "Space"])
def test_the_keyboard_sorts(unfolded, key):
    page = unfolded
    before = column(page, 0)
    page.execute_script("document.querySelector('#ranking .sortable thead button').focus()")
    page.switch_to.active_element.send_keys(key)
    assert sort_states(page)[0] == "ascending"
    assert column(page, 0) == sorted(before, key=str.casefold) != before


def test_the_first_tab_skips_to_the_results(page):
    page.find_element("tag name", "body").send_keys("\ue004")
    link = page.switch_to.active_element
    assert link.text == "Skip to the results"
    link.send_keys("\ue007")
    assert page.switch_to.active_element.get_attribute("id") == "main"


@pytest.mark.parametrize("width", chromium.WIDTHS)
def test_nothing_is_cut_or_small_at_any_width(unfolded, width):
    show(unfolded, width)
    assert measure(unfolded, "overflow") == []
    assert measure(unfolded, "cut") == []
    assert measure(unfolded, "small", SMALLEST) == []
    assert measure(unfolded, "overlapping") == []
    assert measure(unfolded, "covering") == []


@pytest.mark.parametrize("name", ["names of users", "several corpora"])
def test_odd_runs_fit_every_width(driver, tmp_path, name):
    run = save_fake_run(tmp_path, RECIPES[name])
    (tmp_path / "report.html").write_bytes(render_page(run, {}))
    chromium.open_address(driver, (tmp_path / "report.html").as_uri())
    chromium.open_details(driver)
    for width in chromium.WIDTHS:
        show(driver, width)
        assert measure(driver, "overflow") == []
        assert measure(driver, "cut") == []


@pytest.mark.parametrize(("width", "wide"), [(TABLET, "nav ul"), (PHONE, "nav ul, .card, :has(> .tinted)")])
def test_only_navigation_heat_maps_and_drawn_charts_scroll_sideways(unfolded, width, wide):
    show(unfolded, width)
    assert measure(unfolded, "scrolling", wide) == []


def test_a_page_of_fourteen_models_is_at_most_eight_screens_and_700_kb(page, file):
    show(page, DESKTOP)
    conditions = page.execute_script("return document.getElementById('conditions').offsetHeight")
    assert conditions <= 1.4 * HEIGHT
    sentence = 26  # the answer of a run with conditions has one more
    height = page.execute_script("return document.documentElement.scrollHeight")
    assert height - conditions - sentence <= 8 * HEIGHT
    assert len(re.sub(rb"data:audio[^\"]+", b"", file.read_bytes())) < 700_000


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_and_marks_contrast_with_their_background(unfolded, scheme):
    show(unfolded, LAPTOP, scheme)
    assert measure(unfolded, "faintTexts") == []
    assert measure(unfolded, "faintMarks", FAINT) == []
    unfolded.execute_script(
        "const minus = document.querySelector('#confusions [name=minus]'); minus.selectedIndex = 2;"
        "minus.dispatchEvent(new Event('change', { bubbles: true }));"
    )
    assert measure(unfolded, "faintTexts") == []
    background = unfolded.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(255, 255, 255)") == (scheme == "light")


@pytest.mark.skipif(not axe_is_installed(), reason="axe-core-python is not installed: accessibility is not checked")
def test_axe_finds_no_violation(page):
    assert violations(page) == []
    chromium.open_details(page)
    assert violations(page, contrast=False) == []
    show(page, PHONE, "dark")
    assert violations(page, contrast=False) == []


def test_every_control_and_picture_has_an_accessible_name(unfolded):
    assert measure(unfolded, "unnamed") == []
    pictures = unfolded.find_elements("css selector", "svg:not([aria-hidden=true])")
    pictures = [picture for picture in pictures if picture.is_displayed()]
    assert len(pictures) > 50
    assert all(picture.accessible_name and picture.aria_role in ("img", "image") for picture in pictures)


def test_the_keyboard_reaches_every_control_in_the_order_of_the_page(page):
    stops = []
    while len(stops) < 400:
        chromium.press(page, "Tab")
        stop = measure(page, "focused")
        if stop["body"]:
            break
        stops.append(stop)
    assert "Skip to the results" in stops[0]["name"]
    assert [stop["name"] for stop in stops if not stop["visible"]] == []
    assert [(stop["name"], stop["covered"]) for stop in stops if stop["covered"]] == []
    assert len(stops) == len(measure(page, "controls"))
    order = page.execute_script("return ['', ...document.querySelectorAll('section')].map(part => part.id ?? '')")
    places = [order.index(stop["section"]) for stop in stops]
    assert places == sorted(places)


def test_arrow_keys_move_between_the_clips_of_one_player(page):
    page.execute_script("document.querySelector('.hardest button').focus()")
    chromium.press(page, "ArrowRight")
    name = page.switch_to.active_element.get_attribute("aria-label").removeprefix("Play ")
    assert name == page.find_elements("css selector", ".hardest button")[1].accessible_name.removeprefix("Play ")
    assert page.find_element("css selector", ".player span").text == name
    chromium.press(page, "ArrowUp")
    assert page.find_element("css selector", ".player span").text != name
    assert chromium.console(page) == []


def test_without_scripts_everything_can_be_read(unfolded, address):
    scripted, pictures = measure(unfolded, "sentences"), measure(unfolded, "pictures")
    chromium.open_address(unfolded, address, scripts=False)
    try:
        chromium.open_details(unfolded)
        assert set(scripted) - set(measure(unfolded, "sentences")) == set()
        assert measure(unfolded, "pictures") == pictures
        assert unfolded.execute_script("return typeof sort") == "undefined"
        assert measure(unfolded, "scripted") == []
    finally:
        chromium.open_address(unfolded, address)


def test_print_is_light_and_without_controls(page):
    width_between_margins = 688
    show(page, width_between_margins, "dark", "print")
    assert page.execute_script("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.find_element("tag name", "nav").is_displayed()
    assert measure(page, "scripted", "thead button") == []
    assert measure(page, "faintTexts") == []
    assert measure(page, "overflow") == []
    assert measure(page, "cut") == []


@pytest.mark.skipif(not pdfium_is_installed(), reason="pypdfium2 is not installed: the printed sheets are not checked")
def test_no_printed_sheet_but_the_last_is_half_empty(page):
    shares = shares_filled(sheets(print_page(page)))
    assert min(shares[:-1]) > 0.6

"""The controls of the page in a browser: what each one changes, and that the numbers equal those of the summary."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from ser_bench.report.analysis.models import BASELINES
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.formatting import percent
from ser_bench.report.page import render_page
from ser_bench.report.page.data import scores_of_speakers
from tests.report.browser.chromium import (
    ADVICE,
    BROWSER,
    DESKTOP,
    DRIVER,
    PHONE,
    console,
    open_address,
    press,
    show,
    start_browser,
)

pytestmark = pytest.mark.skipif(not (BROWSER and DRIVER), reason=ADVICE)

SHOWN = (
    "return [...document.querySelectorAll('#hero tbody tr')].filter(r => r.checkVisibility()).map(r => r.dataset.model)"
)
CELLS = """return [...document.querySelectorAll(`#${arguments[0]} tbody tr[data-model]`)].map(row =>
  [row.dataset.model, [...row.cells].slice(2).map(cell => cell.firstChild?.textContent.trim())])"""
PICTURES = "return ['hero', 'speaker-strips'].map(id => document.getElementById(id).innerHTML)"
FILES = """
const [done, files, real] = [arguments[0], [], URL.createObjectURL];
URL.createObjectURL = blob => { files.push(blob); return real(blob); };
const click = HTMLAnchorElement.prototype.click;
HTMLAnchorElement.prototype.click = function () { files.at(-1).title = this.download; };
document.querySelectorAll('.save').forEach(button => button.click());
URL.createObjectURL = real;
HTMLAnchorElement.prototype.click = click;
Promise.all(files.map(async file => [file.title, await file.text()])).then(done);"""


@pytest.fixture(scope="module")
def driver():
    pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    browser = start_browser()
    yield browser
    browser.quit()


@pytest.fixture(scope="module")
def address(analysed_run, tmp_path_factory):
    file = tmp_path_factory.mktemp("controls") / "report.html"
    file.write_bytes(render_page(analysed_run, {}))
    return file.as_uri()


@pytest.fixture
def page(driver, address):
    """The page freshly opened on a wide screen; no test leaves an error in the console."""
    show(driver, DESKTOP)
    open_address(driver, address)
    yield driver
    assert console(driver) == []


def choose(page, name, value):
    script = """const select = document.querySelector(`#controls [name=${arguments[0]}]`);
    select.value = arguments[1]; select.dispatchEvent(new Event("change", {bubbles: true}));"""
    page.execute_script(script, name, value)


def click(page, selector):
    page.execute_script("document.querySelector(arguments[0]).click()", selector)


def text(page, selector):
    return page.execute_script("return document.querySelector(arguments[0]).textContent", selector)


@pytest.mark.parametrize(("measure", "split"), [("accuracy", "random"), ("macro_f1", "actor"), ("uar", "emobox")])
def test_pictures_show_the_numbers_of_the_summary(page, analysed_run, measure, split):
    before = page.execute_script(PICTURES)
    choose(page, "measure", measure)
    choose(page, "split", split)
    table = summarise(analysed_run).set_index("model")
    scores = {model: cells[0] for model, cells in page.execute_script(CELLS, "hero")}
    assert scores == {model: percent(table.at[model, f"{split}_{measure}"]) for model in table.index}
    for model, (lowest, _, highest) in page.execute_script(CELLS, "speaker-strips"):
        values = scores_of_speakers(analysed_run, split, model)[measure].values()
        assert (lowest, highest) == (percent(min(values)), percent(max(values)))
    assert f"under the {split} split" in text(page, "#hero caption")
    assert "Titles, the bracket and significance are about UAR under actor." in text(page, "#speakers .about")
    choose(page, "measure", "uar")
    choose(page, "split", "actor")
    assert page.execute_script(PICTURES) == before
    assert text(page, "#speakers .about") == ""


def test_the_script_would_write_the_same_numbers_as_the_page(page):
    script = """const rows = [...document.querySelectorAll('#hero tbody tr[data-model]')];
    return rows.filter(row => {
      const [score, low, high] = DATA.scores.uar.actor[row.dataset.model];
      return row.cells[2].textContent.replace(/\\s+/g, ' ').trim()
        !== `${percent(score)} [${percent(low)}, ${percent(high)}]`;
    }).map(row => row.outerHTML)"""
    assert page.execute_script(script) == []


def test_chips_hide_models_everywhere(page, analysed_run):
    click(page, "#controls [value=knn]")
    click(page, "#controls .baselines")
    models = list(summarise(analysed_run)["model"])
    assert page.execute_script(SHOWN)[:4] == [m for m in models if m not in ("knn", *BASELINES)] + [None]
    visible = "return [...document.querySelectorAll('[data-model=knn]')].filter(n => n.checkVisibility()).length"
    assert page.execute_script(visible) == 0
    hidden = [model for model in models if model in ("knn", *BASELINES)]
    assert f"Hidden: {', '.join(hidden)}." in text(page, "#answer .about")
    click(page, "#controls .none")
    assert not any(page.execute_script(SHOWN))
    click(page, "#controls .all")
    assert text(page, "#answer .about") == ""


def test_the_address_holds_the_state(page, address):
    choose(page, "measure", "accuracy")
    click(page, "#controls [value=knn]")
    stored = page.current_url
    assert stored == f"{address}#answer?measure=accuracy&hide=knn"
    page.execute_script("location.hash = '#speakers'")
    assert page.execute_async_script("setTimeout(() => arguments[0](location.hash), 60)").startswith(
        "#speakers?measure"
    )
    page.back()
    page.back()
    page.execute_async_script("setTimeout(arguments[0], 60)")
    assert text(page, "#hero .picture span") == "UAR, %"
    open_address(page, stored)
    assert text(page, "#hero .picture span") == "accuracy, %"
    assert "knn" not in page.execute_script(SHOWN)
    open_address(page, f"{address}#answer?measure=%E0%A4%A&split=none&hide=nothing&__proto__=x")
    assert text(page, "#hero .picture span") == "UAR, %"
    assert text(page, "#answer .about") == ""


def test_the_matrix_is_part_of_the_address(page, address):
    open_address(page, f"{address}#emotions?split=random&matrix=knn&minus=model%20svm")
    assert text(page, "#confusions caption b") == "knn, random minus svm"
    assert page.execute_script("return document.getElementById('emotions').getBoundingClientRect().top") < 100


def test_arrow_keys_show_values_and_escape_hides_them(page):
    page.execute_script("document.querySelector('#hero thead th:last-child button').focus()")
    press(page, "Tab")
    press(page, "ArrowDown")
    tip = page.execute_script("return document.querySelectorAll('#hero [data-tip]')[1].dataset.tip")
    assert text(page, "#tip") == tip
    edges = (
        "const b = document.getElementById('tip').getBoundingClientRect(); return [b.left, b.right, b.top, b.bottom]"
    )
    left, right, top, bottom = page.execute_script(edges)
    assert 0 <= left < right <= DESKTOP
    assert 0 <= top < bottom
    press(page, "Escape")
    assert page.execute_script("return document.getElementById('tip').hidden")


def test_pictures_sort_by_their_heads_and_on_a_phone_by_a_list(page):
    click(page, "#speaker-strips thead th:nth-child(3) button")
    lowest = [float(cells[0]) for _, cells in page.execute_script(CELLS, "speaker-strips")]
    assert lowest == sorted(lowest, reverse=True)
    assert not page.find_element("css selector", "#hero .sort").is_displayed()
    show(page, PHONE)
    assert page.find_element("css selector", "#hero .sort").is_displayed()
    script = "const s = document.querySelector('#hero .sort select'); s.value = 0; s.dispatchEvent(new Event('change'))"
    page.execute_script(script)
    models = [model for model in page.execute_script(SHOWN) if model]
    assert models == sorted(models)


def test_downloaded_pictures_stand_alone(page):
    show(page, DESKTOP, "dark")
    files = page.execute_async_script(FILES)
    assert "ravdess-hero.svg" in [name for name, _ in files]
    for _, content in files:
        root = ElementTree.fromstring(content)
        texts = [node.text for node in root.iter() if node.tag.endswith("}text")]
        assert len(texts) > 8
        assert "var(" not in content
        assert "currentcolor" not in content.lower()
        assert "rgb(232, 234, 236)" not in content  # the ink of the dark theme
        assert "rgb(169, 176, 183)" not in content
    hero = dict(files)["ravdess-hero.svg"]
    assert all(f">{cells[0]}" in hero for _, cells in page.execute_script(CELLS, "hero"))


def test_the_navigation_is_one_line_and_marks_the_section(page, address):
    show(page, PHONE)
    open_address(page, f"{address}#emotions")
    wait = "setTimeout(() => arguments[0](document.querySelector('nav [aria-current]')?.textContent), 150)"
    assert page.execute_async_script(wait) == "Emotions"
    assert page.execute_script("return document.querySelector('nav').offsetHeight") < 60


def test_without_scripts_there_are_no_controls(page, address):
    open_address(page, address, scripts=False)
    assert not page.find_element("id", "controls").is_displayed()
    assert page.find_elements("css selector", ".save, .sort, #tip") == []
    open_address(page, address)

"""The controls of the page in a browser: what each one changes, and that the numbers equal those of the summary."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from ser_bench.report.analysis.models import BASELINES
from ser_bench.report.analysis.speakers import scores_of_speakers
from ser_bench.report.analysis.summary import summarise
from ser_bench.report.formatting import percent
from ser_bench.report.page import render_page
from tests.report.browser.chromium import (
    ADVICE,
    BROWSER,
    DESKTOP,
    DRIVER,
    PHONE,
    TABLET,
    console,
    open_address,
    open_details,
    press,
    show,
    start_browser,
)
from tests.report.browser.measures import measure
from tests.report.fake_run import Recipe, save_fake_run

MOST_ENTRIES = 50
"""Chromium keeps no more entries of a history."""

LONG = "感情認識" * 10
"""A name without a space, of the best model."""

pytestmark = pytest.mark.skipif(not (BROWSER and DRIVER), reason=ADVICE)

SHOWN = (
    "return [...document.querySelectorAll('#hero tbody tr')].filter(r => r.checkVisibility()).map(r => r.dataset.model)"
)
CELLS = """return [...document.querySelectorAll(`#${arguments[0]} tbody tr[data-model]`)].map(row =>
  [row.dataset.model, [...row.cells].slice(2).map(cell => cell.firstChild?.textContent.trim())])"""
PICTURES = """return ['hero', 'speaker-strips'].map(id =>
  document.getElementById(id).innerHTML.replace(/>\\s+</g, '><'))"""
MARKS = """return Object.fromEntries(['dot', 'hollow', 'voice', 'takes'].map(kind =>
  [kind, document.querySelectorAll(`#hero tbody .${kind}`).length]))"""
LEGEND = """return [...document.querySelectorAll('#hero .legend [data-key]')]
  .filter(key => key.checkVisibility()).map(key => [key.dataset.key, key.textContent])"""
MARKED = "return document.querySelector('nav [aria-current]').textContent"
VIEW = "return [document.querySelector('.about').checkVisibility(), document.querySelector('.about p').textContent]"
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
def small_run(tmp_path_factory):
    """A small run of two baselines and three models under three splits; the best model has a long name."""
    splits = (("actor", 6), ("random", 6), ("emobox", 6))
    recipe = Recipe(models=("chance", "majority", "knn", "tree", LONG), splits=splits, speakers=12, clips_per_label=2)
    return save_fake_run(tmp_path_factory.mktemp("small"), recipe)


@pytest.fixture(scope="module")
def address(small_run, tmp_path_factory):
    file = tmp_path_factory.mktemp("controls") / "report.html"
    file.write_bytes(render_page(small_run, {}))
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
def test_pictures_show_the_numbers_of_the_summary(page, small_run, measure, split):
    before = page.execute_script(PICTURES)
    choose(page, "measure", measure)
    choose(page, "split", split)
    table = summarise(small_run).set_index("model")
    scores = {model: cells[0] for model, cells in page.execute_script(CELLS, "hero")}
    assert scores == {model: percent(table.at[model, f"{split}_{measure}"]) for model in table.index}
    order = sorted(scores, key=lambda model: (model in BASELINES, -float(scores[model])))
    assert list(scores) == order
    for model, (lowest, _, highest) in page.execute_script(CELLS, "speaker-strips"):
        values = scores_of_speakers(small_run, split, model)[measure].values()
        assert (lowest, highest) == (percent(min(values)), percent(max(values)))
    assert f"under the {split} split" in text(page, "#hero caption")
    visible, words = page.execute_script(VIEW)
    assert visible
    assert "Titles and significance are about UAR under actor" in words
    choose(page, "measure", "uar")
    choose(page, "split", "actor")
    assert page.execute_script(PICTURES) == before
    assert page.execute_script(VIEW) == [False, ""]


def test_a_ring_is_a_score_of_the_random_split_whichever_is_shown(page):
    models = len(page.execute_script(CELLS, "hero"))
    choose(page, "split", "random")
    assert page.execute_script(MARKS) == {"dot": 0, "hollow": models, "voice": 0, "takes": 0}
    legend = dict(page.execute_script(LEGEND))
    assert legend["hollow"] == "UAR under random, with its 95 % interval where there is one"
    assert "dot" not in legend
    assert text(page, "#hero th:nth-child(3) small") == "%, random"
    choose(page, "split", "emobox")
    assert page.execute_script(MARKS) == {"dot": models, "hollow": models, "voice": 0, "takes": 0}
    legend = dict(page.execute_script(LEGEND))
    assert legend["dot"].startswith("UAR under emobox")
    assert legend["hollow"] == "UAR under random"


def test_one_line_stays_in_sight_while_the_view_differs_from_the_pages_own(page, address):
    choose(page, "measure", "accuracy")
    click(page, "#controls [value=knn]")
    page.execute_script("document.getElementById('confidence').scrollIntoView()")
    top, bottom, head = page.execute_script(
        "const line = document.querySelector('.about').getBoundingClientRect();"
        "return [line.top, line.bottom, document.getElementById('confidence-head').getBoundingClientRect().top]"
    )
    assert 0 < top < bottom <= head
    assert "Hidden: knn. Titles and sentences are about every model." in page.execute_script(VIEW)[1]
    click(page, ".about button")
    assert page.execute_script(VIEW) == [False, ""]
    assert text(page, "#hero .picture span") == "UAR, %"
    assert page.current_url == f"{address}#answer"


def test_the_script_would_write_the_same_numbers_as_the_page(page):
    script = """const rows = [...document.querySelectorAll('#hero tbody tr[data-model]')];
    return rows.filter(row => {
      const [score, low, high] = DATA.scores.uar.actor[row.dataset.model];
      return row.cells[2].textContent.replace(/\\s+/g, ' ').trim()
        !== `${percent(score)} [${percent(low)}, ${percent(high)}]`;
    }).map(row => row.outerHTML)"""
    assert page.execute_script(script) == []


def test_chips_hide_models_everywhere(page, small_run):
    click(page, "#controls [value=knn]")
    click(page, "#controls .baselines")
    models = list(summarise(small_run)["model"])
    assert list(filter(None, page.execute_script(SHOWN))) == [m for m in models if m not in ("knn", *BASELINES)]
    visible = "return [...document.querySelectorAll('[data-model=knn]')].filter(n => n.checkVisibility()).length"
    assert page.execute_script(visible) == 0
    hidden = [model for model in models if model in ("knn", *BASELINES)]
    assert f"Hidden: {', '.join(hidden)}." in text(page, ".about")
    click(page, "#controls .none")
    assert not any(page.execute_script(SHOWN))
    click(page, "#controls .all")
    assert page.execute_script(VIEW) == [False, ""]


def test_the_address_holds_the_state(page, address):
    choose(page, "measure", "accuracy")
    click(page, "#controls [value=knn]")
    stored = page.current_url
    assert stored == f"{address}#answer?measure=accuracy&hide=knn"
    page.execute_script("location.hash = '#speakers'")
    assert page.execute_async_script("setTimeout(() => arguments[0](location.hash), 60)").startswith(
        "#speakers?measure"
    )
    open_address(page, stored)
    assert text(page, "#hero .picture span") == "accuracy, %"
    assert "knn" not in page.execute_script(SHOWN)


def test_back_shows_the_view_before(page):
    before = page.execute_script("return history.length")
    choose(page, "measure", "accuracy")
    assert page.execute_script("return history.length") > before or before == MOST_ENTRIES
    back = "addEventListener('popstate', () => setTimeout(arguments[0], 30), {once: true}); history.back()"
    page.execute_async_script(back)
    assert text(page, "#hero .picture span") == "UAR, %"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("measure=foo", "Unknown measure “foo” in the address; showing UAR."),
        ("measure=%E0%A4%A", "Unknown measure “%E0%A4%A” in the address; showing UAR."),
        (
            "split=none&hide=a,b",
            "Unknown split “none” in the address; showing actor. Unknown model “a” in the address.",
        ),
        ("matrix=none", f"Unknown matrix “none” in the address; showing {LONG}."),
        ("__proto__=x", "Unknown view “__proto__” in the address."),
    ],
)
def test_a_line_names_what_is_unknown_in_the_address(page, address, query, words):
    open_address(page, f"{address}#answer?{query}")
    assert text(page, "#hero .picture span") == "UAR, %"
    visible, shown = page.execute_script(VIEW)
    assert visible
    assert shown.startswith(words)
    choose(page, "measure", "accuracy")
    assert "Unknown" not in page.execute_script(VIEW)[1]


def test_an_unknown_anchor_does_nothing(page, address):
    open_address(page, f"{address}#nothing")
    assert page.execute_script("return scrollY") == 0
    assert page.execute_script(VIEW) == [False, ""]
    assert page.execute_script(MARKED) == "Answer"


def test_the_matrix_is_part_of_the_address(page, address):
    open_address(page, f"{address}#emotions?split=random&matrix=knn&minus=model%20tree")
    assert text(page, "#confusions caption b") == "knn, random minus tree"
    assert page.execute_script("return document.getElementById('emotions').getBoundingClientRect().top") < 140


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


def test_the_pointer_can_rest_on_a_tip_and_go_to_the_row_above(page):
    move = """const [x, y] = arguments;
    const target = document.elementFromPoint(x, y);
    target.dispatchEvent(new PointerEvent('pointermove', { bubbles: true, clientX: x, clientY: y }));
    return [document.getElementById('tip').hidden, document.getElementById('tip').textContent]"""
    page.execute_script("document.querySelector('#hero').scrollIntoView({ block: 'center' })")
    rows = "return [...document.querySelectorAll('#hero td.picture')].slice(0, 3).map(cell => cell.dataset.tip)"
    tips = page.execute_script(rows)
    place = "const b = document.querySelectorAll(arguments[0])[arguments[1]].getBoundingClientRect();"
    middle = place + "return [b.x + b.width / 2, b.y + b.height / 2]"
    x, y = page.execute_script(middle, "#hero td.picture", 2)
    assert page.execute_script(move, x, y) == [False, tips[2]]
    assert page.execute_script(move, *page.execute_script(middle, "#tip", 0)) == [False, tips[2]]
    assert page.execute_script(move, x, y) == [False, tips[2]]
    above = page.execute_script(middle, "#hero td.picture", 1)
    assert page.execute_script(move, *above) == [False, tips[1]]
    assert page.execute_script(move, 2, 2)[0]


def test_pictures_sort_by_their_heads_and_on_a_phone_by_a_list(page):
    click(page, "#speaker-strips thead th:nth-child(3) button")
    lowest = [float(cells[0]) for _, cells in page.execute_script(CELLS, "speaker-strips")]
    assert lowest == sorted(lowest, reverse=True)
    assert not page.find_element("css selector", "#hero .sort").is_displayed()
    show(page, PHONE)
    assert page.find_element("css selector", "#hero .sort").is_displayed()
    labels = (
        "return [...document.querySelectorAll('.sort select')].map(select => select.selectedOptions[0]?.textContent)"
    )
    assert set(page.execute_script(labels)) == {"Sort by …"}
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


def test_the_navigation_marks_the_section_that_was_clicked_else_the_one_that_is_read(page):
    script = """const [name, done] = arguments, end = Date.now() + 2000;
    const marked = () => document.querySelector('nav [aria-current]').textContent;
    const check = () => (marked() === name || Date.now() > end ? done(marked()) : setTimeout(check, 20));
    setTimeout(check, 20);"""

    for name in page.execute_script("return [...document.querySelectorAll('nav a')].map(link => link.textContent)"):
        page.execute_script(
            "[...document.querySelectorAll('nav a')].find(link => link.textContent === arguments[0]).click()", name
        )
        assert page.execute_async_script(script, name) == name
    page.execute_script("dispatchEvent(new Event('wheel')); document.getElementById('speakers').scrollIntoView()")
    assert page.execute_async_script(script, "Speakers") == "Speakers"
    page.execute_script("scrollTo(0, document.documentElement.scrollHeight)")
    assert page.execute_async_script(script, "In your thesis") == "In your thesis"


@pytest.mark.parametrize("width", [DESKTOP, TABLET, PHONE])
def test_a_long_name_does_not_widen_the_page(page, width):
    show(page, width)
    open_details(page)
    assert LONG in text(page, "#recalls thead")
    assert measure(page, "overflow") == []
    assert measure(page, "cut") == []


def test_without_scripts_there_are_no_controls(page, address):
    open_address(page, address, scripts=False)
    assert not page.find_element("id", "controls").is_displayed()
    assert page.find_elements("css selector", ".save, .sort, #tip") == []
    open_address(page, address)

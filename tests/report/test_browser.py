"""The page of a run in a browser: silent, self-contained, sortable, and readable on any screen."""

from __future__ import annotations

import json
import shutil

import pytest

from ser_bench.report.charts.registry import charts_of
from ser_bench.report.charts.render import render
from ser_bench.report.page import render_page as page_of
from ser_bench.runs.results import read_run
from tests.report.fake_run import Recipe, save_fake_run

WIDE, PHONE = 1280, 360
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")

pytestmark = pytest.mark.skipif(
    not (BROWSER and DRIVER),
    reason="no chromium and chromedriver here (Debian: apt-get install chromium chromium-driver)",
)


@pytest.fixture(scope="module")
def driver():
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for word in (
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--disable-gpu",
        f"--window-size={WIDE},1000",
    ):
        options.add_argument(word)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    started = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    yield started
    started.quit()


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A page with everything on it: published figures, curves, a failed fold, and a long name."""
    folder = tmp_path_factory.mktemp("page")
    models = ("chance", "svm", "lda", "knn", "cnn1d", "cnn1d-deeper-and-with-attention-heads-and-no-break")
    recipe = Recipe(
        models=models,
        splits=(("actor", 6), ("random", 6), ("emobox", 6)),
        shortfalls={("knn", "actor", 0, 3): "failed"},
    )
    save_fake_run(folder, recipe)
    run = read_run(folder)
    drawn = (item for item in charts_of(run).items() if not item[0].startswith("confusion_"))
    (folder / "report.html").write_bytes(page_of(run, {name: render(chart.draw(), "svg") for name, chart in drawn}))
    return (folder / "report.html").as_uri()


@pytest.fixture
def page(driver, address):
    """The page freshly opened, wide and light."""
    show(driver, WIDE)
    driver.get(address)
    return driver


def show(driver, width, scheme="light", medium="screen"):
    size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    features = [
        {"name": "prefers-color-scheme", "value": scheme},
        {"name": "prefers-reduced-motion", "value": "reduce"},
    ]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": medium, "features": features})


def column(page, place):
    """Return the texts of a column of the first table."""
    rows = "[...document.querySelectorAll('#scores tbody tr')]"
    return page.execute_script(f"return {rows}.map(row => row.cells[arguments[0]].firstChild?.textContent)", place)


def sort_states(page):
    script = "return [...document.querySelectorAll('#scores thead th')].map(h => h.getAttribute('aria-sort'))"
    return page.execute_script(script)


def test_the_page_is_silent_and_asks_for_nothing_but_itself(page, address):
    logged = [entry["message"] for entry in page.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]
    assert logged == []
    messages = [json.loads(entry["message"])["message"] for entry in page.get_log("performance")]
    asked = [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    assert {url for url in asked if not url.startswith("data:")} <= {address}


def test_a_click_sorts_and_another_turns_the_order_round(page):
    button = page.find_elements("css selector", "#scores thead button")[1]
    button.click()
    falling = column(page, 1)
    assert sort_states(page)[1] == "descending"
    button.click()
    assert sort_states(page)[1] == "ascending"
    for values, turned in ((falling, True), (column(page, 1), False)):
        numbers = [float(value) for value in values if value and value[0].isdigit()]
        assert numbers == sorted(numbers, reverse=turned)
        assert not any(value and value[0].isdigit() for value in values[len(numbers) :])  # what is missing comes last


@pytest.mark.parametrize("key", ["\ue007", " "], ids=["Enter", "Space"])
def test_the_keyboard_sorts(page, key):
    before = column(page, 0)
    page.execute_script("document.querySelector('#scores thead button').focus()")
    page.switch_to.active_element.send_keys(key)
    assert sort_states(page)[0] == "ascending"
    assert column(page, 0) == sorted(before, key=str.casefold) != before


def test_the_first_tab_skips_to_the_answer(page):
    page.find_element("tag name", "body").send_keys("\ue004")
    link = page.switch_to.active_element
    assert link.text == "Skip to the answer"
    link.send_keys("\ue007")
    assert page.switch_to.active_element.get_attribute("id") == "main"


@pytest.mark.parametrize("width", [PHONE, 768, WIDE])
def test_nothing_but_wide_tables_scrolls_sideways(page, width):
    show(page, width)
    page.execute_script("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.execute_script("return document.documentElement.scrollWidth") <= width


CONTRASTS = """
const lit = c => c <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4;
const parse = text => text.match(/[\\d.]+/g).map(Number);
const lum = ([r, g, b]) => .2126 * lit(r / 255) + .7152 * lit(g / 255) + .0722 * lit(b / 255);
const ground = node => {
  for (; node; node = node.parentElement) {
    const colour = parse(getComputedStyle(node).backgroundColor);
    if (colour.length < 4 || colour[3] > .5) return colour;
  }
  return [255, 255, 255];
};
const poor = [];
for (const node of document.querySelectorAll('body *:not(svg *):not(script)')) {
  if (![...node.childNodes].some(n => n.nodeType === 3 && n.data.trim()) || !node.getClientRects().length) continue;
  const pair = [lum(parse(getComputedStyle(node).color)), lum(ground(node))].sort((a, b) => b - a);
  const contrast = (pair[0] + .05) / (pair[1] + .05);
  if (contrast < 4.5) poor.push(`${contrast.toFixed(2)} ${node.tagName}.${node.className} ${node.textContent}`);
}
return poor;
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_its_ground(page, scheme):
    show(page, WIDE, scheme)
    page.execute_script("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.execute_script(CONTRASTS) == []
    ground = page.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") == (scheme == "light")


def test_whatever_can_be_operated_or_seen_has_a_name(page):
    script = """
    const named = n => (n.getAttribute('aria-label') || n.textContent || n.getAttribute('title') || '').trim();
    const all = document.querySelectorAll('a, button, summary, audio, [tabindex="0"], [role=region], nav');
    return [...all].filter(n => !named(n)).map(n => n.outerHTML.slice(0, 80));"""
    assert page.execute_script(script) == []
    page.execute_script("document.querySelectorAll('details').forEach(d => d.open = true)")
    pictures = page.find_elements("css selector", "svg")
    assert len(pictures) > 5
    assert all(picture.accessible_name and picture.aria_role in ("img", "image") for picture in pictures)


def test_print_is_light_and_without_controls(page):
    show(page, WIDE, "dark", "print")
    assert page.execute_script("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.find_element("tag name", "nav").is_displayed()
    assert page.execute_script(CONTRASTS) == []
